# SPDX-License-Identifier: GPL-3.0-or-later
"""A flat picture carried on over the whole sphere: what lies outside a clip's own field of view.

Every direction gets the mean of the colours along the picture's edge, weighted by Shepard's inverse
distances (D. Shepard, A two-dimensional interpolation function for irregularly-spaced data, 1968),
taken as chords on the unit sphere: close to the edge its own colours go on, far out their mean is
left, and there is no pole and no seam.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

_SMALL = 64  # pixels across the picture: no more of it is looked at
_BLUR = 2.0  # standard deviation in these
_ALONG = 192  # places along the edge
_INSET = 0.03  # of the picture's width: how far inside it they lie
_SOFT = 0.06  # the chord within which edge colours are mixed evenly
_POWER = 1.5  # of the squared chord
_BAND = 0.06  # of the picture's width: over it, inwards, its own blurred picture takes over


@dataclass
class Extension:
    """Extends pictures of ``width`` x ``height`` pixels taken by a lens ``focal_over_width``.

    The answer covers the sphere: ``columns`` x ``columns // 2`` pixels, longitude from -180 degrees
    (left) to 180, latitude from 90 (top) to -90, the lens's axis in the middle.
    """

    width: int
    height: int
    focal_over_width: float
    columns: int
    _size: tuple[int, int] = field(init=False, repr=False)
    _edge: tuple[np.ndarray, np.ndarray] = field(init=False, repr=False)
    _weights: np.ndarray = field(init=False, repr=False)
    _places: tuple[np.ndarray, np.ndarray] = field(init=False, repr=False)
    _share: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        across = min(_SMALL, self.width)
        self._size = across, max(2, round(across * self.height / self.width))
        sphere = self._directions()
        u, v = self._along()
        self._edge = self._pixels(u, v)
        rays = np.stack([self._slope(u), -self._slope(v, self.height), np.full_like(u, -1.0)], -1)
        rays /= np.linalg.norm(rays, axis=1, keepdims=True)
        chords = 2.0 - 2.0 * sphere.reshape(-1, 3) @ rays.T  # squared
        weights = (chords.clip(0.0) + _SOFT**2) ** -_POWER
        self._weights = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
        x, y, z = np.moveaxis(sphere, -1, 0)
        ahead = np.maximum(-z, 1e-3)
        u = 0.5 + self.focal_over_width * x / ahead
        v = 0.5 - self.focal_over_width * self.width / self.height * y / ahead
        self._places = self._pixels(u, v)
        aspect = self.height / self.width
        within = np.minimum(np.minimum(u, 1.0 - u), np.minimum(v, 1.0 - v) * aspect)
        share = (np.where(z < 0.0, within, 0.0) / _BAND).clip(0.0, 1.0)
        self._share = (share * share * (3.0 - 2.0 * share))[..., None].astype(np.float32)

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """Linear light, float32 (columns // 2, columns, 3), of an sRGB picture (height, width, 3),
        uint8 or uint16."""
        small = cv2.resize(picture, self._size, interpolation=cv2.INTER_AREA)
        light = srgb_decode(small.astype(np.float32) / np.iinfo(picture.dtype).max)
        light = cv2.GaussianBlur(light, (0, 0), _BLUR, borderType=cv2.BORDER_REPLICATE)
        edge, inside = (
            cv2.remap(light, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            for places in (self._edge, self._places)
        )
        around = (self._weights @ edge.reshape(-1, 3)).reshape(inside.shape)
        drawn: np.ndarray = around + self._share * (inside - around)
        return drawn

    def _directions(self) -> np.ndarray:
        """(rows, columns, 3) in camera axes: x right, y up, looking along -z."""
        rows = self.columns // 2
        a = ((np.arange(self.columns) + 0.5) / self.columns - 0.5) * 2.0 * math.pi
        b = (0.5 - (np.arange(rows) + 0.5) / rows)[:, None] * math.pi
        parts = np.broadcast_arrays(np.sin(a) * np.cos(b), np.sin(b), -np.cos(a) * np.cos(b))
        return np.stack(parts, axis=-1)

    def _along(self) -> tuple[np.ndarray, np.ndarray]:
        """Places evenly along the picture's edge, a little inside it: u and v in 0..1, v down."""
        aspect = self.height / self.width
        step = np.arange(_ALONG) / _ALONG * (2.0 + 2.0 * aspect)
        ends = np.cumsum([0.0, 1.0, aspect, 1.0, aspect])
        u = np.interp(step, ends, [0.0, 1.0, 1.0, 0.0, 0.0])
        v = np.interp(step, ends, [0.0, 0.0, 1.0, 1.0, 0.0])
        inset = min(_INSET, 0.25 * aspect)
        return u.clip(inset, 1.0 - inset), v.clip(inset / aspect, 1.0 - inset / aspect)

    def _slope(self, place: np.ndarray, size: int | None = None) -> np.ndarray:
        """Tangent of a place 0..1 across the picture's width (or height ``size``)."""
        return (place - 0.5) * ((size or self.width) / self.width / self.focal_over_width)

    def _pixels(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Column and row in the small picture, as cv2.remap takes them."""
        wide, high = self._size
        column, row = (u * wide - 0.5).clip(-1.0, wide), (v * high - 0.5).clip(-1.0, high)
        return column.astype(np.float32), row.astype(np.float32)


def srgb_decode(coded: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1: display values 0..1 to linear light, float32."""
    low = coded / np.float32(12.92)
    high = ((coded + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4)
    return np.where(coded <= 0.04045, low, high).astype(np.float32)
