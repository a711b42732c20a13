# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import bpy

from ...core.project import Project
from . import where
from .use_solve import SolveTask


class SECOND_EYE_OT_estimate_lens(SolveTask, bpy.types.Operator):
    """Estimate the lens from straight lines in the footage, as buildings and rooms have them; for a
    clip whose file tells nothing. Where too few lines agree, the lens stays as it is"""

    bl_idname = "second_eye.estimate_lens"
    bl_label = "Estimate Lens"
    bl_options = {"REGISTER", "UNDO"}
    title = "Estimate Lens"
    job = "lens"

    @classmethod
    def refuses(cls, context: bpy.types.Context) -> str:
        manifest = where.built_manifest(context.scene)
        if manifest is not None and manifest.solve is not None:
            return "The camera solve brings its own lens: press Forget Solve first"
        return ""

    def arguments(self, context: bpy.types.Context, project: Project) -> dict[str, Any]:
        return {}

    def said(self, value: dict[str, Any], project: Project) -> str:
        return str(value["message"])


CLASSES = (SECOND_EYE_OT_estimate_lens,)
