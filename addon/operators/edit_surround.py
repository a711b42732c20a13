# SPDX-License-Identifier: GPL-3.0-or-later
"""Add Surround and Remove Surround: what a headset shows around the picture, kept in the scene."""

from __future__ import annotations

from typing import Any

import bpy

from ...core.errors import SecondEyeError
from ...core.project import Project
from ...core.project import surround as files
from .. import preferences, stage
from ..engine import interpreter, session
from ..engine.client import EngineJob
from ..engine.no_task import NoTask
from ..stage import surround
from . import where
from .task import TaskOperator, idle


class SECOND_EYE_OT_add_surround(TaskOperator, bpy.types.Operator):
    """Put the chosen surround around the footage: a dome far behind everything, and a soft edge. \
It stays in the scene, so that Blender's own render shows it, too"""

    bl_idname = "second_eye.add_surround"
    bl_label = "Add Surround"
    bl_options = {"REGISTER", "UNDO"}
    title = "Add Surround"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        scene = context.scene
        return where.is_built(cls, scene) and where.has_built_project(cls, scene) and idle(cls)

    def start(self, context: bpy.types.Context) -> session.Task:
        scene = context.scene
        self._scene, self._kind = scene.name, scene.second_eye_render.surround
        project = Project.open(where.built_folder(scene))
        lacking = files.missing(project.folder, project.manifest)
        if self._kind != surround.BLUR or not lacking:
            return NoTask()
        chosen = preferences.get(context)
        python = interpreter.find(chosen.engine_mode, chosen.engine_python)
        return EngineJob(python, "surround", {"project": str(project.folder)})

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> str:
        scene: bpy.types.Scene | None = bpy.data.scenes.get(self._scene)
        if scene is None:
            raise SecondEyeError(f'The scene "{self._scene}" was removed: add the surround again.')
        collection = stage.find_collection(scene)
        project = Project.open(where.built_folder(scene))
        surround.add_surround(collection, project, self._kind)
        surround.show_surround(collection, True)
        return "The surround is in the scene."


class SECOND_EYE_OT_remove_surround(bpy.types.Operator):
    """Take the surround away, and give the footage its hard edge again"""

    bl_idname = "second_eye.remove_surround"
    bl_label = "Remove Surround"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not where.is_built(cls, context.scene) or not idle(cls):
            return False
        there = bool(surround.surround_kind(stage.find_collection(context.scene)))
        if not there:
            cls.poll_message_set("There is no surround in this scene")
        return there

    def execute(self, context: bpy.types.Context) -> set[str]:
        surround.remove_surround(stage.find_collection(context.scene))
        return {"FINISHED"}


CLASSES = (SECOND_EYE_OT_add_surround, SECOND_EYE_OT_remove_surround)
