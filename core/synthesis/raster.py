# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of pixels, moved sideways and drawn again, nearer ones over farther ones."""

from dataclasses import dataclass

import numpy as np

_STRETCH = 1.5  # pixels: neighbours drawn farther apart than this are two surfaces, not a slope
_FRACTION = np.float32(65536.0)  # a source position is kept to 1/65536 pixel
_ONE = np.float32(1.0)


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
    middle = np.float32(0.5) * (centre[:, 1:] + centre[:, :-1])
    start, end = centre - np.float32(0.5), centre + np.float32(0.5)
    start[:, 1:] = np.where(joined, middle, start[:, 1:])
    end[:, :-1] = np.where(joined, middle, end[:, :-1])

    # Old columns per new one, on either side of each centre. Where the surface ends, the rest of
    # the piece repeats its pixel: half a pixel on lies another surface.
    slope = np.where(joined, _ONE / np.maximum(gap, np.float32(1e-6)), np.float32(0.0))
    before, after = np.zeros_like(centre), np.zeros_like(centre)
    before[:, 1:] = slope
    after[:, :-1] = slope

    # One integer holds order (its bits sort as the number does, being >= 0) above the source
    # position, so that "nearest wins" is a single maximum and equal pictures come out equal.
    bits = np.ascontiguousarray(np.maximum(order, 0.0), np.float32).view(np.int32)
    high = bits.astype(np.int64) << 32
    row = np.broadcast_to(np.arange(height, dtype=np.int64)[:, None] * width, centre.shape)
    columns = np.broadcast_to(column, centre.shape)
    drawn = np.full(height * width + 1, -1, np.int64)  # the last takes what nobody sees

    def draw(target: np.ndarray, index: tuple[np.ndarray, ...] | slice) -> None:
        """The pieces at ``index``, as seen at the new columns ``target``."""
        along = target - centre[index]
        source = columns[index] + along * np.where(along < 0.0, before[index], after[index])
        fixed = (source.clip(0.0, width - 1) * _FRACTION).astype(np.int64)
        seen = (target < end[index]) & (target >= 0.0) & (target < width)
        place = np.where(seen, row[index] + target.astype(np.int64), height * width)
        np.maximum.at(drawn, place.ravel(), (high[index] | fixed).ravel())

    # A piece is at most _STRETCH long, so it meets two pixel centres at most, and few meet two.
    first = np.ceil(start)
    draw(first, slice(None))
    two = np.nonzero(first + _ONE < end)
    draw(first[two] + _ONE, two)

    packed = drawn[:-1].reshape(height, width)
    hole = packed < 0
    packed[hole] = 0
    return Raster(
        source=(packed & 0xFFFFFFFF).astype(np.float32) / _FRACTION,
        order=(packed >> 32).astype(np.int32).view(np.float32),
        hole=hole,
    )
