# SPDX-License-Identifier: GPL-3.0-or-later
"""The sampling pattern of shots: where a relief takes its depth, at several levels of detail."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import SecondEyeError, UsageError
from ..geometry.goal import TRIANGLES, Goal
from ..project import Project, SamplingRecord, Shot
from ..project.sampling import is_current
from ..stereo.gain import shot_gain
from .again import shot_named
from .progress import IsCancelled, Report, stop_if
from .sampling import sample_shot, told_of
from .tables import current_tables


@dataclass(frozen=True)
class SampleJob:
    """Choose the points of the shot named ``shot``, or of every one, of ``project``.

    At most one of ``triangles``, ``points`` (budgets of the finest level) and ``error`` (its RMS
    error in pixels of disparity, see `stereo.gain`); without any, what a shot was made for before,
    and at first ``at_first`` triangles. A shot whose pattern is current and was made for the same
    is left as it is.
    """

    project: str
    shot: str | None = None
    triangles: int | None = None
    points: int | None = None
    error: float | None = None
    at_first: int = TRIANGLES

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers project, shots (name, made: whether now; levels: triangles, points and error,
        p99, worst in pixels of disparity, of each), message.

        Raises SecondEyeError, UsageError, Cancelled; shots not reached keep their old pattern.
        """
        stop_if(cancelled)
        self._check()
        project = Project.open(Path(self.project))
        with project.lock():
            _check_analysed(project)
            shots = project.manifest.shots
            if self.shot is not None:
                shots = [shot_named(project.manifest, self.shot, project.folder)]
            told = []
            for shot in shots:
                goal = self._goal(project, shot)
                made = not (
                    _same(goal, shot) and is_current(project.folder, project.manifest, shot)
                )
                if made:
                    sample_shot(project, shot, goal, report, cancelled)
                told.append(told_of(project, shot, made))
            current_tables(project, report, cancelled)  # Blender fits its rig to them next
        lines = [_line(shot) for shot in told]
        return {"project": self.project, "shots": told, "message": "\n".join(lines)}

    def _check(self) -> None:
        """Raise UsageError before anything is read."""
        asked = [v for v in (self.triangles, self.points, self.error) if v is not None]
        if len(asked) > 1:
            raise UsageError("Give one of triangles, points and error: each decides the others.")
        for triangles in (self.triangles, self.at_first):
            if triangles is not None:
                Goal("triangles", triangles)
        if self.points is not None:
            Goal("points", self.points)
        if self.error is not None:
            Goal("error", self.error)

    def _goal(self, project: Project, shot: Shot) -> Goal:
        if self.triangles is not None:
            return Goal("triangles", self.triangles)
        if self.points is not None:
            return Goal("points", self.points)
        if self.error is not None:
            gain = shot_gain(project.manifest, shot)
            # Without strength or eyes apart nothing moves, and the whole range is no error.
            return Goal("error", min(self.error / gain, 1.0) if gain > 0.0 else 1.0)
        if shot.sampling is not None:
            return Goal(shot.sampling.kind, shot.sampling.amount)
        return Goal("triangles", self.at_first)


def _same(goal: Goal, shot: Shot) -> bool:
    record: SamplingRecord | None = shot.sampling
    return record is not None and (record.kind, record.amount) == (goal.kind, goal.amount)


def _check_analysed(project: Project) -> None:
    if not project.manifest.complete:
        raise SecondEyeError(
            f"{project.folder} is not analysed to its end: run depth again to go on with it first."
        )


def _line(shot: dict[str, Any]) -> str:
    finest = shot["levels"][-1]
    state = "sampled" if shot["made"] else "as it was"
    return (
        f"{shot['name']}  {state}: {finest['triangles']} triangles, {finest['points']} points, "
        f"error {finest['error']:.3f} pixels of disparity (99 %: {finest['p99']:.2f}, "
        f"worst {finest['worst']:.2f}); {len(shot['levels'])} levels, "
        f"the coarsest {shot['levels'][0]['triangles']} triangles"
    )
