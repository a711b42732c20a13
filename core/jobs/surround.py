# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies around the clip's picture on the sphere, kept in the project's ``surround/``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..project import Project, Shot
from ..project import surround as files
from .again import check_complete
from .progress import IsCancelled, Progress, Report, stop_if

STEADY = 0.25
"""Standard deviation in seconds of the mean over time: a headset is full of the surround, and what
flickers at the corner of the eye is seen first."""
_REACH = 2.5  # standard deviations


@dataclass(frozen=True)
class SurroundJob:
    """Make what is missing or stale of ``project``'s surround: each plate carried on over the whole
    sphere and blurred, then its mean over the neighbouring frames of its shot.

    A run that was stopped goes on, with the files that an undisturbed one would have written.
    """

    project: str

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers project, frames (made now), message. Raises SecondEyeError, Cancelled."""
        stop_if(cancelled)
        project = Project.open(Path(self.project))
        with project.lock():
            check_complete(project)
            lacking = files.prepare(project.folder, project.manifest)
            report(Progress("surround", 0, len(lacking)))
            for done, (n, light) in enumerate(_surrounds(project, lacking, cancelled), start=1):
                files.write(project.folder, n, light)
                report(Progress("surround", done, len(lacking)))
        return {
            "project": self.project,
            "frames": len(lacking),
            "message": f"{self.project}: the surround of {len(lacking)} frames is made."
            if lacking
            else f"Nothing to do: {self.project} has its surround already.",
        }


def _surrounds(
    project: Project, lacking: list[int], cancelled: IsCancelled
) -> Iterator[tuple[int, np.ndarray]]:
    """(frame, linear light) of the frames ``lacking``, in order."""
    from ..delivery.extend import Extension

    manifest = project.manifest
    extension = Extension(
        manifest.clip.width, manifest.clip.height, manifest.lens.focal_over_width, files.COLUMNS
    )
    sigma = STEADY * float(manifest.timeline.rate)
    reach = math.ceil(_REACH * sigma)
    for shot in manifest.shots:
        wanted = [n for n in lacking if shot.first <= n <= shot.last]
        near: dict[int, np.ndarray] = {}
        for n in wanted:
            stop_if(cancelled)
            frames = _within(shot, n, reach)
            near = {other: light for other, light in near.items() if other >= frames[0]}
            for other in frames:
                if other not in near:
                    stop_if(cancelled)
                    near[other] = extension(project.read_plate(other))
            weights = np.exp(-0.5 * ((np.asarray(frames) - n) / max(sigma, 1e-6)) ** 2)
            weights = (weights / weights.sum()).astype(np.float32)
            mean = sum(w * near[other] for w, other in zip(weights, frames, strict=True))
            yield n, np.asarray(mean, np.float32)


def _within(shot: Shot, n: int, reach: int) -> range:
    return range(max(shot.first, n - reach), min(shot.last, n + reach) + 1)
