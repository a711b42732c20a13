# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest

from core.errors import SecondEyeError
from core.evaluation.rgbd import (
    METRICS,
    align,
    compare,
    mean_scores,
    score,
    valid_pixels,
    vertical_ramp,
)


@pytest.fixture
def scene():
    rng = np.random.default_rng(3)
    return rng.uniform(0.8, 5.0, (30, 40))


def test_metrics_by_hand():
    got = compare(np.array([1.0, 2.0, 4.0, 10.0]), np.array([1.0, 2.6, 4.0, 4.0]))
    assert got["abs_rel"] == pytest.approx((0 + 0.6 / 2.6 + 0 + 1.5) / 4)
    assert got["rmse"] == pytest.approx(np.sqrt((0.36 + 36) / 4))
    assert got["log10"] == pytest.approx((np.log10(1.3) + np.log10(2.5)) / 4)
    assert (got["delta1"], got["delta2"], got["delta3"]) == (0.5, 0.75, 0.75)


def test_alignment_forgives_scale_and_shift_of_inverse_depth(scene):
    perfect = score(7.0 * (1 / scene) + 3.0, scene)
    assert perfect["abs_rel"] == pytest.approx(0, abs=1e-9) and perfect["delta1"] == 1.0
    rough = 1 / scene + 0.1 * np.sin(np.arange(1200)).reshape(30, 40)
    first, second = score(rough, scene), score(42.0 * rough - 5.0, scene)
    assert first["abs_rel"] > 0.01
    for name in METRICS:
        assert second[name] == pytest.approx(first[name])


def test_metric_scores_forgive_nothing(scene):
    assert score(1 / scene, scene, metric=True)["abs_rel"] == pytest.approx(0, abs=1e-9)
    assert score(0.5 / scene, scene, metric=True)["abs_rel"] == pytest.approx(1.0)


def test_alignment_is_least_squares_over_valid_pixels_only(scene):
    rng = np.random.default_rng(4)
    rough = 1 / scene + rng.normal(0, 0.05, scene.shape)
    holed = scene.copy()
    holed[:5] = 0
    holed[5, :3] = np.nan
    expected = np.polyfit(rough[valid_pixels(holed)], 1 / holed[valid_pixels(holed)], 1)
    got = align(rough[valid_pixels(holed)], 1 / holed[valid_pixels(holed)])
    assert got == pytest.approx(expected)
    rough[:5] = 1e6
    assert score(rough, holed)["abs_rel"] < 0.2


def test_a_crop_narrows_the_pixels(scene):
    estimate = 1 / scene
    estimate[:, :20] = 100.0
    right = np.zeros(scene.shape, bool)
    right[:, 20:] = True
    assert score(estimate, scene, counts=right)["abs_rel"] == pytest.approx(0, abs=1e-9)


def test_depth_is_clipped_to_the_farthest():
    depth = np.array([[1.0, 1.0], [8.0, 8.0]])
    estimate = np.array([[1.0, 1.0], [0.0, 0.0]])
    assert score(estimate, depth, metric=True, farthest=10.0)["rmse"] == pytest.approx(np.sqrt(2))


def test_the_estimate_is_resized_to_the_truth():
    ramp = vertical_ramp(200, 100)
    depth = 1 / (1.0 + vertical_ramp(100, 50)).astype(float)
    assert score(ramp, depth)["abs_rel"] < 1e-3


def test_ramp_rises_to_the_bottom_and_a_constant_model_gets_the_mean():
    ramp = vertical_ramp(5, 3)
    assert ramp[0].tolist() == [0, 0, 0] and ramp[-1].tolist() == [1, 1, 1]
    assert align(np.full(9, 4.0), np.linspace(0, 1, 9)) == pytest.approx((0.0, 0.5))


def test_nothing_to_score_is_one_sentence():
    with pytest.raises(SecondEyeError, match="no value"):
        score(np.ones((4, 4)), np.zeros((4, 4)))
    with pytest.raises(SecondEyeError, match="finite"):
        score(np.full((4, 4), np.nan), np.ones((4, 4)))
    with pytest.raises(SecondEyeError):
        mean_scores([])


def test_means_are_over_pictures():
    rows = [dict.fromkeys(METRICS, 1.0), dict.fromkeys(METRICS, 3.0)]
    assert mean_scores(rows)["rmse"] == 2.0
