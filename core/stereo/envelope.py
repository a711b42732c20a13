# SPDX-License-Identifier: GPL-3.0-or-later
"""Smooth curves along a shot: averages, and envelopes that no frame pokes through.

All take one value a frame, float64 (frames,), and a ``radius`` in frames that looks ahead as far
as back; past the ends of the shot its first and last value go on.
"""

from __future__ import annotations

import numpy as np


def smooth(values: np.ndarray, radius: int) -> np.ndarray:
    """A weighted average of the frames at most ``radius`` away: a bell made of three boxes."""
    for width in np.diff([0, radius // 3, 2 * radius // 3, radius]):
        values = _box(values, int(width))
    return values


def upper(values: np.ndarray, radius: int) -> np.ndarray:
    """A smooth curve that lies nowhere below ``values``.

    Each frame first takes the largest value of its neighbourhood, so that every value the average
    weighs for a frame is at least that frame's own: the look-ahead limiter of audio engineering.
    """
    return np.maximum(smooth(_largest(values, radius), radius), values)  # rounding, nothing else


def lower(values: np.ndarray, radius: int) -> np.ndarray:
    """A smooth curve that lies nowhere above ``values``."""
    return -upper(-values, radius)


def bridged(values: np.ndarray) -> np.ndarray | None:
    """The same with straight lines over frames that have no value (not a number), the nearest one
    before the first and behind the last; None where no frame has one."""
    known = np.flatnonzero(np.isfinite(values))
    if known.size == 0:
        return None
    return np.interp(np.arange(len(values)), known, values[known])


def _box(values: np.ndarray, radius: int) -> np.ndarray:
    if radius == 0:
        return values
    padded = np.pad(values, (radius + 1, radius), mode="edge")
    padded[0] = 0.0
    sums = np.cumsum(padded)
    return (sums[2 * radius + 1 :] - sums[: -2 * radius - 1]) / (2 * radius + 1)


def _largest(values: np.ndarray, radius: int) -> np.ndarray:
    """The largest value at most ``radius`` frames away, by windows that double."""
    if radius == 0:
        return values
    size, reach = 2 * radius + 1, 1
    found = np.pad(values, radius, mode="edge")
    while 2 * reach <= size:
        found = np.maximum(found[:-reach], found[reach:])
        reach *= 2
    rest = size - reach
    return np.maximum(found[: len(found) - rest], found[rest:])
