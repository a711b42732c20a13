# SPDX-License-Identifier: GPL-3.0-or-later
"""What a format shows of a frame: one picture, or one an eye."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import UsageError
from .eyes import Eyes

if TYPE_CHECKING:
    from ..delivery.vr180 import Sphere


@dataclass(frozen=True)
class Shape:
    """What a format needs to know; ``surround`` and ``field_of_view`` (degrees, None: the lens's)
    are VR180's, ``eye_size`` the side of its eye in pixels (None: as the picture asks)."""

    format: str
    width: int
    height: int
    focal_over_width: float
    surround: str = "black"
    field_of_view: float | None = None
    eye_size: int | None = None

    def sphere(self) -> Sphere:
        """Raises UsageError."""
        from ..delivery.vr180 import Sphere
        from ..geometry.views import eye_side

        focal = self.focal_over_width
        if self.field_of_view is not None:
            if not 1 <= self.field_of_view <= 170:
                raise UsageError(
                    f"A field of view of {self.field_of_view:g} degrees is none of a flat picture: "
                    "give 1 to 170."
                )
            focal = float(0.5 / np.tan(np.radians(self.field_of_view) / 2))
        if self.eye_size is not None and not 64 <= self.eye_size <= 8192:
            raise UsageError(f"An eye of {self.eye_size} pixels is not usable: give 64 to 8192.")
        side = self.eye_size or eye_side(self.width, focal)
        return Sphere(self.width, self.height, focal, side + side % 2, self.surround)

    def size(self) -> tuple[int, int]:
        """(width, height) of each picture written."""
        from ..delivery import PACKINGS

        if self.format == "vr180":
            side = self.sphere().side
            return 2 * side, side
        if self.format == "rgbd":
            return 2 * self.width, self.height
        if self.format in PACKINGS:
            return PACKINGS[self.format].size(self.width, self.height)
        return self.width, self.height


class Composer:
    """Several threads may ask for frames at once."""

    def __init__(self, eyes: Eyes, shape: Shape) -> None:
        self._eyes, self._shape = eyes, shape
        self._sphere = shape.sphere() if shape.format == "vr180" else None

    def pictures(self, frame: int) -> tuple[np.ndarray, ...]:
        """One picture, uint8 or uint16, or the left and the right eye's. Raises SecondEyeError."""
        from ..delivery import pack
        from ..delivery.rgbd import beside_depth

        if self._shape.format == "rgbd":
            return (beside_depth(self._eyes.plate(frame), self._eyes.depth(frame)),)
        pair = self._eyes.pair(frame)
        if self._sphere is not None:
            return (np.hstack([self._sphere(eye) for eye in pair]),)
        if self._shape.format in ("eyes", "mv-hevc"):
            return pair
        return (pack(*pair, self._shape.format),)
