# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import bpy

from ..rigs import find_stereo_camera
from ..rigs.window_cards import has_window, remove_window
from . import where
from .grading_task import GradingTask


class SECOND_EYE_OT_make_window(GradingTask, bpy.types.Operator):
    """Bring the picture's left and right edge before the screen where they cut something that
    stands there: keys on the stereo camera, and cards that hang from it. Change them as you like"""

    bl_idname = "second_eye.make_window"
    bl_label = "Float Window"
    bl_options = {"REGISTER", "UNDO"}
    title = "Float Window"
    grades = False

    def floats(self, camera: bpy.types.Object) -> bool:
        return True

    def said(self, value: dict[str, Any]) -> str:
        left, right = (100.0 * side for side in value["widest"])
        if max(left, right) == 0.0:
            return "Nothing before the screen is cut by the picture's edge: the window stays shut."
        return f"The window's widest strips: {left:.2f} % left, {right:.2f} % right."


class SECOND_EYE_OT_remove_window(bpy.types.Operator):
    """Take the floating window away, with its keys"""

    bl_idname = "second_eye.remove_window"
    bl_label = "Remove Window"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not where.is_built(cls, context.scene):
            return False
        camera = find_stereo_camera(context.scene)
        there = camera is not None and has_window(camera)
        if not there:
            cls.poll_message_set("There is no floating window")
        return there

    def execute(self, context: bpy.types.Context) -> set[str]:
        camera = find_stereo_camera(context.scene)
        if camera is None:
            return {"CANCELLED"}
        remove_window(camera)
        self.report({"INFO"}, "The floating window is gone.")
        return {"FINISHED"}


CLASSES = (SECOND_EYE_OT_make_window, SECOND_EYE_OT_remove_window)
