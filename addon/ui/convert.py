# SPDX-License-Identifier: GPL-3.0-or-later
"""Without a Render: what Convert writes, how, and how far it has come."""

from __future__ import annotations

import bpy

from ..convert_properties import CUSTOM
from ..engine import session
from ..operators.convert import CLASSES as OPERATORS
from ..operators.convert import format_of
from . import words
from .layouts import Section, draws_running, split

TITLES = {cls.title for cls in OPERATORS}


class SECOND_EYE_PT_convert(Section, bpy.types.Panel):
    bl_label = "Without a Render"
    bl_idname = "SECOND_EYE_PT_convert"
    bl_parent_id = "SECOND_EYE_PT_output"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        settings = context.scene.second_eye_convert
        column = split(layout)
        column.prop(settings, "destination")
        if settings.destination == CUSTOM:
            column.prop(settings, "format")
            if settings.format != "mv-hevc":
                column.prop(settings, "codec")
            column.prop(settings, "bit_rate")
            if settings.bit_rate == 0.0:
                column.prop(settings, "quality")
        shown = format_of(settings)
        if shown == "vr180":
            column.prop(settings, "surround")
            column.prop(settings, "field_of_view")
        if shown != "rgbd":
            column.prop(settings, "untouched")
            column.prop(settings, "layers")
        column.prop(settings, "sound")
        column.prop(settings, "constant_rate")
        column.prop(settings, "path", placeholder="automatic")
        if draws_running(layout, TITLES):
            return
        layout.operator("second_eye.convert", icon="FILE_MOVIE")
        if session.latest.title in TITLES:
            words.wrapped(layout, session.latest.text, icon=session.latest.icon)


CLASSES = (SECOND_EYE_PT_convert,)
