# SPDX-License-Identifier: GPL-3.0-or-later
"""Where limits lie in a scene, and which cells break them, also for a camera that has moved."""

import math

import numpy as np
import pytest

from core.geometry import Lens
from core.stereo import SETUPS, StereoRig
from core.stereo.marks import COLUMNS, FAR, NEAR, NONE, WINDOW, coarse, limit_planes, marks

LENS = Lens(1.1, 96, 54)
LIMITS = SETUPS["headset"].limits


def test_the_planes_have_the_parallax_of_their_limits():
    rig = StereoRig(0.2, 3.0, 1.1)
    planes = limit_planes(rig, LIMITS)
    assert planes.near < planes.screen == 3.0 < planes.far < math.inf
    found = [float(rig.parallax(1 / z)) for z in (planes.near, planes.screen, planes.far)]
    assert found == pytest.approx([LIMITS.near, 0.0, LIMITS.far])
    assert limit_planes(StereoRig(0.03, 3.0, 1.1), LIMITS).far == math.inf
    assert limit_planes(StereoRig(0.0, 3.0, 1.1), LIMITS).near == 0.0


def test_cells_are_the_picture_s_own_values():
    values = np.arange(300 * 500).reshape(300, 500)
    cells = coarse(values)
    assert cells.shape == (58, COLUMNS) and np.isin(cells, values).all()
    assert (coarse(values[:4, :6]) == values[:4, :6]).all()


def test_what_breaks_a_limit_is_marked_and_nothing_else():
    rig = StereoRig(0.2, 3.0, 1.1)
    planes = limit_planes(rig, LIMITS)
    inverse = np.full((54, 96), 1 / 3.0)
    inverse[10:20, 40:60] = 1 / (0.99 * planes.near)
    inverse[30:40, 40:60] = 1 / (1.01 * planes.far)
    inverse[30:40, 60:80] = 1 / (0.99 * planes.far)
    found = marks(inverse, LENS, np.eye(4), rig, LIMITS)
    expected = np.zeros((54, 96), int)
    expected[10:20, 40:60], expected[30:40, 40:60] = NEAR, FAR
    assert (found == expected).all()


def test_the_window_s_edges_cut_what_stands_before_them():
    rig = StereoRig(0.065, 3.0, 1.1)
    inverse = np.full((54, 96), 1 / 2.0)  # 1.2 % before the screen, everywhere
    found = marks(inverse, LENS, np.eye(4), rig, LIMITS)
    assert (found[:, [0, -1]] == WINDOW).all() and (found[:, 3:-3] == NONE).all()
    found = marks(inverse, LENS, np.eye(4), rig, LIMITS, (0.02, 0.0))
    assert (found[:, 0] == NONE).all() and (found[:, -1] == WINDOW).all()


def test_a_camera_that_went_forward_comes_too_near_and_one_aside_sees_less():
    rig = StereoRig(0.2, 3.0, 1.1)
    planes = limit_planes(rig, LIMITS)
    inverse = np.full((54, 96), 1 / (planes.near + 0.1))
    assert (marks(inverse, LENS, np.eye(4), rig, LIMITS)[:, 4:-4] == NONE).all()
    forward = np.eye(4)
    forward[2, 3] = 0.2
    assert (marks(inverse, LENS, forward, rig, LIMITS)[20:34, 40:56] == NEAR).all()
    passed = np.eye(4)
    passed[2, 3] = 100.0
    assert (marks(inverse, LENS, passed, rig, LIMITS) == NONE).all()
    aside, far = np.eye(4), np.full((54, 96), 1 / (1.5 * planes.far))
    aside[0, 3] = -0.5 * 1.5 * planes.far / 1.1  # half of the view to the right
    found = marks(far, LENS, aside, rig, LIMITS)
    assert (found[:, :46] == NONE).all() and (found[:, 50:] == FAR).all()
