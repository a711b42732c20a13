# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty

from ...core.errors import SecondEyeError, UsageError
from ...core.project import Project
from .. import stage
from ..steps import Steps
from . import where
from .built_task import BuiltTask
from .repair_shot import shot_of
from .task import idle


class SECOND_EYE_OT_make_layers(BuiltTask, bpy.types.Operator):
    """Make what stands behind the foreground of this shot, so that steps seen from the side open on
    the background. Layers that are current stay; cancelled, the next run goes on where this one
    stopped"""

    bl_idname = "second_eye.make_layers"
    bl_label = "Make Layers"
    bl_options = {"REGISTER", "UNDO"}
    title = "Make Layers"
    job = "layers"
    changes_depth = False

    every_shot: BoolProperty(
        name="Every Shot",
        description="Make the layers of all shots",
        # Hidden: a change in the redo panel would run the job once more.
        options={"HIDDEN", "SKIP_SAVE"},
    )

    @classmethod
    def description(
        cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties
    ) -> str:
        if properties.every_shot:
            return "Make what stands behind the foreground of all shots"
        return str(cls.__doc__)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not where.is_built(cls, context.scene, rebuilds=True) or not idle(cls):
            return False
        return where.has_built_project(cls, context.scene)

    def arguments(self, context: bpy.types.Context, project: Project) -> dict[str, Any]:
        asked = {"parallax": context.scene.second_eye.layers_parallax / 100.0}
        if self.every_shot:
            return asked
        relief = where.shown_relief(context)
        if relief is None:
            raise UsageError("The scene holds no relief: press Build Scene again.")
        return {**asked, "shot": shot_of(relief, context.scene, project).name}

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> Steps[str]:
        said = yield from super().finish(context, value)
        collection = stage.find_collection(bpy.data.scenes[self._scene])
        wrong = stage.behind_trouble(stage.reliefs(collection))
        if wrong:
            raise SecondEyeError(wrong)
        return said

    def said(self, value: dict[str, Any], project: Project) -> str:
        if not value["frames"]:
            return "Nothing to do: these layers are made already."
        made = [shot["name"] for shot in value["shots"] if shot["frames"]]
        return f"Layers of {value['frames']} frames are made ({', '.join(made)})."


CLASSES = (SECOND_EYE_OT_make_layers,)
