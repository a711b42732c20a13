# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pictures and pixels of a shot a suggested rig looks at: one rule, in Blender and here."""

from __future__ import annotations

import numpy as np

PICTURES = 5
SIDE = 64  # samples across and down a picture: plenty for percentiles


def sample_frames(first: int, last: int) -> list[int]:
    """At most ``PICTURES`` frames spread evenly over the shot ``first..last``, its ends among
    them."""
    count = min(PICTURES, last - first + 1)
    frames = np.linspace(first, last, count).round().astype(int)
    return [int(n) for n in np.unique(frames)]


def sample_pixels(values: np.ndarray) -> np.ndarray:
    """At most ``SIDE`` x ``SIDE`` values of a picture (h, w), spread evenly, as one row."""
    rows, columns = (
        np.unique(np.linspace(0, side - 1, min(SIDE, side)).round().astype(int))
        for side in values.shape
    )
    return values[np.ix_(rows, columns)].ravel()
