# SPDX-License-Identifier: GPL-3.0-or-later
"""A flat picture on the inside of a half sphere: one eye of an equirectangular VR180 picture.

Longitude and latitude run linearly over the square eye, 180 degrees each. A direction (lon, lat)
meets the picture plane of a lens with focal length f/w (in picture widths) at
x = f/w * tan(lon), y = f/w * tan(lat) / cos(lon) from its middle, the usual inverse of the
rectilinear (gnomonic) projection.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from ..errors import UsageError

SURROUNDS = ("black", "blurred")
_FEATHER = 0.03  # of the picture's width: how softly it ends
_SMALL = 8  # the surroundings are smooth, so they are made at a fraction of the size
_DARKER = 0.7  # of the surroundings' light is gone 90 degrees from the middle


@dataclass
class Sphere:
    """Projects pictures of ``width`` x ``height``; ``side``: of the square eye, in pixels.

    ``surround``: "black" (the picture ends in a soft vignette) or "blurred" (its edge melts into
    what is farther in the farther out one looks, and grows darker). Raises UsageError for another
    word.
    """

    width: int
    height: int
    focal_over_width: float
    side: int
    surround: str = "black"
    _map: tuple[np.ndarray, np.ndarray] = field(init=False, repr=False)
    _share: np.ndarray = field(init=False, repr=False)
    _small: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.surround not in SURROUNDS:
            raise UsageError(
                f'There is no surround "{self.surround}" of a picture: {", ".join(SURROUNDS)}.'
            )
        x, y = self._places(self.side)
        self._map = (x, y)
        self._share = _inside(x, y, self.width, self.height)
        small = max(2, self.side // _SMALL)
        x, y = self._places(small)
        across, down = (s / f for s, f in zip(self._small_size, self._size, strict=True))
        angle = np.linspace(-1.0, 1.0, small, dtype=np.float32)
        far = np.hypot(angle[None, :], angle[:, None]).clip(
            0.0, 1.0
        )  # 1: 90 degrees off the middle
        dark = _DARKER * far * far * (3.0 - 2.0 * far)
        self._small = (
            ((x + 0.5) * across - 0.5).astype(np.float32),
            ((y + 0.5) * down - 0.5).astype(np.float32),
            _inside(x, y, self.width, self.height),
            (1.0 - dark)[..., None].astype(np.float32),
        )

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """(side, side, 3) of ``picture`` (height, width, 3), uint8 or uint16."""
        drawn = cv2.remap(picture, *self._map, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        share = self._share
        seen: np.ndarray = drawn.astype(np.float32) * share
        if self.surround == "blurred":
            seen += (np.float32(1.0) - share) * self._surroundings(picture)
        return np.rint(seen).clip(0, np.iinfo(picture.dtype).max).astype(picture.dtype)

    @property
    def _size(self) -> tuple[int, int]:
        return self.width, self.height

    @property
    def _small_size(self) -> tuple[int, int]:
        return max(1, self.width // _SMALL), max(1, self.height // _SMALL)

    def _surroundings(self, picture: np.ndarray) -> np.ndarray:
        """Float32 (side, side, 3)."""
        across, down, share, dim = self._small
        small = cv2.resize(picture, self._small_size, interpolation=cv2.INTER_AREA)
        drawn = cv2.remap(
            small.astype(np.float32),
            across,
            down,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        spread = _spread(drawn, share) * dim
        return cv2.resize(spread, (self.side, self.side), interpolation=cv2.INTER_CUBIC)

    def _places(self, side: int) -> tuple[np.ndarray, np.ndarray]:
        """Column and row in the picture, in pixels, of each pixel's centre on the half sphere."""
        angle = ((np.arange(side) + 0.5) / side - 0.5) * math.pi
        scale = self.width * self.focal_over_width
        across = scale * np.tan(angle)[None, :] + self.width / 2 - 0.5
        down = scale * np.tan(angle)[:, None] / np.cos(angle)[None, :] + self.height / 2 - 0.5
        wide = np.broadcast_to(across, (side, side)).clip(-1e6, 1e6)
        return wide.astype(np.float32), down.clip(-1e6, 1e6).astype(np.float32)


def _inside(x: np.ndarray, y: np.ndarray, width: int, height: int) -> np.ndarray:
    """Float32 (side, side, 1): 1 in the picture, falling softly to 0 at its edge."""
    feather = _FEATHER * width
    edge = np.minimum(np.minimum(x + 0.5, width - 0.5 - x), np.minimum(y + 0.5, height - 0.5 - y))
    ramp = (edge / feather).clip(0.0, 1.0)
    return (ramp * ramp * (3.0 - 2.0 * ramp)).astype(np.float32)[..., None]


def _spread(colour: np.ndarray, share: np.ndarray) -> np.ndarray:
    """``colour`` (h, w, 3) where ``share`` (h, w, 1) is 1, and beyond it the mean of what lies
    nearest, over an area that grows with the distance: float32 (h, w, 3).

    A pyramid, averaged upwards and filled downwards (pull-push: Gortler et al., "The lumigraph",
    SIGGRAPH 1996): nothing at the edge runs on as a stripe.
    """
    levels = [np.concatenate([colour * share, share], axis=2)]
    while min(levels[-1].shape[:2]) > 2:
        levels.append(cv2.pyrDown(levels[-1], borderType=cv2.BORDER_REPLICATE))
    last = levels.pop()
    filled: np.ndarray = last[..., :3] / np.maximum(last[..., 3:], 1e-6)
    for level in reversed(levels):
        height, width = level.shape[:2]
        above = cv2.pyrUp(filled, dstsize=(width, height))
        filled = level[..., :3] + (np.float32(1.0) - level[..., 3:]) * above
    return filled
