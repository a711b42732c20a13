# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers behind the foreground of a depth project's shots, kept in ``behind/``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..project import Project, Shot
from ..project import behind as files
from .again import check_complete, shot_named
from .progress import IsCancelled, Report, stop_if

VERSION = 2  # of how layers are made: another one makes them stale
PARALLAX = 0.05
"""Of the picture's width: the move of the nearest against the farthest that layers are made for."""
WIDEST = 0.5


@dataclass(frozen=True)
class LayersJob:
    """Make the layers of the shot named ``shot``, or of every one, of ``project``.

    ``parallax``: how far, in picture widths, the nearest may move against the farthest before the
    plate ends: twice what a rig asks for leaves room. Layers that stand there, made of the depth
    of today and for the same parallax, are left as they are; a run that was stopped goes on, with
    the files that an undisturbed one would have written.
    """

    project: str
    shot: str | None = None
    parallax: float = PARALLAX

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers project, shots (name, frames made now), frames, message.

        Raises SecondEyeError, UsageError, Cancelled.
        """
        stop_if(cancelled)
        if not 0.0 < self.parallax <= WIDEST:
            raise UsageError(
                f"The parallax must be above 0 and at most {WIDEST} picture widths, not "
                f"{self.parallax:g}."
            )
        project = Project.open(Path(self.project))
        shots: Sequence[Shot] = project.manifest.shots
        if self.shot is not None:
            shots = [shot_named(project.manifest, self.shot, project.folder)]
        told = make_layers(project, shots, lambda _: self.parallax, report, cancelled)
        frames = sum(one["frames"] for one in told)
        return {
            "project": self.project,
            "shots": told,
            "frames": frames,
            "message": f"{self.project}: layers of {frames} frames are made."
            if frames
            else f"Nothing to do: {self.project} has its layers already.",
        }


def make_layers(
    project: Project,
    shots: Sequence[Shot],
    parallax: Callable[[Shot], float],
    report: Report,
    cancelled: IsCancelled,
    *,
    keep_wider: bool = False,
) -> list[dict[str, Any]]:
    """Make what is missing or stale of ``shots``, for ``parallax`` of each; answers name and frames
    made, a shot. ``keep_wider``: current layers for more parallax than that do as well.

    Raises SecondEyeError, Cancelled.
    """
    told: list[dict[str, Any]] = []
    with project.lock():
        check_complete(project)
        files.make_folders(project.folder)
        from ..synthesis.learned import LearnedFill
        from .shot_layers import ShotLayers

        fill = LearnedFill()
        for shot in shots:
            reach, made_by = parallax(shot), [VERSION, fill.sha256]
            known = files.made_with_now(project.folder, project.manifest, shot)
            if keep_wider and known and len(known) == 3 and known[:2] == made_by:
                reach = max(reach, known[2])
            maker = ShotLayers(project, shot, fill, reach, report, cancelled)
            told.append({"name": shot.name, "frames": maker.make([*made_by, reach])})
    return told
