# SPDX-License-Identifier: GPL-3.0-or-later
"""A shot with camera moves as a scene tells it, and what its eyes find uncovered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

import numpy as np

from ..errors import SecondEyeError, UsageError
from ..geometry import inverse_distance
from ..project import Project, behind
from ..stereo.moved_camera import MovedCamera, extremes
from ..stereo.moves import Move, Span
from ..stereo.silhouette import View
from ..stereo.uncovered import Scene, coverage, eye_views, face_steps, uncovered
from .progress import IsCancelled, stop_if

RANGE = ("near", "far", "strength", "bias", "contrast")
LISTS = (*RANGE, "step", "matte", "matte_angle", "focal", "interocular", "convergence")


class Measured(TypedDict):
    """Shares of the picture in percent, of the worst frame and eye. ``uncovered``: with layers
    where the shot has them; ``bare``: without; ``stretched``: surfaces drawn across steps, and the
    apron. ``frame``: where ``uncovered`` is, as the scene counts; ``layers``: whether there are
    any."""

    uncovered: float
    bare: float
    stretched: float
    frame: int
    layers: bool


class MovedShot:
    """``told``, JSON-able: first (the shot's first timeline frame), frames (n timeline frames that
    may be looked at) and times (what the scene counts there), lists of n numbers by the names in
    `LISTS` (scene units; focal over sensor width, of the stereo camera; convergence None where the
    eyes are parallel), base and rig (n lists of 16) and channels (n lists of 6, as `MovedCamera`
    has them), rig_at_rest (None, or as rig), moves (fields of `Move`), span (of `Span`, in the
    scene's time), pitch (between samples, in picture widths), layers.

    Depth is read once a frame. Raises UsageError, SecondEyeError where the project has no such
    shot, and Cancelled.
    """

    def __init__(self, project: Project, told: Mapping[str, Any], cancelled: IsCancelled) -> None:
        self.first = int(told["first"])
        if all(shot.first != self.first for shot in project.manifest.shots):
            raise SecondEyeError("The project has other shots now: build the scene again.")
        self._project, self._told, self._cancelled = project, told, cancelled
        self._frames = [int(frame) for frame in told["frames"]]
        for name in ("times", *LISTS, "base", "rig", "channels"):
            if len(told[name]) != len(self._frames):
                raise UsageError(f"The scene tells {len(told[name])} values of {name}.")
        count, at_rest = len(self._frames), told.get("rig_at_rest")
        self.camera = MovedCamera(
            np.array(told["times"], float),
            np.array(told["base"], float).reshape(count, 4, 4),
            np.array(told["channels"], float).reshape(count, 6),
            np.array(told["rig"], float).reshape(count, 4, 4),
            np.array(told["focal"], float),
            [Move(**{**move, "path": tuple(map(tuple, move["path"]))}) for move in told["moves"]],
            Span(**told["span"]),
            None if at_rest is None else np.array(at_rest, float).reshape(count, 4, 4),
        )
        self._scenes: dict[int, Scene] = {}

    def measure(self, share: float = 1.0, crop: float | None = None) -> Measured:
        """Of the extreme frames."""
        worst = Measured(
            uncovered=-1.0, bare=0.0, stretched=0.0, frame=0, layers=bool(self._told["layers"])
        )
        for number, view in self._views(share, crop):
            found = coverage(self._scene(number), view)
            if 100.0 * found.uncovered > worst["uncovered"]:
                worst["uncovered"] = 100.0 * found.uncovered
                worst["frame"] = int(self._told["times"][number])
            worst["bare"] = max(worst["bare"], 100.0 * found.bare)
            worst["stretched"] = max(worst["stretched"], 100.0 * found.stretched)
        return worst

    def within(self, limit: float, share: float, crop: float) -> bool:
        """Whether no extreme frame leaves more than ``limit`` percent uncovered; the first that
        does ends the search."""
        return all(
            100.0 * uncovered(self._scene(number), view) <= limit
            for number, view in self._views(share, crop)
        )

    def _views(self, share: float, crop: float | None) -> Iterator[tuple[int, View]]:
        """(number of the frame, eye), from the most extreme frame on."""
        told, span = self._told, self.camera.span
        poses, focals = self.camera.at(share, crop)
        for number in extremes(poses, focals / span.focal_over_width, span.distance):
            convergence = told["convergence"][number]
            for view in eye_views(
                poses[number],
                float(focals[number]),
                float(told["interocular"][number]),
                float("inf") if convergence is None else float(convergence),
            ):
                stop_if(self._cancelled)
                yield number, view

    def _scene(self, number: int) -> Scene:
        if number not in self._scenes:
            self._scenes[number] = self._read(number)
        return self._scenes[number]

    def _read(self, number: int) -> Scene:
        """What the relief and its plate show in a frame."""
        project, told, frame = self._project, self._told, self._frames[number]
        span = self.camera.span
        near, far, strength, bias, contrast = (float(told[name][number]) for name in RANGE)

        def distances(n: np.ndarray) -> np.ndarray:
            return inverse_distance(n, near, far, strength, bias, contrast)

        inverse_z = distances(project.normalised(frame))
        step, matte, matte_angle = (
            float(told[name][number]) for name in ("step", "matte", "matte_angle")
        )
        plate = None
        if told["layers"]:
            stored = behind.read_depth(project.folder, frame, *inverse_z.shape)["V"]
            plate = np.where(stored > 0.0, distances(project.normalise(frame, stored)), 0.0)
        steps = face_steps(inverse_z, 1.0 / near - 1.0 / far, step, told["pitch"], span.aspect)
        return Scene(
            inverse_z, steps, span.focal_over_width, span.aspect, near, matte_angle, matte, plate
        )
