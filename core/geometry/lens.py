# SPDX-License-Identifier: GPL-3.0-or-later
"""The footage camera's lens: picture positions to rays and back, in Blender's camera axes."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..errors import UsageError


@dataclass(frozen=True)
class Lens:
    """A pinhole lens without distortion, its axis through the middle of the picture.

    ``focal_over_width``: focal length over sensor width (dimensionless; 1.0 is 53 degrees across).
    ``width``, ``height``: the picture in square pixels; only their ratio matters.

    Picture positions are u, v in 0..1 from edge to edge, v from the bottom. Camera axes are
    Blender's: x right, y up, looking along -z. Raises UsageError on values of 0 or less.
    """

    focal_over_width: float
    width: int
    height: int

    def __post_init__(self) -> None:
        if not (0.0 < self.focal_over_width < math.inf):
            raise UsageError(
                f"Focal length over sensor width is {self.focal_over_width:g}: give more than 0."
            )
        if self.width < 1 or self.height < 1:
            raise UsageError(f"A picture of {self.width}x{self.height} has no pixels.")

    @property
    def field_of_view(self) -> float:
        """Horizontal angle of view in radians."""
        return 2.0 * math.atan(0.5 / self.focal_over_width)

    def ray(self, u: ArrayLike, v: ArrayLike) -> np.ndarray:
        """Direction (..., 3) through (u, v) with z = -1: times Z it is the point at depth Z."""
        u, v = np.broadcast_arrays(np.asarray(u), np.asarray(v))
        kind = np.result_type(u, v, np.float32)
        rays = np.empty((*u.shape, 3), kind)
        rays[..., 0] = (u - 0.5) / self.focal_over_width
        rays[..., 1] = (v - 0.5) * (self.height / self.width / self.focal_over_width)
        rays[..., 2] = -1.0
        return rays

    def unproject(self, u: ArrayLike, v: ArrayLike, inverse_z: ArrayLike) -> np.ndarray:
        """Points (..., 3) in camera axes, in scene units, of positions with 1/Z > 0."""
        return self.ray(u, v) / np.asarray(inverse_z)[..., None]

    def project(self, points: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """(u, v) of points (..., 3) in camera axes that lie in front of the camera (z < 0)."""
        x, y, z = np.moveaxis(np.asarray(points), -1, 0)
        u = 0.5 + self.focal_over_width * x / -z
        v = 0.5 + self.focal_over_width * self.width / self.height * y / -z
        return u, v
