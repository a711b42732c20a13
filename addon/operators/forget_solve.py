# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import bpy

from ...core.project import Project
from . import where
from .use_solve import SolveTask


class SECOND_EYE_OT_forget_solve(SolveTask, bpy.types.Operator):
    """Give the depth, the lens and the cameras the numbers back that they had before the camera
    solve was used"""

    bl_idname = "second_eye.forget_solve"
    bl_label = "Forget Solve"
    bl_options = {"REGISTER", "UNDO"}
    title = "Forget Solve"
    job = "forget_solve"

    @classmethod
    def refuses(cls, context: bpy.types.Context) -> str:
        manifest = where.built_manifest(context.scene)
        if manifest is None or manifest.solve is None:
            return "This project uses no camera solve"
        return ""

    def arguments(self, context: bpy.types.Context, project: Project) -> dict[str, Any]:
        return {}

    def said(self, value: dict[str, Any], project: Project) -> str:
        return "The camera solve is forgotten: depth, lens and cameras are as before."


CLASSES = (SECOND_EYE_OT_forget_solve,)
