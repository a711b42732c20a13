# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty

from ...core.errors import UsageError
from ...core.project import Project
from .. import stage
from . import where
from .built_task import BuiltTask
from .repair_shot import shot_of
from .task import idle


class SECOND_EYE_OT_sample_shot(BuiltTask, bpy.types.Operator):
    """Choose the points of this shot's relief again, with as many triangles as set above. Depth and
    the artist's settings stay. Cancelled, the relief stays as it was"""

    bl_idname = "second_eye.sample_shot"
    bl_label = "Sample Again"
    bl_options = {"REGISTER", "UNDO"}
    title = "Sample Again"
    job = "sample"
    changes_depth = False

    every_shot: BoolProperty(
        name="Every Shot",
        description="Sample all shots again, with as many triangles each",
        # Hidden: a change in the redo panel would run the job once more.
        options={"HIDDEN", "SKIP_SAVE"},
    )

    @classmethod
    def description(
        cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties
    ) -> str:
        if properties.every_shot:
            return "Sample all shots again, with as many triangles each as set above"
        return str(cls.__doc__)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not where.is_built(cls, context.scene, rebuilds=True) or not idle(cls):
            return False
        if not stage.is_adaptive(context.scene):
            cls.poll_message_set("This scene stands on a grid: choose Adaptive and build it again")
            return False
        return where.has_built_project(cls, context.scene)

    def arguments(self, context: bpy.types.Context, project: Project) -> dict[str, Any]:
        asked = {"triangles": context.scene.second_eye.triangles}
        if self.every_shot:
            return asked
        relief = where.shown_relief(context)
        if relief is None:
            raise UsageError("The scene holds no relief: press Build Scene again.")
        return {**asked, "shot": shot_of(relief, context.scene, project).name}

    def said(self, value: dict[str, Any], project: Project) -> str:
        made = [shot for shot in value["shots"] if shot["made"]]
        if not made:
            return "Nothing to do: it is sampled like that already."
        finest = made[0]["levels"][-1]
        more = f", and {len(made) - 1} more" if len(made) > 1 else ""
        return (
            f"{made[0]['name']}{more}: {finest['triangles']:,} triangles, error "
            f"{finest['error']:.3f} pixels of disparity."
        )


CLASSES = (SECOND_EYE_OT_sample_shot,)
