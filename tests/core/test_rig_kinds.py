# SPDX-License-Identifier: GPL-3.0-or-later
"""Pivot and sensor shift against cameras set up in space; the keystone of turned cameras."""

import math
from dataclasses import replace

import numpy as np
import pytest

from core.errors import UsageError
from core.stereo import StereoRig
from core.stereo.toe_in import keystone


@pytest.mark.parametrize("pivot", [-1.0, 0.0, 1.0])
def test_the_pivot_says_where_the_eyes_stand(pivot):
    """Points in space, seen by two cameras whose sensors are shifted so that C is on the screen."""
    rng = np.random.default_rng(4)
    f, b, c, aside, sensor = 1.2, 0.3, 4.0, 0.2, 0.02
    x, z = rng.uniform(-1, 1, 50), rng.uniform(1.5, 20.0, 50)
    rig = StereoRig(b, c, f, pivot=pivot, shift=sensor)
    for eye, side in (("left", -0.5), ("right", 0.5)):
        stands = aside + b * (side - 0.5 * pivot)
        middle = f * (aside - stands) / c  # straight ahead of the camera, at C: on the screen
        seen = f * (x - stands) / z - middle - sensor
        np.testing.assert_allclose(f * x / z + rig.eye_shift(1.0 / z, eye, aside), seen, atol=1e-12)
    assert np.allclose(rig.disparity(1.0 / z), replace(rig, pivot=0.0).disparity(1.0 / z))


@pytest.mark.parametrize("wrong", [{"pivot": 1.5}, {"shift": math.nan}])
def test_a_pivot_beyond_the_eyes_is_refused(wrong):
    with pytest.raises(UsageError, match="pivot"):
        StereoRig(0.1, 2.0, 1.0, **wrong)


def test_keystone_is_what_turned_cameras_see():
    b, c, f, aspect = 0.4, 2.0, 0.9, 0.5625
    corner = np.array([0.5 * c / f, 0.5 * c * aspect / f, -c])
    heights = []
    for side in (-0.5, 0.5):
        eye = np.array([side * b, 0.0, 0.0])
        ahead = np.array([0.0, 0.0, -c]) - eye
        ahead /= np.linalg.norm(ahead)
        right = np.cross(ahead, [0.0, 1.0, 0.0])
        point = corner - eye
        heights.append(f * point[1] / (point @ ahead))
        assert right @ ahead == pytest.approx(0.0)
    assert keystone(b, c, f, aspect) == pytest.approx(abs(heights[0] - heights[1]) / aspect)
    assert keystone(0.0, c, f, aspect) == 0.0
    assert keystone(b, 1e6, f, aspect) == pytest.approx(0.0, abs=1e-6)
