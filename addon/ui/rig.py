# SPDX-License-Identifier: GPL-3.0-or-later
"""Rig: what kind of stereo camera it is, what moves it, and what it has lost."""

from __future__ import annotations

from typing import Any

import bpy

from ...core.stereo.toe_in import keystone
from .. import rigs
from ..operators import where
from ..rigs import modes
from ..rigs.aim import aim_constraint
from ..rigs.crane import ARM, BOOM, SWING
from ..rigs.screen import find_screen, leads, subject_constraint
from ..stage import linked
from ..stage.footage_camera import camera_data
from . import words
from .layouts import Section, split


class SECOND_EYE_PT_rig(Section, bpy.types.Panel):
    bl_label = "Rig"
    bl_idname = "SECOND_EYE_PT_rig"
    bl_parent_id = "SECOND_EYE_PT_stereo"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return where.stage_of(context.scene) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout, scene = self.layout, context.scene
        draw_faults(layout, scene)
        chain = rigs.find_chain(scene)
        if chain.camera is None:
            return
        data = camera_data(chain.camera)
        mode = modes.mode_of(data)
        title = next(name for value, name, _ in modes.MODES if value == mode)
        layout.operator_menu_enum("second_eye.set_rig_mode", "mode", text=title)
        _draw_mode(layout, scene, data, mode)
        if chain.rig is not None:
            _draw_dolly(layout, chain.rig)
            _draw_crane(layout, chain.rig)
        if mode in modes.FLAT:
            _draw_frame(layout, data)
        _draw_screen(layout, context, chain.camera)


def draw_faults(layout: bpy.types.UILayout, scene: bpy.types.Scene) -> None:
    """What is lost or can't be changed here, and the button that mends it."""
    reason = linked.overridden(scene)
    if reason:
        words.wrapped(layout, f"{reason}.", icon="LINKED")
    camera = rigs.find_stereo_camera(scene)
    reason = "" if camera is None else linked.linked_data(camera)
    if reason:
        words.wrapped(layout, f"{reason}.", icon="LINKED")
    lost = rigs.faults(scene)
    for sentence in lost:
        words.wrapped(layout, sentence, icon="ERROR")
    if lost or rigs.find_chain(scene).rig is None:
        text = "Repair Rig" if lost else "Add Rig"
        layout.operator("second_eye.repair_rig", text=text, icon="TOOL_SETTINGS")


def draw_stereo(layout: bpy.types.UILayout, camera: bpy.types.Object) -> None:
    """The two numbers that matter most."""
    stereo = camera_data(camera).stereo
    column = split(layout, decorate=True)
    column.label(text=camera.name, icon="CAMERA_STEREO")
    column.prop(stereo, "interocular_distance", text="Interocular")
    screen = leads(camera)
    row = column.row()
    row.active = not screen
    row.prop(stereo, "convergence_distance", text="Convergence")
    if screen:
        words.wrapped(layout, "The screen object sets the convergence.", icon="INFO")


def _draw_mode(
    layout: bpy.types.UILayout, scene: bpy.types.Scene, data: bpy.types.Camera, mode: str
) -> None:
    column = split(layout, decorate=True)
    if mode in modes.FLAT:
        column.prop(data.stereo, "pivot")
    else:
        column.prop(data.stereo, "use_pole_merge")
    if mode == modes.TOE:
        render = scene.render
        tall = keystone(
            data.stereo.interocular_distance,
            max(data.stereo.convergence_distance, 1e-3),
            data.lens / data.sensor_width,
            render.resolution_y / render.resolution_x,
        )
        words.wrapped(
            layout,
            f"Vertical parallax in the corners: {100.0 * tall:.2g} % of the height",
            icon="INFO",
        )


def _draw_dolly(layout: bpy.types.UILayout, rig: bpy.types.Object) -> None:
    body = _section(layout, "dolly", "Dolly", closed=False)
    if body is None:
        return
    column = split(body, decorate=True)
    for index, text in enumerate(("Truck", "Pedestal", "Dolly")):
        column.prop(rig, "location", index=index, text=text)
    if rig.rotation_mode not in ("QUATERNION", "AXIS_ANGLE"):
        for index, text in enumerate(("Tilt", "Pan", "Roll")):
            column.prop(rig, "rotation_euler", index=index, text=text)
    constraint = aim_constraint(rig)
    if constraint is None:
        body.operator("second_eye.add_aim", icon="PIVOT_CURSOR")
        return
    column.prop(constraint, "influence", text="Aim", slider=True)
    body.operator("second_eye.remove_aim", icon="X")


def _draw_crane(layout: bpy.types.UILayout, rig: bpy.types.Object) -> None:
    body = _section(layout, "crane", "Crane")
    if body is None or rig.get(ARM) is None:
        return
    column = split(body, decorate=True)
    for name, text in ((ARM, "Arm"), (SWING, "Swing"), (BOOM, "Boom")):
        column.prop(rig, f'["{name}"]', text=text)


def _draw_frame(layout: bpy.types.UILayout, data: bpy.types.Camera) -> None:
    body = _section(layout, "frame", "2D")
    if body is not None:
        column = split(body, decorate=True)
        column.prop(data, "shift_x", text="Shift X")
        column.prop(data, "shift_y", text="Y")
        column.prop(data, "lens", text="Focal Length")


def _draw_screen(
    layout: bpy.types.UILayout, context: bpy.types.Context, camera: bpy.types.Object
) -> None:
    body = _section(layout, "screen", "Screen")
    if body is None:
        return
    screen = find_screen(context.scene)
    if screen is None:
        body.operator("second_eye.add_screen", icon="MESH_PLANE")
    else:
        column = split(body, decorate=True)
        column.prop(screen, "location", index=2, text="Distance")
        subject = subject_constraint(screen)
        if subject is not None:
            column.prop(subject, "target", text="Subject")
            column.prop(subject, "influence", slider=True)
        body.operator("second_eye.remove_screen", icon="X")
    space: Any = context.space_data
    if hasattr(space, "show_stereo_3d_convergence_plane"):
        row = body.row()
        row.prop(space, "show_stereo_3d_convergence_plane", text="Convergence Plane")
        row.prop(space, "show_stereo_3d_cameras", text="Both Cameras")


def _section(
    layout: bpy.types.UILayout, name: str, title: str, closed: bool = True
) -> bpy.types.UILayout | None:
    """The body of a part that folds; None while it is folded."""
    header, body = layout.panel(f"SECOND_EYE_rig_{name}", default_closed=closed)
    header.label(text=title)
    return body


CLASSES = (SECOND_EYE_PT_rig,)
