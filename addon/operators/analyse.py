# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ...core.errors import SecondEyeError
from ...core.project import Project
from .. import preferences, stage
from ..engine import interpreter, models, session
from ..engine.client import EngineJob
from . import where
from .sampling_job import unsampled, with_sampling
from .task import TaskOperator, idle


class SECOND_EYE_OT_analyse(TaskOperator, bpy.types.Operator):
    """Estimate the depth of every frame, in a process of its own, then choose the points of each
    shot's relief. Goes on where it was stopped"""

    bl_idname = "second_eye.analyse"
    bl_label = "Analyse"
    bl_options = {"REGISTER", "UNDO"}
    title = "Analyse"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not where.has_clip(context.scene):
            cls.poll_message_set("Import a clip first")
            return False
        return idle(cls)

    def start(self, context: bpy.types.Context) -> session.Task:
        scene, chosen = context.scene, preferences.get(context)
        python = interpreter.find(chosen.engine_mode, chosen.engine_python)
        settings = scene.second_eye
        folder = where.project_folder(scene)
        self._scene, self._folder = scene.name, str(folder)
        arguments = {
            "clip": str(where.clip_path(scene)),
            "project": self._folder,
            "first": settings.first,
            "last": settings.last or None,
            "rate": where.sequence_rate(scene),
            "model": _model(settings.model_name, folder),
            "shots": settings.find_cuts,
            **repair_arguments(scene),
        }
        job = EngineJob(python, "analyse", arguments)
        if settings.sampling != stage.ADAPTIVE:
            return job
        return with_sampling(context, job, self._folder)

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> str:
        self._note_project()
        said = f"Frames {value['first']} to {value['last']} are analysed, {value['frames']} now."
        return said + unsampled(value)

    def _failed(self, error: SecondEyeError) -> set[str]:
        self._note_project()  # what a cancelled analysis left is to be gone on with
        return super()._failed(error)

    def _note_project(self) -> None:
        """Kept, so that a .blend that is saved elsewhere still knows it. Not relative to the
        .blend: Blender leaves the paths of add-ons as they are when it saves to another folder."""
        scene: bpy.types.Scene | None = bpy.data.scenes.get(self._scene)
        if scene is not None and Project.exists(self._folder):
            scene.second_eye.project_folder = self._folder


def _model(chosen: str, folder: Path) -> str | None:
    """The model to ask for. A project that a model began and gave no frame of depth takes another
    one only where it is asked for by its name, the one that ships too; one that has depth keeps its
    own, and nothing is asked where none is chosen."""
    model = models.argument(chosen)
    if model is None and Project.exists(folder):
        project = Project.open(folder)
        if not any(project.base_path(n).exists() for n in project.manifest.frames):
            return models.DEFAULT
    return model


def repair_arguments(scene: bpy.types.Scene) -> dict[str, Any]:
    """What the Repair settings ask of a new analysis. A finished project keeps its own, which may
    be others in every shot: Repair Again changes those."""
    manifest = where.manifest(where.project_folder(scene))
    if manifest is not None and manifest.complete:
        return {}
    settings = scene.second_eye
    strengths = {branch: round(getattr(settings, branch), 4) for branch in stage.BRANCHES}
    return {**strengths, "look_ahead": settings.look_ahead}


CLASSES = (SECOND_EYE_OT_analyse,)
