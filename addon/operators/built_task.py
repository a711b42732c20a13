# SPDX-License-Identifier: GPL-3.0-or-later
"""What Repair Again and the cut operators share: a job on a built scene's project, then the scene
follows it."""

from __future__ import annotations

from typing import Any

import bpy

from ...core.errors import SecondEyeError
from ...core.project import Project
from .. import preferences, rigs, stage
from ..engine import interpreter, session
from ..engine.client import EngineJob
from ..steps import Steps
from . import where
from .sampling_job import unsampled, with_sampling
from .task import TaskOperator, idle


class BuiltTask(TaskOperator):
    """A subclass names the engine's ``job`` and gives its ``arguments``."""

    job = ""
    changes_depth = True
    """Whether the shots' patterns may be stale behind it, so that they are sampled next."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        operator: Any = cls  # a mixin of one
        if not where.is_built(operator, context.scene, rebuilds=True) or not idle(operator):
            return False
        lacking = where.lacks_raw(context.scene) or cls.refuses(context)
        if lacking:
            operator.poll_message_set(lacking)
        return not lacking

    @classmethod
    def refuses(cls, context: bpy.types.Context) -> str:
        """Why it can't be done now; "" where it can."""
        return ""

    def arguments(self, context: bpy.types.Context, project: Project) -> dict[str, Any]:
        raise NotImplementedError

    def start(self, context: bpy.types.Context) -> session.Task:
        chosen = preferences.get(context)
        python = interpreter.find(chosen.engine_mode, chosen.engine_python)
        project = Project.open(where.built_folder(context.scene))
        # By its name: an undo while the job runs gives the scene a new address.
        self._scene, self._folder = context.scene.name, project.folder
        arguments = {"project": str(project.folder), **self.arguments(context, project)}
        job = EngineJob(python, self.job, arguments)
        if not self.changes_depth or not stage.is_adaptive(context.scene):
            return job
        return with_sampling(context, job, str(project.folder))

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> Steps[str]:
        scene: bpy.types.Scene | None = bpy.data.scenes.get(self._scene)
        if scene is None:
            raise SecondEyeError(
                f'The scene "{self._scene}" was removed or renamed meanwhile: '
                "press Build Scene in the scene that shows this project."
            )
        settings = scene.second_eye
        project = Project.open(self._folder)
        fresh = yield from stage.update_steps(project, scene)
        yield
        rigs.refit_shots(scene, project, fresh, settings.depth_budget / 100.0, settings.drift)
        return self.said(value, project) + unsampled(value)

    def said(self, value: dict[str, Any], project: Project) -> str:
        """What was done, in a sentence."""
        raise NotImplementedError
