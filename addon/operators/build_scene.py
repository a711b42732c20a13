# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import bpy

from ...core.errors import SecondEyeError
from ...core.project import Project
from ...core.project.sampling import is_current
from .. import rigs, stage
from ..engine import session
from ..engine.client import EngineJob
from ..engine.no_task import NoTask
from ..stage import compat, linked
from ..steps import Steps
from . import startup_cube, where
from .sampling_job import sampling_job
from .tables_job import tables_job
from .task import TaskOperator, idle


class SECOND_EYE_OT_build_scene(TaskOperator, bpy.types.Operator):
    """Show the analysed clip as a relief, with a stereo camera. Building again replaces it. Shots
    that lack a sampling pattern of their depth get one first"""

    bl_idname = "second_eye.build_scene"
    bl_label = "Build Scene"
    bl_options = {"REGISTER", "UNDO"}
    title = "Build Scene"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not where.has_project(context.scene):
            cls.poll_message_set("Analyse a clip first")
            return False
        reason = linked.overridden(context.scene)
        if reason:
            cls.poll_message_set(reason)
            return False
        return idle(cls)

    def start(self, context: bpy.types.Context) -> session.Task:
        project = self._open(context)
        if self._lacking(project):
            return self._sampling(context, project)
        return tables_job(context, project) or NoTask()

    def _open(self, context: bpy.types.Context) -> Project:
        """The project. By the scene's name: an undo while a job runs gives it a new address."""
        scene = context.scene
        project = Project.open(where.project_folder(scene))
        if not project.manifest.complete:
            raise SecondEyeError(
                f"{project.folder} is not analysed to its end: press Analyse to go on."
            )
        self._scene, self._folder = scene.name, project.folder
        self._adaptive = scene.second_eye.sampling == stage.ADAPTIVE
        return project

    def _lacking(self, project: Project) -> list[str]:
        """The shots that have to be sampled first."""
        shots = project.manifest.shots if self._adaptive else []
        return [s.name for s in shots if not is_current(project.folder, project.manifest, s)]

    def _sampling(self, context: bpy.types.Context, project: Project) -> EngineJob:
        try:
            return sampling_job(context, str(project.folder))
        except SecondEyeError as error:
            raise SecondEyeError(f"{error} Sampling needs it; a Grid does not.") from error

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> Steps[str]:
        scene: bpy.types.Scene | None = bpy.data.scenes.get(self._scene)
        if scene is None:
            raise SecondEyeError(
                f'The scene "{self._scene}" was removed or renamed meanwhile: press Build Scene '
                "again."
            )
        settings, project = scene.second_eye, Project.open(self._folder)
        built = yield from stage.build_steps(
            project,
            scene,
            sampling=stage.ADAPTIVE if self._adaptive else stage.GRID,
            columns=settings.columns or None,
            start=settings.start,
            points=settings.kind == "POINTS",
        )
        yield
        rigs.make_stereo_camera(
            scene, project, budget=settings.depth_budget / 100.0, drift=settings.drift
        )
        hidden = " The start-up cube is hidden." if startup_cube.hide(scene) else ""
        if compat.cycles_of(scene) is None:
            hidden += " The Cycles add-on is switched off: renders are made by EEVEE."
        shots = len(built.reliefs)
        return (
            f"Built {project.folder.name}: {shots} shot{'s' if shots > 1 else ''}, "
            f"frames {scene.frame_start} to {scene.frame_end}.{hidden}"
        )


CLASSES = (SECOND_EYE_OT_build_scene,)
