# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest

from core.repair.planes import coordinates, fit_planes, plane_residual, regions_of

SHAPE = (64, 112)


def plane(a, b, c):
    u, v = coordinates(*SHAPE)
    return (a * u + b * v + c).astype(np.float32)


def test_exact_planes_of_two_regions():
    regions = np.zeros(SHAPE, np.int32)
    regions[:, 60:] = 1
    regions[:5] = -1
    depth = np.where(regions == 1, plane(0.5, 0.1, 1), plane(-0.2, 0.3, 2))
    planes = fit_planes(depth, regions, 2)
    np.testing.assert_allclose(
        planes.coefficients, [[-0.2, 0.3, 2], [0.5, 0.1, 1]], rtol=1e-3, atol=1e-3
    )
    assert (planes.residual < 1e-3).all() and (planes.support > 0.99).all()
    np.testing.assert_allclose(planes.at(regions)[5:], depth[5:], atol=2e-3)
    assert not planes.at(regions)[:5].any()


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_outliers_do_not_bend_a_plane(share):
    rng = np.random.default_rng(1)
    depth = plane(0.3, 0.4, 1) + rng.normal(0, 0.01, SHAPE).astype(np.float32)
    wrong = rng.random(SHAPE) < share
    depth[wrong] += 1.0
    planes = fit_planes(depth, np.zeros(SHAPE, np.int32), 1)
    np.testing.assert_allclose(planes.coefficients[0], [0.3, 0.4, 1], atol=0.02)
    assert planes.support[0] == pytest.approx(1 - share, abs=0.03)


def test_coefficients_hold_at_any_size():
    small = fit_planes(plane(0.3, 0.4, 1), np.zeros(SHAPE, np.int32), 1)
    u, v = coordinates(128, 224)
    large = small.at(np.zeros((128, 224), np.int32))
    np.testing.assert_allclose(large, 0.3 * u + 0.4 * v + 1, atol=2e-3)


def test_a_few_pixels_are_no_plane():
    regions = np.full(SHAPE, -1, np.int32)
    regions[0, :3] = 0
    assert np.isinf(fit_planes(plane(1, 1, 1), regions, 1).residual[0])


def test_regions_end_at_steps_and_creases():
    u, _ = coordinates(*SHAPE)
    whole = np.ones(SHAPE, bool)
    flat = plane(0.2, 0.3, 1)
    assert regions_of(whole, flat, 1.0)[1] == 1
    step = flat + np.float32(u > 0.2)
    assert regions_of(whole, step, 1.0)[1] == 2
    corner = np.broadcast_to(2 * np.abs(u), SHAPE).astype(np.float32)
    parts, count = regions_of(whole, corner, 1.0)
    assert count == 2
    assert parts[30, 10] != parts[30, 100]


def test_regions_keep_to_their_mask():
    mask = np.zeros(SHAPE, bool)
    mask[10:30, 10:30] = mask[40:60, 50:100] = mask[2:4, 2:4] = True
    parts, count = regions_of(mask, plane(0, 0, 1), 1.0)
    assert count == 2
    assert (parts[~mask] == -1).all() and (parts[2:4, 2:4] == -1).all()


def test_plane_residual_is_of_bumps_on_what_is_flat():
    truth = plane(0.2, 0.8, 1)
    planar = np.ones(SHAPE, bool)
    rng = np.random.default_rng(0)
    bumps = rng.normal(0, 0.05, SHAPE).astype(np.float32)
    little, large = (plane_residual(truth + k * bumps, truth, planar) for k in (0.2, 1.0))
    assert plane_residual(truth, truth, planar) < 1e-4
    assert large > 4 * little
    # A scale and a shift change nothing.
    assert plane_residual(7 * (truth + bumps) + 3, truth, planar) == pytest.approx(large, rel=0.02)
    assert plane_residual(truth, truth, np.zeros(SHAPE, bool)) is None


def test_plane_residual_leaves_hills_out():
    u, v = coordinates(*SHAPE)
    hills = (np.sin(3 * u) + np.sin(4 * v)).astype(np.float32)
    assert plane_residual(hills, hills, np.ones(SHAPE, bool)) is None
