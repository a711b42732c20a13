# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest

from core.repair import OFF, Candidate, RepairSettings
from core.repair.fusion import CORRELATION, HUSHED, chosen, fuse

ON = RepairSettings()


def weighed(candidates, settings, network=None, rgb=None):
    """What `fuse` answers, and the weights."""
    weights = np.empty((len(candidates), *candidates[0].inverse_depth.shape), np.float32)
    return *fuse(candidates, settings, network, rgb, weights), weights


def candidate(name, depth, variance, shape=(6, 9)):
    return Candidate(
        name,
        np.broadcast_to(np.float32(depth), shape).copy(),
        np.broadcast_to(np.float32(variance), shape).copy(),
    )


def random_candidates(seed=3, shape=(64, 48)):
    rng = np.random.default_rng(seed)
    return [
        Candidate(
            name,
            rng.random(shape, np.float32),
            np.exp(rng.normal(-4, 2, shape)).astype(np.float32),
        )
        for name in ("base", "spatial", "semantic", "past", "future")
    ]


def test_weights_are_the_softmax_of_minus_log_variance():
    candidates = [c for c in random_candidates() if c.name not in ("spatial", "semantic")]
    depth, variance, weights = weighed(candidates, ON)
    logits = -np.log(np.stack([c.variance for c in candidates]).astype(np.float64))
    expected = np.exp(logits) / np.exp(logits).sum(axis=0)
    np.testing.assert_allclose(weights, expected, rtol=1e-4, atol=1e-6)
    mean = sum(w * c.inverse_depth for w, c in zip(expected, candidates, strict=True))
    np.testing.assert_allclose(depth, mean, rtol=1e-4, atol=1e-6)
    assert depth.dtype == variance.dtype == weights.dtype == np.float32


def test_all_off_is_the_base_bit_for_bit():
    candidates = random_candidates()
    depth, variance, weights = weighed(candidates, OFF)
    assert depth.tobytes() == candidates[0].inverse_depth.tobytes()
    assert variance.tobytes() == candidates[0].variance.tobytes()
    assert (weights[0] == 1).all() and not weights[1:].any()


def test_infinite_variances_leave_the_base_bit_for_bit():
    base, spatial, *_ = random_candidates()
    silent = Candidate("spatial", spatial.inverse_depth, np.full_like(spatial.variance, np.inf))
    depth, variance, weights = weighed([base, silent], ON)
    assert depth.tobytes() == base.inverse_depth.tobytes()
    np.testing.assert_allclose(variance, base.variance, rtol=1e-5)
    assert not weights[1].any()


def test_a_base_that_knows_nothing_and_nobody_else():
    base = candidate("base", 0.25, np.inf)
    depth, variance, _ = weighed([base, candidate("semantic", 0.9, np.inf)], ON)
    assert (depth == 0.25).all() and np.isinf(variance).all()


def test_a_strength_multiplies_the_weight():
    candidates = [candidate("base", 0, 1), candidate("past", 1, 1)]
    depth, _, _ = weighed(candidates, RepairSettings(temporal=0.5))
    np.testing.assert_allclose(depth, 1 / 3, rtol=1e-6)


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        (RepairSettings(temporal=0), ["base", "spatial", "semantic"]),
        (RepairSettings(spatial=0), ["base", "semantic", "past", "future"]),
        (RepairSettings(semantic=0), ["base", "spatial", "past", "future"]),
        (OFF, ["base"]),
    ],
)
def test_a_branch_that_is_off_is_left_out(settings, left):
    candidates = random_candidates()
    assert [c.name for c in chosen(candidates, settings)] == left
    depth, _, weights = weighed(candidates, settings)
    without, _, _ = weighed([c for c in candidates if c.name in left], settings)
    np.testing.assert_array_equal(depth, without)
    for c, weight in zip(candidates, weights, strict=True):
        assert weight.any() == (c.name in left and (c.name != "base" or "spatial" not in left))


def test_the_base_goes_as_the_spatial_branch_comes():
    candidates = [candidate("base", 0, 1), candidate("spatial", 1, 1), candidate("past", 1, 2)]
    for strength in (0.0, 0.25, 1.0):
        depth, _, weights = weighed(candidates, RepairSettings(spatial=strength))
        base = (1 - strength) / 1.5
        np.testing.assert_allclose(weights[0], base, rtol=1e-6)
        np.testing.assert_allclose(depth, 1 - base, rtol=1e-6)


def test_the_semantic_branch_gives_way_to_time():
    """Alone it has its full weight; beside a past that counts for many frames, a frame's share."""
    one = [candidate("base", 0, 1), candidate("semantic", 1, 0.5)]
    np.testing.assert_allclose(weighed(one, ON)[2][1], 2 / 3, rtol=1e-6)
    for variance in (0.125, np.inf):
        weights = weighed([*one, candidate("past", 0, variance)], ON)[2]
        past = 1 / variance
        semantic = 2 / (1 + HUSHED * past)
        np.testing.assert_allclose(weights[1], semantic / (1 + semantic + past), rtol=1e-5)
    # Where the frame's own estimate says nothing, nothing is divided by it.
    lost = [candidate("base", 0, np.inf), candidate("semantic", 1, 1), candidate("past", 0, np.inf)]
    np.testing.assert_allclose(weighed(lost, ON)[2][1], 1, rtol=1e-6)


def test_agreement_of_echoes_makes_no_pixel_sure():
    one = [candidate("base", 0.5, 0.01)]
    alike = one + [candidate(n, 0.5, 0.01) for n in ("spatial", "semantic", "past", "future")]
    _, variance, _ = weighed(alike, ON)
    assert (variance < 0.01).all()
    assert (variance >= CORRELATION * 0.01).all()


def test_a_past_fed_back_does_not_freeze():
    """Repeated fusion with its own result settles, with a share of the present left."""
    past = candidate("past", 0.5, 0.01)
    for _ in range(200):
        depth, variance, weights = weighed([candidate("base", 0.5, 0.01), past], ON)
        past = Candidate("past", depth, variance)
    assert (variance > 0.005).all()
    assert (weights[0] > 0.3).all()


def test_disagreement_raises_the_variance():
    near = [candidate("base", 0.2, 0.001), candidate("past", 0.8, 0.001)]
    _, variance, _ = weighed(near, ON)
    np.testing.assert_allclose(variance, 0.09, rtol=1e-4)


def test_tiny_and_huge_variances_stay_finite():
    for low, high in ((1e-38, 1e30), (1e-20, 1e-19), (1e20, 1e25)):
        depth, variance, weights = weighed(
            [candidate("base", 1, low), candidate("past", 2, high)], ON
        )
        for array in (depth, variance, weights):
            assert np.isfinite(array).all()
        assert (variance > 0).all()
        np.testing.assert_allclose(weights.sum(axis=0), 1, rtol=1e-5)


class Certain:
    """Trusts the last candidate alone."""

    def offsets(self, candidates, rgb):
        self.rgb = rgb
        answer = np.full((len(candidates), 2, 3), 3, np.float32)
        answer[-1] = -3
        return answer


def test_a_network_moves_the_weights():
    network = Certain()
    rgb = np.zeros((6, 9, 3), np.uint8)
    depth, _, weights = weighed(
        [candidate("base", 0, 1), candidate("past", 1, 1)], ON, network, rgb
    )
    expected = 1 / (1 + np.exp(-6))
    np.testing.assert_allclose(weights[1], expected, rtol=1e-5)
    np.testing.assert_allclose(depth, expected, rtol=1e-5)
    assert network.rgb is rgb


class Leaning:
    """Trusts the first candidate on the left and the last on the right."""

    def offsets(self, candidates, rgb):
        answer = np.zeros((len(candidates), 1, 2), np.float32)
        answer[0, 0], answer[-1, 0] = (-2, 2), (2, -2)
        return answer


def test_a_network_moves_weights_smoothly_and_not_what_is_expected():
    """Its map is enlarged; a step in depth stays where the candidates have it."""
    base, past = candidate("base", 0, 1, (8, 64)), candidate("past", 1, 1, (8, 64))
    depth, variance, weights = weighed([base, past], RepairSettings(), Leaning())
    assert (np.diff(depth, axis=1) >= 0).all() and np.diff(depth, axis=1).max() < 0.05
    np.testing.assert_allclose(depth[:, 0], 1 / (1 + np.exp(4)), rtol=1e-4)
    apart = weights[0] * weights[1]
    expected = CORRELATION + (1 - CORRELATION) * np.square(weights).sum(axis=0)
    np.testing.assert_allclose(variance, np.maximum(expected, apart), rtol=1e-4)


def test_all_off_asks_no_network():
    candidates = random_candidates()
    depth, _, _ = weighed(candidates, OFF, network=None)
    again, _, _ = weighed(candidates, OFF, network=Certain())
    np.testing.assert_array_equal(depth, again)
