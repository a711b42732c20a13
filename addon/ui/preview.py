# SPDX-License-Identifier: GPL-3.0-or-later
"""Preview: both eyes in the viewport, in a picture, in a loop, in a headset."""

from __future__ import annotations

from typing import Any

import bpy

from ..engine import session
from ..operators import live_stereo, start_vr, still_pair, where, wiggle
from . import words
from .layouts import Section, draws_running, split

TITLES = {cls.title for module in (still_pair, wiggle) for cls in module.CLASSES}


class SECOND_EYE_PT_preview(Section, bpy.types.Panel):
    bl_label = "Preview"
    bl_idname = "SECOND_EYE_PT_preview"
    bl_parent_id = "SECOND_EYE_PT_stereo"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return where.stage_of(context.scene) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if draws_running(layout, TITLES):
            return
        settings: Any = context.scene.second_eye_preview
        row, live = layout.row(align=True), live_stereo.is_live(context)
        for mode, title, _about in live_stereo.MODES:
            button = row.operator("second_eye.live_stereo", text=title, depress=mode == live)
            button.mode = mode
        if live == "SIDEBYSIDE":  # Blender shows it in a window that fills the screen alone
            layout.operator("wm.window_fullscreen_toggle", icon="FULLSCREEN_ENTER")
        row = layout.row(align=True)
        row.operator("second_eye.still_pair", icon="IMAGE_DATA")
        row.prop(settings, "still", text="")
        row = layout.row(align=True)
        row.operator("second_eye.wiggle", icon="LOOP_FORWARDS")
        row.prop(settings, "wiggle", text="")
        column = split(layout)
        column.prop(settings, "frames")
        if settings.frames == 1:
            column.prop(settings, "positions")
        column.prop(settings, "seconds")
        running = start_vr.is_running(context)
        text = "Stop VR" if running else "Start VR (unverified)"
        layout.operator("second_eye.start_vr", text=text, icon="VIEW_PERSPECTIVE", depress=running)
        if session.latest.title in TITLES:
            words.wrapped(layout, session.latest.text, icon=session.latest.icon)


CLASSES = (SECOND_EYE_PT_preview,)
