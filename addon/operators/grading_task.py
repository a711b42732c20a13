# SPDX-License-Identifier: GPL-3.0-or-later
"""What Grade Depth and Floating Window share: the scene's numbers to the engine, keys back."""

from __future__ import annotations

from typing import Any

import bpy

from ...core.errors import SecondEyeError, UsageError
from ...core.project import Project
from .. import preferences
from ..engine import interpreter, session
from ..engine.chained import Chained
from ..engine.client import EngineJob
from ..rigs import grading
from ..rigs.bake_edits import bake_edits
from ..rigs.shown import object_distances, shown
from ..stage.mask_raster import raster_steps
from . import where
from .rasterise_mask import RasterTask
from .task import TaskOperator, idle

MASK_FOLDER = "grade_subject"
"""In the project's edits: the pictures of the mask that a grade follows."""
_SHARES = ("budget", "in_front", "subject_at", "pace", "softness", "widest")


class GradingTask(TaskOperator):
    """A subclass says in ``grades`` whether the rig gets new keys, in ``floats`` the window."""

    grades = True

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        operator: Any = cls  # a mixin of one
        scene = context.scene
        if not where.is_built(operator, scene) or not where.has_built_project(operator, scene):
            return False
        said = grading.trouble(scene)
        if said:
            operator.poll_message_set(said)
        return not said and idle(operator)

    def floats(self, camera: bpy.types.Object) -> bool:
        """Whether the floating window gets new keys."""
        raise NotImplementedError

    def said(self, value: dict[str, Any]) -> str:
        """What was done, in a sentence."""
        raise NotImplementedError

    def start(self, context: bpy.types.Context) -> session.Task:
        chosen = preferences.get(context)
        python = interpreter.find(chosen.engine_mode, chosen.engine_python)
        scene, settings = context.scene, context.scene.second_eye_grade
        project = Project.open(where.built_folder(scene))
        # By its name: an undo while the job runs gives the scene a new address.
        self._scene, self._folder = scene.name, project.folder
        camera = grading.stereo_camera(scene)
        shots = [shot for _, shot in chosen_shots(context, project)]
        own = settings.screen == "OWN"
        asked = {
            "project": str(project.folder),
            "screen": None if own else settings.screen.lower(),
            "screen_width": settings.screen_width if own else None,
            "screen_distance": settings.screen_distance if own else None,
            "subject": settings.follow.lower() if self.grades else "scene",
            "region": [settings.across / 100.0, settings.down / 100.0, settings.size / 100.0],
            "shots": [shot.name for shot in shots],
            "look": settings.look,
            "ease": settings.ease,
            "clear": settings.clear,
            **{name: getattr(settings, name) / 100.0 for name in _SHARES},
            "window": self.floats(camera),
            "grade": self.grades,
        }
        thing = followed(scene) if asked["subject"] == "object" else None
        mask = mask_of(settings) if asked["subject"] == "mask" else None
        self._baked = _bake_edits(scene, project)
        self._shown = shown(scene, project)
        numbers = grading.scene_numbers(self._shown)
        if thing is not None:
            numbers["object"] = list(object_distances(scene, project, thing).values())

        def job() -> EngineJob:
            return EngineJob(python, "grade_scene", {**asked, "scene": numbers})

        if mask is None:
            return job()
        asked["subject"] = f"mask:{MASK_FOLDER}"
        frames = shots[0].first, shots[-1].last
        steps = raster_steps(project, scene, mask, settings.layer, MASK_FOLDER, frames)
        return Chained(RasterTask(steps, frames[1] - frames[0] + 1, {}), job)

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> str:
        scene: bpy.types.Scene | None = bpy.data.scenes.get(self._scene)
        if scene is None:
            raise SecondEyeError(
                f'The scene "{self._scene}" was removed or renamed meanwhile: do it again there.'
            )
        grading.write_grade(scene, Project.open(self._folder), self._shown, value)
        scene.frame_set(scene.frame_current)
        return self.said(value) + self._baked


def chosen_shots(context: bpy.types.Context, project: Project) -> grading.Reliefs:
    """What Shots says, but for locked ones. Raises UsageError where none is left."""
    only = None
    if context.scene.second_eye_grade.shots == "THIS":
        only = where.shown_relief(context)
        if only is None:
            raise UsageError("No shot is shown: select a relief, or move to a frame of one.")
    return grading.open_shots(context.scene, project, only)


def followed(scene: bpy.types.Scene) -> bpy.types.Object:
    """The object to follow. Raises UsageError."""
    thing = scene.second_eye_grade.object
    if thing is None:
        raise UsageError("No object is chosen to follow: choose one under Depth Grading.")
    if thing.name not in scene.objects:
        raise UsageError(f'"{thing.name}" is not in this scene any more: choose another object.')
    return thing


def mask_of(settings: Any) -> Any:
    """The mask to follow. Raises UsageError."""
    mask: Any = bpy.data.masks.get(settings.mask)
    if mask is None:
        told = f'The mask "{settings.mask}" is gone' if settings.mask else "No mask is chosen"
        raise UsageError(f"{told}: choose one under Depth Grading.")
    if settings.layer and settings.layer not in mask.layers:
        raise UsageError(f'"{mask.name}" has no layer "{settings.layer}": choose another one.')
    return mask


def _bake_edits(scene: bpy.types.Scene, project: Project) -> str:
    """Let the project know the scene's depth edits, which its depth is graded with; what is to be
    said of that, beginning with a space."""
    records = bake_edits(scene, project)
    if records == project.manifest.edits:
        return ""
    project.manifest.edits = records
    project.save()
    return " The scene's depth edits were baked into the project for it."
