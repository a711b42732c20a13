# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import bpy

from ...core.errors import SecondEyeError
from ...core.project import Project
from ..rigs import grading
from ..rigs.window_cards import has_window
from . import where
from .grading_task import GradingTask, chosen_shots


class SECOND_EYE_OT_grade_depth(GradingTask, bpy.types.Operator):
    """Key interocular and convergence of the stereo camera, frame by frame as the depth asks for
    it, smooth and inside the limits of the chosen screen. Change the keys as you like"""

    bl_idname = "second_eye.grade_depth"
    bl_label = "Grade Depth"
    bl_options = {"REGISTER", "UNDO"}
    title = "Grade Depth"

    def floats(self, camera: bpy.types.Object) -> bool:
        return has_window(camera)

    def said(self, value: dict[str, Any]) -> str:
        window = " The floating window follows." if value["window_keys"] else ""
        return f"{value['message']}{window}"


class SECOND_EYE_OT_remove_grade(bpy.types.Operator):
    """Take the keys of the chosen shots away, and give each the one rig that Build Scene suggests.
    Locked shots keep theirs"""

    bl_idname = "second_eye.remove_grade"
    bl_label = "Remove Grade"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return GradingTask.poll.__func__(cls, context)  # type: ignore[attr-defined]

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        try:
            project = Project.open(where.built_folder(scene))
            shots = chosen_shots(context, project)
            grading.remove_grade(scene, project, shots, scene.second_eye.depth_budget / 100.0)
        except SecondEyeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        names = ", ".join(shot.name for _, shot in shots)
        self.report({"INFO"}, f"One rig a shot again: {names}.")
        return {"FINISHED"}


CLASSES = (SECOND_EYE_OT_grade_depth, SECOND_EYE_OT_remove_grade)
