# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest

from core.errors import UsageError
from core.geometry import Lens
from core.stereo import StereoRig, disparity, parallax, suggest_rig


def test_signs_and_the_screen():
    rig = StereoRig(0.065, 2.0, 1.2)
    inverse = np.array([1.0, 0.5, 0.1])
    assert rig.disparity(inverse) == pytest.approx([0.065 * 1.2 * 0.5, 0.0, -0.065 * 1.2 * 0.4])
    assert rig.parallax(inverse) == pytest.approx(-rig.disparity(inverse))
    assert disparity(inverse, 0.065, 2.0, 1.2) == pytest.approx(rig.disparity(inverse))
    assert parallax(inverse, 0.065, 2.0, 1.2) == pytest.approx(rig.parallax(inverse))


@pytest.mark.parametrize("offset", [0.0, 0.3, -0.1])
def test_eye_shift_equals_projection_through_two_off_axis_cameras(offset):
    """Written out with points in space: each eye's camera is moved and its sensor shifted so that
    a window at the convergence distance, centred on the rig, fills both pictures."""
    lens, rig = Lens(1.1, 1280, 720), StereoRig(0.07, 3.0, 1.1)
    rng = np.random.default_rng(1)
    u, v, inverse = rng.random(40), rng.random(40), rng.uniform(0.05, 1.0, 40)
    points = lens.unproject(u, v, inverse)
    for eye, side in (("left", -1), ("right", 1)):
        camera_x = offset + side * rig.interocular / 2
        seen, _ = lens.project(points - [camera_x, 0, 0])
        window_centre, _ = lens.project(np.array([offset - camera_x, 0, -rig.convergence]))
        expected = seen - (window_centre - 0.5) - u
        assert rig.eye_shift(inverse, eye, offset) == pytest.approx(expected)


def test_the_suggested_range_is_the_budget_and_most_lies_behind():
    rng = np.random.default_rng(2)
    inverse = rng.uniform(1 / 20, 1 / 2, 20000)
    for focal in (0.7, 1.0, 2.0):
        rig = suggest_rig(inverse, focal, budget=0.015)
        shown = rig.disparity(np.percentile(inverse, [1, 99]))
        assert np.ptp(shown) == pytest.approx(0.015) or rig.interocular == pytest.approx(
            rig.convergence / 30
        )
        assert (rig.parallax(inverse) > 0).mean() >= 0.59
        assert 0 < shown[1] < 0.015 / 2, "the nearest stands out a little"


def test_stray_pixels_do_not_set_the_rig():
    inverse = np.linspace(0.1, 0.5, 10000)
    dirty = inverse.copy()
    dirty[:20] = 50.0
    clean, other = suggest_rig(inverse, 1.0), suggest_rig(dirty, 1.0)
    assert other.interocular == pytest.approx(clean.interocular, rel=0.02)


def test_a_flat_shot_gets_the_thirtieth():
    rig = suggest_rig(np.full(100, 0.25), 1.0)
    assert rig.convergence == pytest.approx(4.0)
    assert rig.interocular == pytest.approx(4.0 / 30)
    shallow = suggest_rig(np.linspace(0.25, 0.2500001, 100), 1.0)
    assert shallow.interocular == pytest.approx(shallow.convergence / 30)


def test_what_is_no_rig_is_refused():
    for bad in ((-1, 2, 1), (0.1, 0, 1), (0.1, 2, 0), (float("nan"), 2, 1)):
        with pytest.raises(UsageError):
            StereoRig(*bad)
    with pytest.raises(UsageError):
        StereoRig(0.1, 2, 1).eye_shift(0.5, "middle")
    with pytest.raises(UsageError):
        suggest_rig(np.array([np.nan, 0.0]), 1.0)
    with pytest.raises(UsageError):
        suggest_rig(np.ones(3), 1.0, budget=0)
