# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of pixels, moved sideways and drawn again, nearer ones over farther ones."""

from dataclasses import dataclass

import numpy as np

_STRETCH = 1.5  # pixels: neighbours drawn farther apart than this are two surfaces, not a slope
_FRACTION = 65536.0  # a source position is kept to 1/65536 pixel


@dataclass(frozen=True)
class Raster:
    """What each pixel of the new picture shows.

    ``source``: float32 (H, W), the column of the old picture, in pixels (a whole number is a
    pixel's centre); ``order``: float32 (H, W); ``hole``: bool (H, W), nothing is drawn there
    (source and order are 0).
    """

    source: np.ndarray
    order: np.ndarray
    hole: np.ndarray


def rasterise(shift: np.ndarray, order: np.ndarray) -> Raster:
    """Draw every row, its pixels moved right by ``shift``.

    ``shift`` float32 (H, W) in pixels, ``order`` float32 (H, W) >= 0, larger = nearer.
    Each pixel is a line piece that reaches halfway to its neighbours, or half a pixel past its
    centre where the surface ends; so a surface has no cracks at any sub-pixel position. Of all
    pieces over the centre of a new pixel, the nearest is seen.
    """
    height, width = shift.shape
    column = np.arange(width, dtype=np.float32)
    centre = column + shift
    gap = np.diff(centre, axis=1)
    joined = (gap > 0.0) & (gap <= _STRETCH)
    middle = 0.5 * (centre[:, 1:] + centre[:, :-1])
    start, end = centre - np.float32(0.5), centre + np.float32(0.5)
    start[:, 1:] = np.where(joined, middle, start[:, 1:])
    end[:, :-1] = np.where(joined, middle, end[:, :-1])

    # Where the surface ends, the rest of the piece repeats its pixel: half a pixel on lies another.
    slope = np.where(joined, 1.0 / np.maximum(gap, np.float32(1e-6)), np.float32(0.0))
    before, after = np.zeros_like(centre), np.zeros_like(centre)
    before[:, 1:] = slope
    after[:, :-1] = slope

    # One integer holds order (its bits sort as the number does, being >= 0) above the source
    # position, so that "nearest wins" is a single maximum and equal pictures come out equal.
    bits = np.ascontiguousarray(np.maximum(order, 0.0), np.float32).view(np.int32)
    drawn = np.full(height * width, -1, np.int64)
    first = np.ceil(start)
    # A piece is at most _STRETCH long, so it meets two pixel centres at most, and few meet two.
    for target in (first, first + np.float32(1.0)):
        pieces = np.flatnonzero((target < end) & (target >= 0.0) & (target < width))
        new_column = target.ravel()[pieces]
        along = new_column - centre.ravel()[pieces]
        row, old_column = np.divmod(pieces, width)
        source = old_column + along * np.where(
            along < 0.0, before.ravel()[pieces], after.ravel()[pieces]
        )
        fixed = (np.clip(source, 0.0, width - 1) * _FRACTION).astype(np.int64)
        key = (bits.ravel()[pieces].astype(np.int64) << 32) | fixed
        place = row * width + new_column.astype(np.int64)
        np.maximum.at(drawn, place, key)
    packed = drawn.reshape(height, width)
    hole = packed < 0
    packed = np.where(hole, 0, packed)
    return Raster(
        source=((packed & 0xFFFFFFFF) / _FRACTION).astype(np.float32),
        order=(packed >> 32).astype(np.int32).view(np.float32),
        hole=hole,
    )
