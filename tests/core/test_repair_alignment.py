# SPDX-License-Identifier: GPL-3.0-or-later
import cv2
import numpy as np
import pytest
from repair_clips import HEIGHT, WIDTH, hills, texture

from core.repair.alignment import LEAK, SURE, UNCHANGED, USUAL, Fit, between, fit, level
from core.repair.approach import approach, moved
from core.repair.flow import link, small_grey

ALL = np.ones((HEIGHT, WIDTH), np.float32)


def test_scale_and_shift_are_found_beside_things_that_moved():
    truth = hills(1)
    other = 0.8 * truth + 0.1
    other[:24, :60] += 0.4  # a fifth of the picture came nearer by itself
    found = fit(truth, other, ALL)
    assert found is not None and found.agrees
    assert found.scale == pytest.approx(0.8, rel=0.01)
    np.testing.assert_allclose(found.apply(truth)[30:], other[30:], atol=0.01)


def test_untrusted_pixels_do_not_count():
    truth, weight = hills(1), ALL.copy()
    other = truth.copy()
    other[:, 40:] = 0.3
    weight[:, 40:] = 0.0
    found = fit(truth, other, weight)
    assert found is not None
    assert found.scale == pytest.approx(1.0, abs=1e-3)
    assert found.shift == pytest.approx(0.0, abs=1e-3)
    assert fit(truth, other, 0.1 * ALL) is None


def test_noise_in_the_frame_does_not_shrink_it():
    random = np.random.default_rng(2)
    truth = hills(1)
    scales = []
    for _ in range(20):
        blotches = random.normal(0.0, 0.05, (HEIGHT // 8, WIDTH // 8)).astype(np.float32)
        noisy = truth + cv2.resize(blotches, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)
        calm = truth + 0.24 * np.roll(noisy - truth, 8, axis=1)
        found = fit(noisy, calm, ALL)
        assert found is not None
        scales.append(found.scale)
    assert np.mean(scales) == pytest.approx(1.0, abs=0.005)


def test_a_failed_estimate_is_told_from_a_wall():
    truth = hills(1)
    constant = np.full_like(truth, 0.4)
    told = fit(constant, truth, ALL)
    assert told is not None and told.flat and not told.agrees
    told = fit(truth, constant, ALL)
    assert told is not None and told.other_flat and not told.agrees
    noise = np.random.default_rng(1).normal(0, 1e-3, truth.shape).astype(np.float32)
    wall = fit(constant + noise, constant, ALL)
    assert wall is not None and wall.agrees and abs(np.log(wall.scale)) < 0.05
    strange = fit(np.ascontiguousarray(truth[::-1]), truth, ALL)
    assert strange is not None and not strange.agrees


def test_easing_pulls_back_and_strength_takes_part():
    told = Fit(2.0, 0.3, 0.5)
    assert np.log(told.eased().scale) == pytest.approx((1 - LEAK) * np.log(2.0))
    assert told.eased().shift == pytest.approx((1 - LEAK) * 0.3)
    assert told.eased(0.0) == Fit(1.0, 0.0, 0.5)
    values = np.float32([[0.0, 1.0]])
    assert UNCHANGED.apply(values) is values
    assert Fit(1.0, -0.5).apply(values).min() == 0.0


def test_a_beginning_goes_halfway_to_what_follows():
    truth = hills(1)
    fits = [fit(truth * s, truth, ALL) for s in (1.2, 1.2, 1.2)]
    begun = between([f for f in fits if f is not None])
    assert begun.scale == pytest.approx(1.2 ** (3 / 4), rel=0.01)
    np.testing.assert_allclose(begun.apply(truth), truth * 1.2**0.75, atol=0.02)
    assert between([]) is UNCHANGED


def dolly(step, focal=80.0):
    """Pictures and depth before and after a camera went forward past `hills`."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    centre = (WIDTH - 1) / 2, (HEIGHT - 1) / 2
    after = cv2.GaussianBlur(hills(3), (0, 0), 4)
    # Inverse depth now V is V / (1 + step V) before, and the point stood that much nearer to
    # the centre.
    factor = 1.0 / (1.0 + step * after)
    back = np.stack([(columns - centre[0]) * (factor - 1), (rows - centre[1]) * (factor - 1)], -1)
    before = texture(8)
    now = cv2.remap(
        before, columns + back[..., 0], rows + back[..., 1], cv2.INTER_LINEAR, borderMode=1
    )
    return before, now, after, after * factor, back.astype(np.float32)


@pytest.mark.parametrize("step", [0.08, -0.05])
def test_the_cameras_way_forward_is_seen_in_the_flow(step):
    before, now, after, was, back = dolly(step)
    assert approach(after, back, ALL) == pytest.approx(step, rel=0.15)
    tie = link(small_grey(before), small_grey(now))
    found = approach(after, tie.back, tie.back_closed * tie.back_alike)
    assert found == pytest.approx(step, rel=0.4)
    np.testing.assert_allclose(moved(was, step), after, atol=1e-5)


@pytest.mark.parametrize("step", [0.3, 0.04, -0.2])
def test_long_steps_are_as_right_as_short_ones(step):
    """By the flow that a pinhole camera sees, sidewards steps included."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    x, y = columns - (WIDTH - 1) / 2, rows - (HEIGHT - 1) / 2
    depth = cv2.GaussianBlur(hills(3), (0, 0), 4)
    farther = step * depth / (1 + step * depth)
    back = np.stack([(4.0 / step - x) * farther, -y * farther], -1).astype(np.float32)
    assert approach(depth, back, ALL) == pytest.approx(step, rel=0.02)


@pytest.mark.parametrize("rate", [0.01, -0.02])
def test_a_zoom_is_no_way_forward(rate):
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    x, y = columns - (WIDTH - 1) / 2, rows - (HEIGHT - 1) / 2
    back = -rate * np.stack([x, y], -1)
    depth = cv2.GaussianBlur(hills(3), (0, 0), 4)
    assert abs(approach(depth, back, ALL)) * depth.mean() < 0.05 * abs(rate)
    before = texture(8)
    now = cv2.remap(
        before, columns + back[..., 0], rows + back[..., 1], cv2.INTER_LINEAR, borderMode=1
    )
    tie = link(small_grey(before), small_grey(now))
    found = approach(depth, tie.back, tie.back_closed * tie.back_alike)
    assert abs(found) * depth.mean() < 0.15 * abs(rate)


def test_middle_and_spread_are_brought_over_where_shapes_differ():
    truth = hills(1)
    other = np.ascontiguousarray(truth[::-1]) * 1.3 + 0.2
    found = level(truth, other, ALL)
    assert found is not None
    brought = found.apply(truth)
    assert np.median(brought) == pytest.approx(np.median(other), rel=0.1)
    assert brought.std() == pytest.approx(other.std(), rel=0.15)
    assert level(truth, np.full_like(truth, 0.4), ALL) is None
    assert level(np.full_like(truth, 0.4), truth, ALL) is None
    assert level(truth, other, 0 * ALL) is None
    far = level(truth, 20 * truth, ALL)
    assert far is not None and np.log(far.scale) == pytest.approx(SURE * USUAL)


def test_turning_and_sideward_motion_are_no_way_forward():
    depth = hills(3)
    turn = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    across = (np.arange(WIDTH, dtype=np.float32) - WIDTH / 2) / 80
    turn[..., 0] = 80 * 0.03 * (1 + across**2)
    assert abs(approach(depth, turn, ALL)) < 0.003
    sidewards = np.zeros_like(turn)
    sidewards[..., 0] = 4 * cv2.GaussianBlur(depth, (0, 0), 2)
    assert abs(approach(depth, sidewards, ALL)) < 0.02
    assert approach(depth, turn, 0 * ALL) == 0.0
    assert moved(depth, 0.0) is depth
