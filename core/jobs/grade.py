# SPDX-License-Identifier: GPL-3.0-or-later
"""Automatic depth grading of a project, and its floating window, without Blender."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..project import BakedCamera, Manifest, Project
from ..stereo import StereoRig, frame_depths
from ..stereo.floating_window import window_of
from ..stereo.subject import distances
from .again import check_analysed
from .eye_settings import EyeSettings
from .eyes import Eyes
from .grading import Asked, grade_project
from .progress import IsCancelled, Report, stop_if
from .subject import measured
from .tables import current_tables


@dataclass(frozen=True)
class GradeJob(Asked):
    """Write interocular and convergence of every frame of ``project``, as its baked camera; shots
    that aren't chosen keep theirs. Without ``window`` an earlier floating window is taken away,
    since it belongs to another rig.
    """

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers project, frames, shots (name, first, last, keys of each), window (the widest
        strips left and right, in picture widths, or None), what `Outcome.told` says, message.

        Raises SecondEyeError, UsageError, Cancelled; then the project is as it was.
        """
        stop_if(cancelled)
        self.viewing(), self.target()
        wanted, place = self.window_target(), self.place()
        project = Project.open(Path(self.project))
        with project.lock():
            check_analysed(project)
            manifest = project.manifest
            shots = self.chosen(manifest)
            depths = frame_depths(manifest, current_tables(project, report, cancelled))
            subject = None
            if place is not None:
                frames = [n for shot in shots for n in range(shot.first, shot.last + 1)]
                seen = measured(project, place, frames, report, cancelled)
                subject = distances(manifest, seen)
            eyes = Eyes(project, EyeSettings())
            rigs = {n: eyes.rig(n) for n in manifest.frames}
            outcome = grade_project(project, self, depths, rigs, subject)
            stop_if(cancelled)
            graded = outcome.graded
            manifest.camera = _baked(manifest, graded.rigs)
            if self.window:
                manifest.window = window_of(manifest, graded.told, wanted)
            project.save()
        window = manifest.window
        return {
            "project": self.project,
            "frames": len(manifest.frames),
            "shots": [
                {
                    "name": shot.name,
                    "first": shot.first,
                    "last": shot.last,
                    "keys": len(graded.keys[shot.first].frames),
                }
                for shot in shots
            ],
            "window": None if window is None else [max(window.left), max(window.right)],
            **outcome.told(),
            "message": f"{self.project}: {outcome.words()}",
        }


def _baked(manifest: Manifest, rigs: dict[int, StereoRig]) -> BakedCamera:
    """Where the camera stands, its pivot and its shift stay."""
    old = manifest.camera or BakedCamera([], [], [0.0] * len(manifest.frames))
    return replace(
        old,
        interocular=[rigs[n].interocular for n in manifest.frames],
        convergence=[rigs[n].convergence for n in manifest.frames],
    )
