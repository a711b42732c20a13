# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest

from core.errors import UsageError
from core.geometry import Lens, grid_pattern, inverse_distance


def test_inverse_distance_reaches_near_and_far():
    assert 1 / inverse_distance(np.array([0.0, 1.0]), 2.0, 20.0) == pytest.approx([20.0, 2.0])


def test_strength_zero_is_a_flat_card_and_strength_scales_about_the_middle():
    n = np.linspace(0, 1, 11)
    middle = 0.5 * (1 / 2 + 1 / 20)
    assert inverse_distance(n, 2, 20, 0.0) == pytest.approx(np.full(11, middle))
    full, half = inverse_distance(n, 2, 20, 1.0), inverse_distance(n, 2, 20, 0.5)
    assert half - middle == pytest.approx(0.5 * (full - middle))


@pytest.mark.parametrize(("far", "horizon"), [(20, 1 / 400), (1000, 1 / 1000), (1e6, 1 / 4000)])
def test_inverse_distance_stays_on_this_side_of_the_horizon_and_keeps_float32(far, horizon):
    n = np.zeros((3, 4), np.float32)
    values = inverse_distance(n, 2, far, 5.0)
    assert values.dtype == np.float32 and values.shape == (3, 4)
    assert (values == np.float32(horizon)).all()


@pytest.mark.parametrize("near, far, strength", [(0, 2, 1), (3, 3, 1), (5, 2, 1), (1, 2, -1)])
def test_inverse_distance_refuses_no_range(near, far, strength):
    with pytest.raises(UsageError):
        inverse_distance(0.5, near, far, strength)


def test_rays_are_aspect_correct_in_blender_axes():
    lens = Lens(1.25, 1600, 900)
    right, top = lens.ray(1.0, 0.5), lens.ray(0.5, 1.0)
    assert right == pytest.approx([0.4, 0, -1])
    assert top == pytest.approx([0, 0.4 * 900 / 1600, -1])
    assert np.tan(lens.field_of_view / 2) == pytest.approx(right[0])


def test_project_undoes_unproject():
    lens = Lens(0.8, 640, 272)
    rng = np.random.default_rng(0)
    u, v, inverse = rng.random(50), rng.random(50), rng.uniform(0.05, 0.5, 50)
    points = lens.unproject(u, v, inverse)
    assert -points[:, 2] == pytest.approx(1 / inverse)
    back = lens.project(points)
    assert back[0] == pytest.approx(u) and back[1] == pytest.approx(v)


def test_grid_covers_the_picture_once():
    pattern = grid_pattern(640, 272, 64)
    assert pattern.points.shape == (65 * 28, 2) and pattern.points.dtype == np.float32
    assert pattern.triangles.dtype == np.int32
    assert pattern.points.min(0).tolist() == [0, 0] and pattern.points.max(0).tolist() == [1, 1]
    a, b, c = (pattern.points[pattern.triangles[:, k]].astype(float) for k in range(3))
    areas = 0.5 * ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])
    assert (areas > 0).all(), "counter-clockwise"
    assert areas.sum() == pytest.approx(1.0, abs=1e-5)


def test_a_one_pixel_picture_still_has_a_grid():
    assert grid_pattern(1, 1, 1).triangles.shape == (2, 3)
    with pytest.raises(UsageError):
        grid_pattern(4, 4, 0)
