# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from repair_clips import HEIGHT, STREAMING, TEMPORAL, WIDTH, Made, pan, repaired, texture

from core.repair.approach import moved
from core.repair.flow import link, small_grey
from core.repair.temporal import FLICKER, UNSURE, future, layer, nearer, past

BOTH = [TEMPORAL, STREAMING]


def sliding(frames, step=5, plain=False):
    """A near square that slides to the right in front of a wall."""
    behind, front = texture(11), texture(12)
    if plain:
        behind[:], front[:] = 90, 170
    made = Made()
    for t in range(frames):
        picture, depth = behind.copy(), np.full((HEIGHT, WIDTH), 0.2, np.float32)
        x = 8 + step * t
        picture[20:52, x : x + 28] = front[20:52, 30:58]
        depth[20:52, x : x + 28] = 0.8
        made.pictures.append(picture)
        made.depths.append(depth)
    return made


@pytest.mark.parametrize("settings", BOTH)
def test_flicker_of_a_still_picture_falls_by_more_than_a_third(settings):
    made = pan(10, step=0.0)
    frames = made.estimated(seed=1, noise=0.03)
    raw = np.abs(np.diff([f.inverse_depth for f in frames], axis=0)).mean()
    depths = np.array([r.inverse_depth for r in repaired(frames, settings)])
    assert np.abs(np.diff(depths, axis=0)).mean() < 0.4 * raw
    # Nothing is flattened or blurred for it: steps are as high as they were.
    steps = [np.abs(np.diff(d, axis=1)).max() for d in (depths[-1], made.depths[-1])]
    assert steps[0] > 0.9 * steps[1]


@pytest.mark.parametrize("settings", BOTH)
@pytest.mark.parametrize("plain", [False, True])
def test_what_moves_does_not_smear(settings, plain):
    made = sliding(8, plain=plain)
    frames = made.estimated(seed=2, scale=0.0, shift=0.0, noise=0.01)
    depths = [r.inverse_depth for r in repaired(frames, settings)]
    for t in range(2, 8):
        x = 8 + 5 * t
        uncovered, covered = depths[t][22:50, x - 5 : x], depths[t][22:50, x + 23 : x + 28]
        # Of a step of 0.6 less than an eighth stays behind, or comes too late.
        assert np.median(uncovered) < 0.275, t
        assert np.median(covered) > 0.725, t


@pytest.mark.parametrize("settings", BOTH)
def test_depth_that_changes_is_followed(settings):
    """A still picture of something that comes nearer: frozen depth must not pay."""
    made = pan(12, step=0.0)
    for t, depth in enumerate(made.depths):
        made.depths[t] = depth.copy()
        made.depths[t][30:60, 30:70] = 0.3 + 0.04 * t
    frames = made.estimated(seed=3, scale=0.0, shift=0.0, noise=0.005)
    depths = [r.inverse_depth for r in repaired(frames, settings)]
    gone = np.median(depths[-1][35:55, 35:65]) - np.median(depths[0][35:55, 35:65])
    assert gone > 0.7 * 0.04 * 11


def test_the_past_is_where_the_flow_says():
    made = sliding(2)
    before, now = (small_grey(p) for p in made.pictures)
    tie = link(before, now)
    sure = np.full((HEIGHT, WIDTH), 1e-4, np.float32)
    told = past(layer(made.depths[0], sure, 1.0), tie, 0.0, made.depths[1], sure)
    assert told.name == "past" and set(told.evidence) == {"flow", "photometric"}
    trusted = np.isfinite(told.variance) & (told.variance < 2e-4)
    assert trusted.mean() > 0.5
    assert np.abs(told.inverse_depth - made.depths[1])[trusted].mean() < 0.01
    assert np.median(told.variance[24:48, 9:12]) > 1e-2  # uncovered: as good as nothing


@pytest.mark.parametrize("step", [0.15, -0.15])
def test_what_is_brought_nearer_errs_by_more(step):
    """Against draws: V with an error, and a step that is known no better than `UNSURE`."""
    random = np.random.default_rng(1)
    value, error, draws = np.float32([[0.1, 0.4, 0.8, 0.0]]), 0.01, 40000
    given = (value + random.normal(0.0, error, (draws, 4))).astype(np.float32)
    by_depth = moved(given, step).std(axis=0)
    steps = step * (1 + UNSURE * random.normal(size=draws))
    by_step = np.std([v / (1 - steps * v) for v in value[0]], axis=1)
    told, variance = nearer(value, np.full_like(value, error**2), step)
    np.testing.assert_array_equal(told, moved(value, step))
    np.testing.assert_allclose(
        variance[0], by_depth**2 + by_step**2 / FLICKER, rtol=0.06, atol=1e-7
    )
    same = nearer(value, variance, 0.0)
    assert same[0] is value and same[1] is variance


def test_the_past_of_a_larger_step_is_believed_less():
    made = pan(2, step=0.0)
    tie = link(*(small_grey(p) for p in made.pictures))
    sure = np.full((HEIGHT, WIDTH), 1e-3, np.float32)
    before = layer(made.depths[0], sure / 8, 1.0)
    spreads = [
        np.median(past(before, tie, step, moved(made.depths[1], step), sure).variance)
        for step in (0.0, 0.1, 0.2)
    ]
    assert spreads[1] > 1.2 * spreads[0] and spreads[2] > 1.2 * spreads[1]


def test_the_future_is_a_robust_mean():
    shape = HEIGHT, WIDTH
    ones, sure = np.ones(shape, np.float32), np.full(shape, 1e-3, np.float32)
    told = [np.full(shape, v, np.float32) for v in (0.48, 0.52, 0.9)]
    answer = future(
        [(v, sure) for v in told], [ones] * 3, [ones] * 3, (0.5 * ones, sure), 0.5 * ones
    )
    assert answer is not None and answer.name == "future"
    assert answer.inverse_depth.mean() == pytest.approx(0.5, abs=0.02)
    assert answer.variance.max() < 1e-3
    nothing = future([(told[2], sure)], [0 * ones], [ones], (0.5 * ones, sure), 0.5 * ones)
    assert nothing is not None and nothing.variance.min() > 1.0
    assert future([], [], [], (ones, sure), ones) is None
