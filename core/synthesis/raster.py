# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of pixels, moved sideways and drawn again, nearer ones over farther ones."""

from dataclasses import dataclass

import numpy as np
import torch

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
    before, after = np.zeros_like(centre), np.zeros_like(centre)
    before[:, 1:] = np.where(joined, 0.5 / np.maximum(0.5 * gap, 1e-6), 0.0)
    after[:, :-1] = before[:, 1:]

    # One integer holds order (its bits sort as the number does, being >= 0) above the source
    # position, so that "nearest wins" is a single maximum and equal pictures come out equal.
    bits = np.ascontiguousarray(np.maximum(order, 0.0), np.float32).view(np.int32)
    depth_bits = bits.astype(np.int64) << 32
    row = np.arange(height, dtype=np.int64)[:, None] * width
    drawn = torch.full((height * width,), -1, dtype=torch.int64)
    first = np.ceil(start)
    for step in range(2):  # a piece is at most _STRETCH long: it meets two pixel centres at most
        target = first + np.float32(step)
        seen = (target < end) & (target >= 0.0) & (target < width)
        along = target - centre
        source = column + along * np.where(along < 0.0, before, after)
        fixed = (np.clip(source, 0.0, width - 1) * _FRACTION).astype(np.int64)
        drawn.scatter_reduce_(
            0,
            torch.from_numpy((target.astype(np.int64) + row)[seen]),
            torch.from_numpy((depth_bits | fixed)[seen]),
            "amax",
        )
    packed = drawn.numpy().reshape(height, width)
    hole = packed < 0
    packed = np.where(hole, 0, packed)
    return Raster(
        source=((packed & 0xFFFFFFFF) / _FRACTION).astype(np.float32),
        order=(packed >> 32).astype(np.int32).view(np.float32),
        hole=hole,
    )
