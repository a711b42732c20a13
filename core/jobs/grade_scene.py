# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth grading of a scene in Blender: what it shows comes in as numbers, keys go back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UsageError
from ..project import Manifest, Project
from ..stereo import FrameComfort, FrameDepth, StereoRig, frame_depth, measure
from ..stereo.curve_keys import Keys, fewest
from ..stereo.floating_window import window_of
from ..stereo.frame_depth import Range
from ..stereo.subject import distances
from .again import check_analysed
from .grading import Asked, grade_project
from .progress import IsCancelled, Report, stop_if
from .subject import measured
from .tables import current_tables

NUMBERS = ("near", "far", "strength", "bias", "contrast", "interocular", "convergence", "focal")
_STRIP = 2e-4  # picture widths that the keys of a strip may be off


@dataclass(frozen=True)
class GradeSceneJob(Asked):
    """Reckon keys of interocular and convergence, and with ``window`` of the floating window.

    ``scene``: lists of one number a frame of the project: `NUMBERS`, in scene units (focal: over
    sensor width), ``forward``: how far the stereo camera stands before the footage camera, and
    ``object``: 1/Z of the object that is followed, None where it is not before the camera.
    ``grade``: False keeps the rig, and makes the window alone. The project is only read.
    """

    scene: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    grade: bool = True

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers keys and window_keys: of each shot its first, frames (from there), values and
        slopes (a list for each of two curves: interocular and convergence in scene units, or the
        strips at the left and right in picture widths); softness; what `Outcome.told` says where
        it graded; message. Raises SecondEyeError, UsageError, Cancelled.
        """
        stop_if(cancelled)
        wanted, place = self.window_target(), self.place()
        project = Project.open(Path(self.project))
        check_analysed(project)
        manifest = project.manifest
        shown = _Shown(manifest, self.scene)
        tables = current_tables(project, report, cancelled)
        depths = {
            n: frame_depth(manifest, n, tables[n], shown.ranges[n]).seen_from(shown.forward[n])
            for n in manifest.frames
        }
        answer: dict[str, Any] = {"keys": [], "window_keys": [], "softness": self.softness}
        if self.grade:
            subject = None
            if self.subject == "object":
                subject = shown.distances
            elif place is not None:
                frames = [n for s in self.chosen(manifest) for n in range(s.first, s.last + 1)]
                seen = measured(project, place, frames, report, cancelled)
                subject = shown.moved(distances(manifest, seen, shown.ranges))
            outcome = grade_project(project, self, depths, shown.rigs, subject)
            told: Sequence[FrameComfort] = outcome.graded.told
            keys = outcome.graded.keys
            answer |= outcome.told()
            answer["keys"] = [_plain(first, keys[first]) for first in sorted(keys)]
            answer["message"] = outcome.words()
        else:
            manifest.window = None  # the borders as they are without it
            told = measure(manifest, depths, shown.rigs, self.viewing())
        stop_if(cancelled)
        if self.window:
            strips = window_of(manifest, told, wanted)
            curves = np.array([strips.left, strips.right])
            for shot in self.chosen(manifest):
                part = curves[:, shot.first - manifest.first : shot.last - manifest.first + 1]

                def off(shown: np.ndarray, part: np.ndarray = part) -> np.ndarray:
                    error: np.ndarray = np.abs(shown - part).max(0)
                    return error

                answer["window_keys"].append(_plain(shot.first, fewest(part, off, _STRIP)))
            answer["widest"] = [float(value) for value in curves.max(1)]
        return answer


class _Shown:
    """The scene's numbers by frame. Raises UsageError where some are missing or unusable."""

    def __init__(self, manifest: Manifest, scene: Mapping[str, Sequence[Any]]) -> None:
        frames = list(manifest.frames)
        lists = {name: scene.get(name, ()) for name in (*NUMBERS, "forward")}
        lists["object"] = scene.get("object") or [None] * len(frames)
        for name, values in lists.items():
            if len(values) != len(frames):
                raise UsageError(
                    f"The scene tells {len(values)} values of {name} for {len(frames)} frames: "
                    "press Build Scene again."
                )
        rows = list(zip(*(lists[name] for name in NUMBERS), strict=True))
        self.ranges: dict[int, Range] = dict(zip(frames, (row[:5] for row in rows), strict=True))
        self.rigs = {n: StereoRig(*row[5:]) for n, row in zip(frames, rows, strict=True)}
        self.forward = dict(zip(frames, lists["forward"], strict=True))
        told = zip(frames, lists["object"], strict=True)
        self.distances = {n: value for n, value in told if value is not None}

    def moved(self, inverse: Mapping[int, float]) -> dict[int, float]:
        """The same as the stereo camera sees them."""
        found = {}
        for n, value in inverse.items():
            one = np.array([value])
            found[n] = float(FrameDepth(one, one, one).seen_from(self.forward[n]).levels[0])
        return found


def _plain(first: int, keys: Keys) -> dict[str, Any]:
    return {
        "first": first,
        "frames": keys.frames.tolist(),
        "values": keys.values.tolist(),
        "slopes": keys.slopes.tolist(),
    }
