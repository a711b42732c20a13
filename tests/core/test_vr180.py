# SPDX-License-Identifier: GPL-3.0-or-later
"""Flat pictures on the half sphere."""

import numpy as np
import pytest

from core.delivery import vr180


def test_the_sphere_shows_directions_where_they_lie():
    width, height, focal, side = 200, 120, 0.5, 360
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, 150] = 255  # a quarter of the width right of the middle: 26.57 degrees
    seen = vr180.Sphere(width, height, focal, side)(picture)[side // 2, :, 0]
    bright = (np.arange(side) * seen).sum() / seen.sum()
    wanted = np.degrees(np.arctan2((150.5 - 100) / width, focal))
    assert (bright + 0.5) / side * 180 - 90 == pytest.approx(wanted, abs=0.3)
    lit = np.full((height, width, 3), 180, np.uint16) * 257
    black = vr180.Sphere(width, height, focal, side)(lit)
    blurred = vr180.Sphere(width, height, focal, side, "blurred")(lit)
    assert black.dtype == np.uint16 and black[5, 5].max() == 0 < blurred[5, 5].min()
    assert np.abs(blurred[side // 2, side // 2] / 257 - 180).max() < 1


def test_a_blurred_surround_has_no_stripes():
    """A bright thing at the picture's edge shines on what is near it, and on nothing far away."""
    picture = np.full((120, 200, 3), 60, np.uint8)
    picture[:30, 95:105] = 255
    seen = vr180.Sphere(200, 120, 1.0, 360, "blurred")(picture)[..., 0].astype(int)
    top = np.flatnonzero(seen[:, 180] > 150)[0]  # where the picture begins, in the middle column
    near, far = seen[top - 8], seen[top // 3]
    assert near[180] - near[140] > 10
    assert np.ptp(far[150:210]) <= 1, "no stripe to the pole"
    ring = seen[[20, 180, 340, 180], [180, 20, 180, 340]]
    assert ring.min() > 0 and ring.max() < 60, "darker than the picture, and not black"
    steps = np.abs(np.diff(seen[: top - 4].astype(int), axis=0))
    assert steps.max() <= 8
