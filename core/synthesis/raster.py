# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of pixels, moved sideways and drawn again, nearer ones over farther ones."""

from dataclasses import dataclass

import numpy as np

_STRETCH = 1.5  # pixels: neighbours drawn farther apart than this are two surfaces, not a slope
_FRACTION = np.float32(65536.0)  # a source position is kept to 1/65536 pixel
_ONE = np.float32(1.0)
_LOW = np.int64(0xFFFFFFFF)
_HALF = np.float32(0.5)
_SHORTEST = np.float32(1e-6)  # pixels between neighbours, where something is divided by them


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
    gap = centre[:, 1:] - centre[:, :-1]
    joined = (gap > 0.0) & (gap <= _STRETCH)
    middle = centre[:, 1:] + centre[:, :-1]
    middle *= _HALF
    start, end = centre - _HALF, centre + _HALF
    np.copyto(start[:, 1:], middle, where=joined)
    np.copyto(end[:, :-1], middle, where=joined)

    # Old columns per new one, on either side of each centre; 0 where the surface ends, so that the
    # rest of the piece repeats its pixel: half a pixel on lies another surface.
    slope = np.zeros((height, width + 1), np.float32)
    np.maximum(gap, _SHORTEST, out=gap)
    np.divide(_ONE, gap, out=gap)
    np.multiply(gap, joined, out=slope[:, 1:-1])

    # One integer holds order (its bits sort as the number does, being >= 0) above the source
    # position, so that "nearest wins" is a single maximum and equal pictures come out equal.
    bits = np.ascontiguousarray(np.maximum(order, 0.0), np.float32).view(np.int32)
    high = bits.astype(np.int64)
    high <<= 32
    row = np.arange(height, dtype=np.int64)[:, None] * width
    drawn = np.full(height * width + 1, -1, np.int64)  # the last takes what nobody sees

    # A piece is at most _STRETCH long, so it meets two pixel centres at most, and few meet two.
    first = np.ceil(start)
    before, after = slope[:, :-1], slope[:, 1:]
    _draw(drawn, first, centre, end, before, after, column, high, row, width)
    np.add(first, _ONE, out=first)
    two = np.flatnonzero(first < end)
    rows, columns = np.divmod(two, width)
    sides = slope.ravel()
    _draw(
        drawn,
        first.ravel()[two],
        centre.ravel()[two],
        end.ravel()[two],
        sides[two + rows],  # a row of slopes is one longer
        sides[two + rows + 1],
        column[columns],
        high.ravel()[two],
        rows * width,
        width,
    )

    packed = drawn[:-1].reshape(height, width)
    hole = packed < 0
    packed[hole] = 0
    source = (packed & _LOW).astype(np.float32)
    source /= _FRACTION
    packed >>= 32
    return Raster(source, packed.astype(np.int32).view(np.float32), hole)


def _draw(
    drawn: np.ndarray,
    target: np.ndarray,
    centre: np.ndarray,
    end: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
    column: np.ndarray,
    high: np.ndarray,
    row: np.ndarray,
    width: int,
) -> None:
    """Draw pieces, as seen at the new columns ``target``, into ``drawn``; arrays of one shape, or
    that broadcast to it. ``before``, ``after``: old columns per new one; ``row``: where each row
    begins in ``drawn``, whose last element takes what lies beside the picture."""
    along = target - centre
    source = np.where(along < 0.0, before, after)
    source *= along
    source += column
    np.maximum(source, np.float32(0.0), out=source)
    np.minimum(source, np.float32(width - 1), out=source)
    source *= _FRACTION
    value = source.astype(np.int64)
    value |= high
    seen = target < end
    seen &= target >= 0.0
    seen &= target < width
    place = target.astype(np.int64)
    place += row
    np.copyto(place, drawn.size - 1, where=~seen)
    np.maximum.at(drawn, place.ravel(), value.ravel())
