# SPDX-License-Identifier: GPL-3.0-or-later
"""The predicted uncovered area, against geometry that can be reckoned by hand."""

from __future__ import annotations

import numpy as np
import pytest

from core.stereo.silhouette import View
from core.stereo.uncovered import Scene, carried_on, coverage, eye_views, face_steps, opened

F, ASPECT = 1.2, 0.5
NEAR, FAR = 2.0, 10.0


def pose(x=0.0, y=0.0, z=0.0):
    found = np.eye(4)
    found[:3, 3] = x, y, z
    return found


def card(away=FAR, **given):
    """A wall across the whole picture."""
    inverse = np.full((120, 240), 1.0 / away)
    given = {"near": NEAR, "matte_angle": 0.01, **given}
    return Scene(inverse, np.zeros((119, 239)), F, ASPECT, **given)


def post(plate=False, **given):
    """A post over the middle third of the picture, before a wall."""
    normalised = np.zeros((120, 240), np.float32)
    normalised[:, 80:160] = 1.0
    inverse = 1.0 / FAR + normalised * (1.0 / NEAR - 1.0 / FAR)
    steps = face_steps(inverse, 1.0 / NEAR - 1.0 / FAR, 0.0125, 1.0 / 240, ASPECT)
    behind = np.where(normalised > 0, 1.0 / FAR, 0.0) if plate else None
    given = {"near": NEAR, "matte_angle": 0.01, **given}
    return Scene(inverse, steps, F, ASPECT, plate=behind, **given)


def test_the_footage_camera_sees_everything():
    for scene in (card(), post()):
        found = coverage(scene, View(np.eye(4), F))
        assert found.uncovered == found.bare == 0.0


@pytest.mark.parametrize(("x", "y"), [(0.5, 0.0), (-0.5, 0.0), (0.0, 0.3), (0.0, -0.3)])
def test_past_the_edge_of_a_wall_nothing_is(x, y):
    """Aside by x, the wall's edge moves in by x f/Z picture widths."""
    found = coverage(card(), View(pose(x, y), F))
    assert found.uncovered == pytest.approx(F * (abs(x) + abs(y) / ASPECT) / FAR, abs=0.004)
    assert found.stretched == 0.0


def test_backing_off_shows_all_edges_and_going_in_none():
    off = coverage(card(), View(pose(z=2.0), F)).uncovered
    assert off == pytest.approx(1.0 - (FAR / (FAR + 2.0)) ** 2, abs=0.006)
    assert coverage(card(), View(pose(z=-2.0), F)).uncovered == 0.0
    assert coverage(card(), View(pose(z=2.0), F * (FAR + 2.0) / FAR)).uncovered < 0.006


def test_a_step_opens_as_wide_as_its_parallax():
    for x in (0.1, 0.2, 0.4):
        found = coverage(post(), View(pose(x), F))
        edge, step = F * x / FAR, F * x * (1.0 / NEAR - 1.0 / FAR)
        assert found.uncovered == pytest.approx(edge + step, abs=0.006)
        assert found.stretched == 0.0


def test_a_plate_closes_the_step_and_goes_on_around_the_picture():
    bare, closed = (coverage(post(plate), View(pose(0.2), F)) for plate in (False, True))
    assert closed.bare == bare.uncovered == bare.bare > 0.1
    assert closed.uncovered < 0.005
    assert closed.stretched == pytest.approx(F * 0.2 / FAR, abs=0.006)  # the border is no footage
    far = coverage(post(True), View(pose(2.0), F))
    assert far.uncovered > F * 2.0 / FAR - 0.15 - 0.006


def test_with_layers_steps_without_a_plate_stay_whole():
    scene = post(plate=True)
    scene.plate[:, 120:] = 0.0  # of one edge of the post alone
    found = coverage(scene, View(pose(0.1), F))
    assert found.uncovered < 0.005
    step = F * 0.1 * (1.0 / NEAR - 1.0 / FAR)
    either = [coverage(scene, View(pose(x), F)).stretched for x in (0.1, -0.1)]
    assert max(either) - min(either) == pytest.approx(step, abs=0.01)


def test_below_the_matte_angle_surfaces_are_stretched_and_the_apron_is_there():
    scene = post(matte_angle=0.3)
    view = View(pose(0.1), F)
    assert opened(scene, view) == 0.0
    found = coverage(scene, view)
    assert found.uncovered == 0.0 and found.stretched > 0.03
    half = View(pose(NEAR * np.tan(0.45)), F)
    assert opened(scene, half) == pytest.approx(0.5, abs=1e-6)
    assert opened(scene, view, layers=True) == 1.0
    assert opened(post(matte=0.0), View(pose(1.0), F)) == 0.0
    assert opened(post(matte=0.4, matte_angle=0.0), view) == 0.4


def test_turning_looks_past_the_edge():
    angle = 0.1
    turned = np.eye(4)
    turned[0, 0] = turned[2, 2] = np.cos(angle)
    turned[0, 2], turned[2, 0] = -np.sin(angle), np.sin(angle)
    found = coverage(card(), View(turned, F)).uncovered
    bent = np.arctan(0.55 / F) - angle  # the apron ends there: it is cut for eyes aside alone
    assert found == pytest.approx(0.5 - F * np.tan(bent), abs=0.01)


def test_eyes_are_an_off_axis_pair():
    left, right = eye_views(pose(0.3), F, 0.2, 5.0)
    assert (left.pose[0, 3], right.pose[0, 3]) == pytest.approx((0.2, 0.4))
    for view in (left, right):  # a point straight ahead at the convergence distance is the same
        x = 0.5 - view.shift + F * (0.3 - view.pose[0, 3]) / 5.0
        assert x == pytest.approx(0.5)
    scene = card()
    wall = [coverage(scene, view).uncovered for view in eye_views(pose(), F, 0.4, FAR)]
    assert wall == pytest.approx([0.0, 0.0], abs=1e-6)  # its window is the screen


def test_a_surface_behind_the_eye_is_not_drawn():
    found = coverage(post(), View(pose(z=-5.0), F))  # past the post: its shadow on the wall
    assert found.uncovered == pytest.approx(2 / 3, abs=0.05)
    assert coverage(card(), View(pose(z=-20.0), F)).uncovered == 1.0


def test_steps_are_faces_whose_depth_breaks():
    inverse = np.full((40, 60), 0.1)
    inverse[:, 30:] = 0.5
    steps = face_steps(inverse, 0.4, 0.0125, 1.0 / 60, 40 / 60)
    assert steps.shape == (39, 59) and (steps[:, 29] == 1.0).all()
    assert steps.sum() == 39
    slope = np.tile(np.linspace(0.1, 0.25, 60), (40, 1))
    assert (face_steps(slope, 0.4, 0.0125, 1.0 / 60, 40 / 60) == 0.0).all()
    upright = face_steps(inverse.T, 0.4, 0.0125, 1.0 / 40, 60 / 40)
    assert (upright == steps.T).all()


def test_a_coarse_grid_misses_no_step():
    inverse = np.full((100, 1000), 0.1)
    inverse[:, 501:504] = 0.5  # three pixels wide: a cell of the coarse grid has three
    scene = Scene(inverse, face_steps(inverse, 0.4, 0.0125, 0.001, 0.1), F, 0.1, NEAR, 0.01)
    wall = Scene(np.full((100, 1000), 0.1), np.zeros((99, 999)), F, 0.1, NEAR, 0.01)
    view = View(pose(0.5), F)
    hidden = coverage(scene, view, 1000).uncovered - coverage(wall, view, 1000).uncovered
    assert hidden == pytest.approx(
        4 / 1000, abs=0.0011
    )  # three pixels, and half a face at each side


def test_a_plate_goes_on_two_pixels_beyond_its_edge():
    plate = np.zeros((9, 12))
    plate[4, 5:7] = 0.25
    found = carried_on(plate)
    assert (found[2:7, 3:9] == 0.25).all() and found.sum() == 0.25 * 30
