# SPDX-License-Identifier: GPL-3.0-or-later
"""What a triangulation really misses on a frame, and which triangles lie across a step."""

from __future__ import annotations

import numpy as np

from .levels import Misfit
from .misfit import misfits, slopes
from .raster import covers

BINS = 1 << 14  # of the histogram of errors: the 99th percentile is exact to 1 / BINS


class Errors:
    """Of one level, over the frames told to `add`."""

    def __init__(self) -> None:
        self._squares, self._worst = 0.0, 0.0
        self._counts = np.zeros(BINS + 1, np.int64)

    def add(
        self, picture: np.ndarray, points: np.ndarray, corners: np.ndarray, pixels: np.ndarray
    ) -> float:
        """A frame, float32 (h, w) in 0..1, under the triangles; returns its RMS error."""
        layer = picture.reshape(-1, 1)
        sums = 0.0
        for _, squared in misfits(points, corners, pixels, layer, picture.shape[1]):
            sums += float(squared.sum(dtype=np.float64))
            errors = np.sqrt(squared)
            self._worst = max(self._worst, float(errors.max()))
            codes = np.minimum(np.ceil(errors * BINS), BINS).astype(np.int64)
            self._counts += np.bincount(codes, minlength=BINS + 1)
        self._squares += sums
        return float(np.sqrt(sums / picture.size))

    def result(self) -> Misfit:
        """Over all frames so far."""
        below = np.cumsum(self._counts)
        total = max(int(below[-1]), 1)
        code = int(np.argmax(below >= 0.99 * total))
        return Misfit(float(np.sqrt(self._squares / total)), code / BINS, self._worst)


def spanned_steps(
    points: np.ndarray,
    corners: np.ndarray,
    pixels: np.ndarray,
    layers: np.ndarray,
    step: np.ndarray,
) -> np.ndarray:
    """The largest step between two neighbouring pixels that each triangle spans, float16 (T,).

    ``step`` (2, h, w) and ``layers`` as in `Aggregate`. A pair of pixels belongs to the triangle
    that its middle lies in. A narrow triangle may hold no middle: its own rise from one pixel to
    the next, or from corner to corner where that is less, counts too.
    """
    width = step.shape[2]
    largest = _rise(points, corners, pixels, layers)
    for half, layer in zip(((1, 0), (0, 1)), step, strict=True):
        flat = layer.ravel()
        # The middles between pixels become middles of pixels; those beyond the picture have none.
        for cover in covers(points[corners] - np.array(half), width):
            ours = (cover.x > 0) & (cover.y > 0)
            t, values = cover.triangle[ours], flat[cover.pixel[ours]]
            if not len(t):
                continue
            starts = np.flatnonzero(np.diff(t, prepend=-1))
            most, owner = np.maximum.reduceat(values, starts), t[starts]
            largest[owner] = np.maximum(largest[owner], most)
    return largest.astype(np.float16)


def _rise(
    points: np.ndarray, corners: np.ndarray, pixels: np.ndarray, layers: np.ndarray
) -> np.ndarray:
    """How much triangles rise over a pixel, at most from corner to corner; root of the mean square
    over the frames, float32 (T,)."""
    values = layers[pixels[corners]]
    across, down = slopes(points[corners], values)
    per_pixel = 2.0 * np.sqrt((across**2 + down**2).sum(axis=1))
    apart = ((values - np.roll(values, 1, axis=1)) ** 2).sum(axis=2).max(axis=1)
    rise: np.ndarray = np.minimum(per_pixel, np.sqrt(apart)).astype(np.float32)
    return rise
