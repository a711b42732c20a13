# SPDX-License-Identifier: GPL-3.0-or-later
"""Render Settings: engine, sizes, files; and what lies around the picture on a sphere."""

from __future__ import annotations

from typing import Any

import bpy

from ...core.errors import SecondEyeError
from .. import stage
from ..engine import session
from ..operators.edit_surround import SECOND_EYE_OT_add_surround
from ..output.plan import SPHERES
from ..stage import compat, surround
from ..stage.surround_material import FEATHER, REACH
from . import words
from .layouts import Section, draws_running, split

TITLES = {SECOND_EYE_OT_add_surround.title}
_UNITS = {FEATHER: "Feather (Widths)", REACH: "Reach (Degrees)"}
"""What a node's plain value doesn't say."""
_NO_PANORAMA = "This engine has no panorama: spheres are put together of several views an eye"
_CLAY = "Workbench shows shapes without the footage"
_OTHER_COLOURS = "The scene's view transform isn't Standard: footage comes out in other colours"


class SECOND_EYE_PT_render(Section, bpy.types.Panel):
    bl_label = "Render Settings"
    bl_idname = "SECOND_EYE_PT_render"
    bl_parent_id = "SECOND_EYE_PT_output"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 0

    def draw(self, context: bpy.types.Context) -> None:
        layout, scene = self.layout, context.scene
        asked = scene.second_eye_render
        sphere = asked.kind in SPHERES
        column = split(layout)
        column.prop(asked, "engine")
        if sphere:
            column.prop(asked, "sphere")
            if asked.sphere == "CUSTOM":
                column.prop(asked, "side")
        else:
            column.prop(asked, "size")
            if asked.size == "CUSTOM":
                column.prop(asked, "width")
        column.prop(asked, "percentage")
        column.prop(asked, "samples")
        column.prop(asked, "files")
        if asked.kind != "2D":
            column.prop(asked, "eyes")
        if asked.kind == "STEREO":
            column.prop(asked, "also_2d")
        column.prop(asked, "movie")
        engine = _engine(scene)
        if sphere and engine != "CYCLES":
            words.wrapped(layout, _NO_PANORAMA, icon="INFO")
        if engine == "BLENDER_WORKBENCH":
            words.wrapped(layout, _CLAY, icon="INFO")
        elif scene.view_settings.view_transform != "Standard" and asked.files.startswith("PNG"):
            words.wrapped(layout, _OTHER_COLOURS, icon="INFO")


class SECOND_EYE_PT_sphere(Section, bpy.types.Panel):
    bl_label = "Around the Picture"
    bl_idname = "SECOND_EYE_PT_sphere"
    bl_parent_id = "SECOND_EYE_PT_output"
    bl_order = 1

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.scene.second_eye_render.kind in SPHERES or bool(_kind(context))

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if draws_running(layout, TITLES):
            return
        asked = context.scene.second_eye_render
        column = split(layout)
        column.prop(asked, "distance")
        if asked.distance == "VIEWER":
            column.prop(asked, "millimetres")
        column.prop(asked, "surround")
        row = layout.row(align=True)
        row.operator("second_eye.add_surround", icon="SPHERE")
        row.operator("second_eye.remove_surround", text="", icon="X")
        if _kind(context):
            keyed = split(layout, decorate=True)
            for name, socket in surround.surround_values(stage.find_collection(context.scene)):
                keyed.prop(socket, "default_value", text=_UNITS.get(name, name))
        if session.latest.title in TITLES and session.latest.icon != "CHECKMARK":
            words.wrapped(layout, session.latest.text, icon=session.latest.icon)


def _engine(scene: bpy.types.Scene) -> str:
    asked: Any = scene.second_eye_render.engine
    return compat.engine(asked) or scene.render.engine


def _kind(context: bpy.types.Context) -> str:
    try:
        return surround.surround_kind(stage.find_collection(context.scene))
    except SecondEyeError:
        return ""


CLASSES = (SECOND_EYE_PT_render, SECOND_EYE_PT_sphere)
