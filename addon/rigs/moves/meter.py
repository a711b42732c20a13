# SPDX-License-Identifier: GPL-3.0-or-later
"""What a shot's move leaves uncovered, predicted from the depth project without a render."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ....core.errors import SecondEyeError
from ....core.geometry import inverse_distance
from ....core.project import Project
from ....core.stereo.uncovered import Scene, coverage, eye_views, face_steps
from ...stage import compat, timeline_frame
from ...stage.behind import plate_of
from ...stage.build import COLUMNS, SAMPLING, find_collection
from ...stage.depth_pixels import normalised, plate_inverse_depth
from ...stage.group_inputs import MATTE_ANGLE
from ...stage.sampling import GRID, finest_pitch
from ...stage.shot import relief_modifier
from ..relief_range import as_shown
from ..track import poses
from ..values import curve_values
from .spans import MovedShot
from .write import chain_of

_EXTREMES = 4
"""Frames that are looked at: those that lie farthest from one another, and from rest."""


@dataclass(frozen=True)
class Measured:
    """Shares of the picture in percent, of the worst frame and eye.

    ``uncovered``: with layers where the shot has them; ``bare``: without; ``stretched``: surfaces
    drawn across steps, and the apron. ``frame``: the scene frame of ``uncovered``; ``layers``:
    whether there are any.
    """

    uncovered: float
    bare: float
    stretched: float
    frame: int
    layers: bool


class Meter:
    """Measures one shot again and again; its depth is read once a frame. Raises SecondEyeError
    where the project's depth can't be read."""

    def __init__(self, scene: bpy.types.Scene, project: Project, shot: MovedShot) -> None:
        self.scene, self.project, self.shot = scene, project, shot
        self.chain = chain_of(scene)
        self._scenes: dict[int, Scene] = {}

    def measure(self, frames: list[int] | None = None) -> Measured:
        """``frames``: scene frames; default the move's extremes."""
        worst = Measured(-1.0, 0.0, 0.0, self.shot.begin, plate_of(self.shot.relief) is not None)
        for frame, views in self._views(frames or self.extremes()):
            seen = self._seen(frame)
            for view in views:
                found = coverage(seen, view)
                worst = Measured(
                    max(worst.uncovered, 100.0 * found.uncovered),
                    max(worst.bare, 100.0 * found.bare),
                    max(worst.stretched, 100.0 * found.stretched),
                    frame if 100.0 * found.uncovered > worst.uncovered else worst.frame,
                    worst.layers,
                )
        return worst

    def extremes(self) -> list[int]:
        """Scene frames of the shot in which the camera is farthest from the footage camera's place,
        and then from the frames chosen before."""
        frames = list(range(self.shot.begin, self.shot.end + 1))
        away = self.shot.convergence
        rows = []
        for pose in poses(self.chain.footage, self.chain.camera, frames):
            matrix = np.array(pose.matrix)
            lens = pose.camera.lens / (pose.camera.sensor_width * self.shot.focal) - 1.0
            # All in picture widths, about: places at the convergence distance, and directions.
            rows.append([*(matrix[:3, 3] / away), *matrix[:3, 2], lens])
        there = np.array(rows)
        rest = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0])
        nearest = np.linalg.norm(there - rest, axis=1)
        chosen: list[int] = []
        while len(chosen) < min(_EXTREMES, len(frames)):
            number = int(np.argmax(nearest))
            if chosen and nearest[number] < 1e-6:
                break
            chosen.append(number)
            nearest = np.minimum(nearest, np.linalg.norm(there - there[number], axis=1))
        return sorted(frames[number] for number in chosen)

    def _views(self, frames: list[int]) -> list[tuple[int, Any]]:
        found = []
        for pose in poses(self.chain.footage, self.chain.camera, frames):
            camera = pose.camera
            stereo = camera.stereo
            focal = camera.lens / camera.sensor_width
            convergence = stereo.convergence_distance
            if stereo.convergence_mode == "PARALLEL":
                convergence = float("inf")
            eyes = eye_views(np.array(pose.matrix), focal, stereo.interocular_distance, convergence)
            found.append((pose.frame, eyes))
        return found

    def _seen(self, frame: int) -> Scene:
        if frame not in self._scenes:
            self._scenes[frame] = _scene(self.scene, self.project, self.shot, frame)
        return self._scenes[frame]


def _scene(scene: bpy.types.Scene, project: Project, shot: MovedShot, frame: int) -> Scene:
    """What the relief and its plate show in a scene frame, in numbers."""
    relief, manifest = shot.relief, project.manifest
    modifier = relief_modifier(relief)
    number = timeline_frame(scene, frame)
    try:
        told = next(s for s in manifest.shots if s.first == shot.first)
    except StopIteration:
        raise SecondEyeError("The project has other shots now: build the scene again.") from None
    shown = as_shown(relief, told, frame)
    values = normalised(project, number)
    pitch = finest_pitch(manifest)
    collection = find_collection(scene)
    if collection.get(SAMPLING, GRID) == GRID and collection.get(COLUMNS, 0):
        pitch = max(pitch, 1.0 / int(collection[COLUMNS]))

    def at(name: str) -> float:
        path, plain = compat.input_path(modifier, name), compat.get_input(modifier, name)
        return curve_values(relief, path, 0, plain, [frame])[0]

    def distances(n: np.ndarray) -> np.ndarray:
        return inverse_distance(
            n, shown.near, shown.far, shown.strength, shown.bias, shown.contrast
        )

    inverse_z = distances(values)
    plate = None
    if plate_of(relief) is not None:
        behind = plate_inverse_depth(project, number)
        plate = np.where(behind > 0.0, distances(project.normalise(number, behind)), 0.0)
    return Scene(
        inverse_z,
        face_steps(inverse_z, 1.0 / shown.near - 1.0 / shown.far, at("Step"), pitch, shot.aspect),
        shot.focal,
        shot.aspect,
        shown.near,
        at(MATTE_ANGLE),
        at("Matte"),
        plate,
    )
