# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pixels a triangle covers, exactly, for many triangles at once.

Positions are whole numbers of half pixels: the middle of pixel (row y, column x) lies at
(2 x + 1, 2 y + 1). A middle on an edge belongs to the triangle to the right of it, or below it:
triangles that meet without gaps cover every pixel exactly once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

CHUNK = 1 << 20  # pixels covered at a time


@dataclass(frozen=True)
class Cover:
    """``triangle`` (n,): row of the triangles given; ``pixel`` (n,): y * width + x; ``x``, ``y``:
    in half pixels. Ordered by triangle."""

    triangle: np.ndarray
    pixel: np.ndarray
    x: np.ndarray
    y: np.ndarray


def covers(corners: np.ndarray, width: int) -> Iterator[Cover]:
    """The pixels of triangles ``corners`` int64 (T, 3, 2), a part of the triangles at a time."""
    if not len(corners):
        return
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    low, high = corners[:, :, 1].min(axis=1), corners[:, :, 1].max(axis=1)
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    size = np.cumsum(np.abs(area) // 8 + (high - low) // 2 + 4)
    begin = 0
    while begin < len(corners):
        reach = size[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(size, reach + CHUNK, "right")))
        yield _cover(corners[begin:end], begin, width)
        begin = end


def _cover(corners: np.ndarray, begin: int, width: int) -> Cover:
    low, high = corners[:, :, 1].min(axis=1), corners[:, :, 1].max(axis=1)
    top, bottom = low // 2, high // 2  # rows with low <= 2 y + 1 < high
    rows = bottom - top
    owner = np.repeat(np.arange(len(corners)), rows)
    row = np.arange(len(owner)) - np.repeat(np.cumsum(rows) - rows - top, rows)
    left, right = _spans(corners, owner, 2 * row + 1)
    wide = np.maximum(right - left, 0)
    pixels = np.repeat(np.arange(len(owner)), wide)
    column = np.arange(len(pixels)) - np.repeat(np.cumsum(wide) - wide - left, wide)
    line = row[pixels]
    return Cover(owner[pixels] + begin, line * width + column, 2 * column + 1, 2 * line + 1)


def _spans(corners: np.ndarray, owner: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First column in and first column after each row's part of its triangle."""
    order = np.argsort(corners[:, :, 1], axis=1, kind="stable")
    s = np.take_along_axis(corners, order[:, :, None], axis=1)
    top, middle, bottom = s[owner, 0], s[owner, 1], s[owner, 2]
    long = _column(top, bottom, y)
    upper = y < middle[:, 1]
    short = _column(
        np.where(upper[:, None], top, middle), np.where(upper[:, None], middle, bottom), y
    )
    return np.minimum(long, short), np.maximum(long, short)


def _column(a: np.ndarray, b: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The first column whose middle is not left of the line ab (a above b) at height y."""
    drop = b[:, 1] - a[:, 1]
    across = a[:, 0] * drop + (y - a[:, 1]) * (b[:, 0] - a[:, 0])
    return -((drop - across) // (2 * drop))  # ceil((across / drop - 1) / 2)
