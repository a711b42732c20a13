# SPDX-License-Identifier: GPL-3.0-or-later
"""What measuring and fitting moves share: the shots' numbers to the engine, figures back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bpy

from ...core.errors import SecondEyeError, UsageError
from .. import preferences, rigs
from ..engine import interpreter, session
from ..engine.chained import Chained
from ..engine.client import EngineJob
from ..engine.steps import StepsTask
from ..rigs import moves
from .camera_moves import chosen_shots, project_of, told
from .measuring import TITLE, stop_measuring
from .task import TaskOperator

Answer = tuple[moves.MovedShot, Mapping[str, Any]]


class MovesTask(TaskOperator):
    """A subclass has ``every_shot`` and may say what is ``asked`` besides."""

    title = TITLE

    def asked(self, context: bpy.types.Context) -> dict[str, Any]:
        """What the engine is told besides the shots."""
        return {}

    def shots(self, context: bpy.types.Context) -> list[moves.MovedShot]:
        """Those that are looked at. Raises UsageError without any."""
        operator: Any = self
        found = chosen_shots(context, operator.every_shot)
        if not found:
            raise UsageError("Every shot is locked.")
        return found

    def start(self, context: bpy.types.Context) -> session.Task:
        stop_measuring()  # what it measures may be gone in a moment
        chosen = preferences.get(context)
        python = interpreter.find(chosen.engine_mode, chosen.engine_python)
        scene, project, shots = context.scene, project_of(context), self.shots(context)
        # By its name: an undo while the job runs gives the scene a new address.
        self._scene = scene.name
        self._keys = {shot.first: moves.keys_of(scene, shot) for shot in shots}
        numbers: list[dict[str, Any]] = []
        asked = {"project": str(project.folder), "shots": numbers, **self.asked(context)}
        steps = moves.read_shots(scene, project, shots, numbers)
        return Chained(
            StepsTask(steps, 0, "reading the moves", {}),
            lambda: EngineJob(python, "uncovered", asked),
        )

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> str:
        scene: bpy.types.Scene | None = bpy.data.scenes.get(self._scene)
        if scene is None:
            raise SecondEyeError(
                f'The scene "{self._scene}" was removed or renamed meanwhile: do it again there.'
            )
        camera = rigs.find_chain(scene).camera
        if camera is None:
            raise SecondEyeError("The stereo camera is gone: press Build Scene again.")
        there = {shot.first: shot for shot in moves.moved_shots(scene, camera)}
        answers = [(there[a["first"]], a) for a in value["shots"] if a["first"] in there]
        current = [
            (shot, answer)
            for shot, answer in answers
            if moves.same_keys(self._keys[shot.first], moves.keys_of(scene, shot))
        ]
        if not current:
            raise SecondEyeError("The moves were changed meanwhile: measure them again.")
        return self.taken(scene, current)

    def taken(self, scene: bpy.types.Scene, answers: list[Answer]) -> str:
        """Keep the figures; returns what is said."""
        found = [moves.Measured(**answer["after"]) for _, answer in answers]
        for (shot, _), measured in zip(answers, found, strict=True):
            moves.keep(scene, shot, measured)
        return told(max(found, key=lambda one: one.uncovered)).capitalize()
