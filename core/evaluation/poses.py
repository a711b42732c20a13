# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the camera stood: frames with known poses, and what one shows as the next one sees it.

Camera axes are OpenCV's: x right, y down, z forward; the centre of the pixel in column u and row v
lies at (u + 0.5, v + 0.5).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import SecondEyeError
from .layouts import Pair, read_rgb

FOLDER = "pose"


@dataclass(frozen=True)
class Camera:
    """``focal`` (x, y) and ``centre`` (x, y) in pixels of the frame; ``world_from_camera``
    float64 (4, 4), in metres."""

    focal: tuple[float, float]
    centre: tuple[float, float]
    world_from_camera: np.ndarray

    def rays(self, height: int, width: int) -> np.ndarray:
        """Float64 (H, W, 3): the direction of each pixel, z = 1."""
        v, u = np.mgrid[0:height, 0:width] + 0.5
        x, y = (u - self.centre[0]) / self.focal[0], (v - self.centre[1]) / self.focal[1]
        return np.stack([x, y, np.ones_like(x)], axis=-1)


def carried(inverse: np.ndarray, camera: Camera, to: Camera) -> tuple[np.ndarray, np.ndarray]:
    """What stands still, as the other camera sees it.

    ``inverse`` float (H, W) in 1/metre, 0 = infinitely far. Returns for each pixel its place in
    the other picture, float64 (H, W, 2), x and y in pixels, a pixel's centre at whole numbers
    (NaN for what lies behind that camera), and its inverse depth there, float64 (H, W).
    """
    move = np.linalg.inv(to.world_from_camera) @ camera.world_from_camera
    point = camera.rays(*inverse.shape) @ move[:3, :3].T + inverse[..., None] * move[:3, 3]
    ahead = point[..., 2] > 1e-6
    z = np.where(ahead, point[..., 2], np.nan)
    place = point[..., :2] / z[..., None] * to.focal + to.centre - 0.5
    return place, np.where(ahead, inverse / z, 0.0)


def has_poses(folder: Path) -> bool:
    """Whether a set in the plain form is a sequence with poses."""
    return (folder / FOLDER).is_dir()


def read_cameras(folder: Path, pairs: Sequence[Pair]) -> list[Camera]:
    """One camera a pair: ``pose/ID.txt`` (4x4, camera to world, metres) and ``intrinsics.txt``
    (3x3, for the pictures' size) or ``intrinsics_WIDTHxHEIGHT.txt``.

    Raises SecondEyeError.
    """
    found = sorted(folder.glob("intrinsics*.txt"))
    if len(found) != 1:
        raise SecondEyeError(
            f"{folder} has {len(found) or 'no'} intrinsics*.txt beside its poses: give one, 3x3."
        )
    matrix = _matrix(found[0], 3)
    height, width = read_rgb(pairs[0].picture).shape[:2]
    said = re.search(r"_(\d+)x(\d+)$", found[0].stem)
    across, down = (width / int(said[1]), height / int(said[2])) if said else (1.0, 1.0)
    focal = matrix[0, 0] * across, matrix[1, 1] * down
    centre = matrix[0, 2] * across, matrix[1, 2] * down
    return [Camera(focal, centre, _matrix(folder / FOLDER / f"{p.name}.txt", 4)) for p in pairs]


def _matrix(path: Path, side: int) -> np.ndarray:
    try:
        values = np.array(path.read_text(encoding="utf-8").split(), np.float64)
        if values.size == side * side and np.isfinite(values).all():
            return values.reshape(side, side)
    except (OSError, ValueError):
        pass
    raise SecondEyeError(f"{path} is missing or no {side}x{side} matrix: put a good copy there.")
