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

OUTSIDE = ("black", "blur")
LARGEST = 2880  # pixels of an eye's side: 5760x2880 is what headsets and YouTube commonly take
_FEATHER = 0.03  # of the picture's width: how softly it ends
_SMALL = 8  # the surroundings are blurred, so they are made at a fraction of the size
_BLUR = 0.05  # of the picture's width: sigma of the surroundings


def eye_side(width: int, focal_over_width: float, largest: int = LARGEST) -> int:
    """Side in pixels at which the picture's middle keeps its detail, even, at most ``largest``."""
    side = math.pi * width * focal_over_width
    return max(2, min(2 * math.ceil(side / 2), largest // 2 * 2))


@dataclass
class Sphere:
    """Projects pictures of ``width`` x ``height``; ``side``: of the square eye, in pixels.

    ``outside``: "black" (the picture ends in a soft vignette) or "blur" (its edge goes on, blurred
    and darker towards the sphere's end). Raises UsageError for another word.
    """

    width: int
    height: int
    focal_over_width: float
    side: int
    outside: str = "black"
    _map: tuple[np.ndarray, np.ndarray] = field(init=False, repr=False)
    _share: np.ndarray = field(init=False, repr=False)
    _rest: tuple[np.ndarray, np.ndarray, np.ndarray] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.outside not in OUTSIDE:
            raise UsageError(
                f'There is no "{self.outside}" around a picture: {", ".join(OUTSIDE)}.'
            )
        x, y = self._places(self.side)
        self._map = (x, y)
        self._share = _inside(x, y, self.width, self.height)
        small = max(2, self.side // _SMALL)
        x, y = self._places(small)
        # What lies beyond the edge mirrors what lies within it, no farther in than a fifth.
        beyond = _mirrored(x, self.width), _mirrored(y, self.height)
        angle = np.linspace(-0.5, 0.5, small, dtype=np.float32)
        far = np.hypot(angle[None, :], angle[:, None]) * 2.0  # 1 at 90 degrees from the middle
        self._rest = (*beyond, (1.0 - 0.7 * far.clip(0.0, 1.0))[..., None].astype(np.float32))

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """(side, side, 3) of ``picture`` (height, width, 3), uint8 or uint16."""
        drawn = cv2.remap(picture, *self._map, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        share = self._share
        seen: np.ndarray = drawn.astype(np.float32) * share
        if self.outside == "blur":
            seen += (np.float32(1.0) - share) * self._surroundings(picture)
        return np.rint(seen).clip(0, np.iinfo(picture.dtype).max).astype(picture.dtype)

    def _surroundings(self, picture: np.ndarray) -> np.ndarray:
        across, down, dim = self._rest
        factor = max(1, self.width // 240)
        size = (max(1, self.width // factor), max(1, self.height // factor))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        blurred = cv2.GaussianBlur(small.astype(np.float32), (0, 0), max(0.5, _BLUR * size[0]))
        scale = (np.float32(size[0] / self.width), np.float32(size[1] / self.height))
        drawn = cv2.remap(
            blurred, across * scale[0], down * scale[1], cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        drawn = cv2.GaussianBlur(drawn, (0, 0), max(0.5, drawn.shape[1] / 60)) * dim
        return cv2.resize(drawn, (self.side, self.side), interpolation=cv2.INTER_LINEAR)

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


def _mirrored(place: np.ndarray, length: int) -> np.ndarray:
    deepest = 0.2 * length
    before, after = np.minimum(-place, deepest), np.minimum(place - (length - 1), deepest)
    mirrored = np.where(place < 0, before, np.where(place > length - 1, length - 1 - after, place))
    return mirrored.astype(np.float32)
