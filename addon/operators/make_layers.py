# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty

from ...core.errors import SecondEyeError, UsageError
from ...core.project import Project
from .. import preferences, stage
from ..engine import interpreter, session
from ..engine.client import EngineJob
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
        if not where.is_built(cls, context.scene) or not idle(cls):
            return False
        if where.built_manifest(context.scene) is None:
            cls.poll_message_set(
                "The depth project of this scene is gone: put it back, or build another one"
            )
            return False
        return True

    def arguments(self, context: bpy.types.Context, project: Project) -> dict[str, Any]:
        asked = {"parallax": context.scene.second_eye.layers_parallax / 100.0}
        if self.every_shot:
            return asked
        relief = where.shown_relief(context)
        if relief is None:
            raise UsageError("The scene holds no relief: press Build Scene again.")
        return {**asked, "shot": shot_of(relief, context.scene, project).name}

    def start(self, context: bpy.types.Context) -> session.Task:
        chosen = preferences.get(context)
        python = interpreter.find(chosen.engine_mode, chosen.engine_python)
        project = Project.open(where.built_folder(context.scene))
        # By its name: an undo while the job runs gives the scene a new address.
        self._scene, self._folder = context.scene.name, project.folder
        arguments = {"project": str(project.folder), **self.arguments(context, project)}
        return EngineJob(python, self.job, arguments)  # depth stays: nothing is sampled after it

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> str:
        said = super().finish(context, value)
        scene = bpy.data.scenes[self._scene]
        wrong = stage.refresh_behind(
            Project.open(self._folder), stage.reliefs(stage.find_collection(scene))
        )
        if wrong:
            raise SecondEyeError(wrong)
        return said

    def said(self, value: dict[str, Any], project: Project) -> str:
        if not value["frames"]:
            return "Nothing to do: these layers are made already."
        made = [shot["name"] for shot in value["shots"] if shot["frames"]]
        return f"Layers of {value['frames']} frames are made ({', '.join(made)})."


CLASSES = (SECOND_EYE_OT_make_layers,)
