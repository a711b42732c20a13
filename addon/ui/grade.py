# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth Grading and Floating Window: below Stereo."""

from __future__ import annotations

from typing import Any

import bpy

from ...core.errors import SecondEyeError
from ..engine import session
from ..operators import floating_window, grade_depth
from ..rigs import find_stereo_camera
from ..rigs.window_cards import LEFT, RIGHT, SOFT, has_window
from . import words
from .comfort import draw_screen
from .layouts import Section, draws_running, split

GRADE = {grade_depth.SECOND_EYE_OT_grade_depth.title}
WINDOW = {floating_window.SECOND_EYE_OT_make_window.title}
TITLES = GRADE | WINDOW


def camera_of(context: bpy.types.Context) -> bpy.types.Object | None:
    try:
        return find_stereo_camera(context.scene)
    except SecondEyeError:
        return None


class SECOND_EYE_PT_grade(Section, bpy.types.Panel):
    bl_label = "Depth Grading"
    bl_idname = "SECOND_EYE_PT_grade"
    bl_parent_id = "SECOND_EYE_PT_stereo"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return camera_of(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if draws_running(layout, GRADE):
            return
        settings = context.scene.second_eye_grade
        draw_screen(layout, context.scene)  # the one that comfort is judged for
        column = split(layout)
        column.prop(settings, "follow")
        if settings.follow == "OBJECT":
            column.prop(settings, "object")
        elif settings.follow == "MASK":
            column.prop_search(settings, "mask", bpy.data, "masks")
            mask: Any = bpy.data.masks.get(settings.mask)
            if mask is not None:
                column.prop_search(settings, "layer", mask, "layers")
        elif settings.follow == "REGION":
            column.prop(settings, "across")
            column.prop(settings, "down")
            column.prop(settings, "size")
        if settings.follow == "SCENE":
            column.prop(settings, "in_front")
            column.prop(settings, "clear")
        else:
            column.prop(settings, "subject_at")
        column.prop(settings, "budget")
        column.prop(settings, "look")
        column.prop(settings, "pace")
        column.prop(settings, "ease")
        column.row().prop(settings, "shots", expand=True)
        row = layout.row(align=True)
        row.operator("second_eye.grade_depth", icon="FCURVE")
        row.operator("second_eye.remove_grade", text="", icon="X")
        if session.latest.title in GRADE:
            words.wrapped(layout, session.latest.text, icon=session.latest.icon)


class SECOND_EYE_PT_window(Section, bpy.types.Panel):
    bl_label = "Floating Window"
    bl_idname = "SECOND_EYE_PT_window"
    bl_parent_id = "SECOND_EYE_PT_stereo"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return camera_of(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if draws_running(layout, WINDOW):
            return
        settings, camera = context.scene.second_eye_grade, camera_of(context)
        if camera is not None and has_window(camera):
            column = split(layout, decorate=True)
            column.prop(camera, f'["{LEFT}"]', text="Left")
            column.prop(camera, f'["{RIGHT}"]', text="Right")
            column.prop(camera, f'["{SOFT}"]', text="Softness")
        else:
            split(layout).prop(settings, "softness")
        split(layout).prop(settings, "widest")
        row = layout.row(align=True)
        row.operator("second_eye.make_window", icon="MOD_EDGESPLIT")
        row.operator("second_eye.remove_window", text="", icon="X")
        if session.latest.title in WINDOW:
            words.wrapped(layout, session.latest.text, icon=session.latest.icon)


CLASSES = (SECOND_EYE_PT_grade, SECOND_EYE_PT_window)
