# SPDX-License-Identifier: GPL-3.0-or-later
"""Repair once more, as strongly as wanted: the job of "Repair Again" and ``second-eye repair``."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..project import Manifest, Project
from ..project.shots import changed
from .again import check_analysed, make_again, shot_named
from .progress import IsCancelled, Report, stop_if
from .strengths import Strengths
from .work import Work


@dataclass(frozen=True)
class RepairJob:
    """Make depth and confidence of ``project`` again from its stored estimates.

    ``spatial``, ``temporal``, ``semantic``: strength of each branch, 0 (off) to 1, in the shot
    named ``shot``, or in every one; ``look_ahead``: frames that the temporal branch sees, the same
    for the whole project. None keeps what is set. Only shots that differ from what stands there are
    repaired; where the repair itself has changed, that is all. Cancelled, the project is as it was,
    and the same job goes on where it stopped.
    """

    project: str
    shot: str | None = None
    spatial: float | None = None
    temporal: float | None = None
    semantic: float | None = None
    look_ahead: int | None = None

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers project, shots (names of those repaired), frames (made now), message.

        Raises SecondEyeError, UsageError, Cancelled.
        """
        stop_if(cancelled)
        strengths = Strengths(self.spatial, self.temporal, self.semantic, self.look_ahead)
        project = Project.open(Path(self.project))
        with project.lock():
            check_analysed(project)
            target = copy.deepcopy(project.manifest)
            shots = target.shots
            if self.shot is not None:
                shots = [shot_named(target, self.shot, project.folder)]
            strengths.apply(shots, target.repair)
            self._check_one_shot(project, target)
            work = Work(project, target, report, cancelled)
            made = make_again(work, target, anew=self.shot is None)
            repaired = [s.name for s in changed(work.old, target)]
        return {
            "project": self.project,
            "shots": repaired,
            "frames": len(made),
            "message": _message(self.project, repaired, len(made)),
        }

    def _check_one_shot(self, project: Project, target: Manifest) -> None:
        """Raise UsageError where more than the one shot would have to be repaired."""
        stored = project.manifest.repair
        if self.shot is not None and target.repair.look_ahead != stored.look_ahead:
            raise UsageError(
                "The look-ahead is one for the whole project: leave the shot away to change it."
            )


def _message(folder: str, shots: list[str], frames: int) -> str:
    if not shots and not frames:
        return f"Nothing to do: {folder} is repaired like that already."
    names = ", ".join(shots[:8]) + (", ..." if len(shots) > 8 else "")
    return f"{folder}: {frames} frames are repaired{f' ({names})' if shots else ''}."
