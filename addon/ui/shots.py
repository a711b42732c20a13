# SPDX-License-Identifier: GPL-3.0-or-later
"""Shots: the list, and the settings of the one that is chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ...core.project import Manifest
from ...core.project.files import FrameFiles
from .. import stage
from ..engine import session
from ..operators import cuts_from_markers, shot_faults, where
from ..rigs import shot_settings
from . import relief_inputs, thumbnails, words
from .layouts import Section, draws_running, split

TITLES = {cls.title for cls in cuts_from_markers.CLASSES}
WIDE, WIDER = 380, 560
"""Pixels at a scale of 1 from which a row has room for numbers, and for all of them."""
ANIMATED = ("near", "far", "strength", "interocular", "convergence")


class SECOND_EYE_UL_shots(bpy.types.UIList):
    """The stage's reliefs, in the order of their shots."""

    def draw_item(
        self,
        context: Any,
        layout: Any,
        data: Any,
        item: Any,
        icon: Any,
        active_data: Any,
        active_property: Any,
    ) -> None:
        own, frames = item.second_eye_row, shot_settings.span(item)
        row = layout.row(align=True)
        if frames is None:
            row.alert = True
            row.label(text=item.name, icon="ERROR")
            return
        picture = thumbnail(context, item)
        if picture:
            row.label(text=title(item), icon_value=picture, translate=False)
        else:
            row.label(text=title(item), icon="SEQUENCE", translate=False)
        row.label(text=f"{frames[0]}-{frames[1]}")
        width = context.region.width / context.preferences.system.ui_scale if context.region else 0
        numbers = row.row(align=True)
        numbers.enabled = not own.locked
        if width >= WIDE:
            numbers.prop(own, "near", text="", emboss=False)
            numbers.prop(own, "far", text="", emboss=False)
        if width >= WIDER:
            numbers.prop(own, "strength", text="", emboss=False)
            last = numbers.row(align=True)
            last.enabled = not shot_settings.is_led(item)
            last.prop(own, "convergence", text="", emboss=False)
        form = "POINTCLOUD_DATA" if own.form == "POINTS" else "MESH_GRID"
        switch = row.operator("second_eye.switch_form", text="", emboss=False, icon=form)
        switch.relief = item.name
        lock = "LOCKED" if own.locked else "UNLOCKED"
        row.prop(own, "locked", text="", emboss=False, icon=lock)

    def filter_items(self, context: Any, data: Any, name: str) -> tuple[list[int], list[int]]:
        things = getattr(data, name)
        shown = self.bitflag_filter_item
        flags = [shown if t.get("second_eye_role") == "relief" else 0 for t in things]
        if self.filter_name:
            helper: Any = bpy.types.UI_UL_list
            named = helper.filter_items_by_name(self.filter_name, shown, things, "name")
            flags = [a & b for a, b in zip(flags, named, strict=True)] if named else flags
        ranked = sorted(range(len(things)), key=lambda i: things[i].get("second_eye_first", 0))
        order = [0] * len(things)
        for place, index in enumerate(ranked):
            order[index] = place
        return flags, order


class SECOND_EYE_PT_shots(Section, bpy.types.Panel):
    bl_label = "Shots"
    bl_idname = "SECOND_EYE_PT_shots"
    bl_parent_id = "SECOND_EYE_PT_scene"
    bl_order = 0

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return where.stage_of(context.scene) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if draws_running(layout, TITLES):
            return
        scene = context.scene
        collection = where.stage_of(scene)
        if collection is None:
            return
        count = len(stage.reliefs(collection))
        layout.template_list(
            "SECOND_EYE_UL_shots", "", collection, "objects", scene.second_eye_shots, "active",
            rows=min(max(count, 2), 6),
        )  # fmt: skip
        row = layout.row(align=True)
        row.prop(scene.second_eye_shots, "jump", text="", icon="PLAY", toggle=True)
        row.operator("second_eye.copy_shot_settings", text="Copy Settings", icon="DUPLICATE")
        row.operator("second_eye.cuts_from_markers", text="", icon="MARKER_HLT")
        relief = where.shown_relief(context)
        if relief is not None and shot_settings.span(relief) is not None:
            draw_shot(layout, context, relief)
        for sentence in shot_faults.faults(scene):
            words.wrapped(layout, sentence, icon="ERROR")
        if session.latest.title in TITLES:
            words.wrapped(layout, session.latest.text, icon=session.latest.icon)


def draw_shot(
    layout: bpy.types.UILayout, context: bpy.types.Context, relief: bpy.types.Object
) -> None:
    """The settings of one shot."""
    own = relief.second_eye_row
    picture = thumbnail(context, relief)
    if picture:
        layout.template_icon(icon_value=picture, scale=5.0)
    column = split(layout)
    column.enabled = not own.locked
    column.prop(own, "form", expand=True)
    for name in ("near", "far", "strength"):
        column.prop(own, name)
    if shot_settings.camera_of(relief) is not None:
        column.prop(own, "interocular")
        last = column.row()
        last.enabled = not shot_settings.is_led(relief)
        last.prop(own, "convergence")
    moving = [n for n in ANIMATED if shot_settings.is_animated(relief, n)]
    if moving:
        names = ", ".join(name.capitalize() for name in moving)
        words.wrapped(
            layout, f"{names} move within this shot: set here is the first frame.", icon="KEYFRAME"
        )
    draw_keys(layout, relief)


def draw_keys(layout: bpy.types.UILayout, relief: bpy.types.Object) -> None:
    """What the settings stand for, where it takes keys; closed until somebody animates it."""
    modifier = relief_inputs.of(relief)
    if modifier is None:
        return
    header, body = layout.panel("second_eye_shot_keys", default_closed=True)
    header.label(text="Animate")
    if body is not None:
        relief_inputs.draw(split(body, decorate=True), modifier, relief_inputs.DISTANCE)


def title(relief: bpy.types.Object) -> str:
    """The shot's name; the object's, where the artist gave it one."""
    return relief.name.removeprefix("Second Eye ")


_middles: tuple[Manifest | None, dict[int, Path]] = (None, {})
"""Of the manifest that was read last: the middle plate of each shot, by its first frame."""


def thumbnail(context: bpy.types.Context, relief: bpy.types.Object) -> int:
    """The icon of the shot's middle picture; 0 where there is none."""
    global _middles
    if bpy.app.background:
        return 0
    manifest = where.built_manifest(context.scene)
    if manifest is None:
        return 0
    if _middles[0] is not manifest:
        files = FrameFiles(where.built_folder(context.scene), manifest)
        plates = {s.first: files.plate_path((s.first + s.last) // 2) for s in manifest.shots}
        _middles = (manifest, plates)
    path = _middles[1].get(relief.get("second_eye_first", -1))
    return 0 if path is None else thumbnails.icon(path)


def unregister() -> None:
    thumbnails.unregister()


CLASSES = (SECOND_EYE_UL_shots, SECOND_EYE_PT_shots)
