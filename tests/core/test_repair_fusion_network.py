# SPDX-License-Identifier: GPL-3.0-or-later
"""The two networks that correct variances: shapes, sizes, bounds, and that they can learn."""

import numpy as np
import pytest
import torch

from core.repair import Candidate, Frame, RepairSettings
from core.repair.fusion import fuse
from core.repair.fusion_network import (
    CHANNELS,
    GRID_POSITIONS,
    LARGEST,
    Corrector,
    FusionNetwork,
    fusion_input,
    grid_size,
)
from core.repair.repair import WEIGHTS
from core.repair.semantic import SemanticBranch
from core.repair.semantic_network import Judge, SemanticNetwork
from core.repair.weights import new_network, read_networks
from core.training.repair_fusion import ARRAYS, FusionTask, SemanticTask, fusion_loss, shares_of
from core.training.repair_loop import RepairTrainer
from core.training.repair_samples import (
    MOST_LOG,
    FusionSample,
    alone,
    fusion_sample,
    semantic_sample,
    without_base,
)
from core.training.repair_task import RepairSchedule

NAMES = ("base", "spatial", "semantic", "past", "future")


def weighed(candidates, settings, network=None, rgb=None):
    """What `fuse` answers, and the weights."""
    weights = np.empty((len(candidates), *candidates[0].inverse_depth.shape), np.float32)
    return *fuse(candidates, settings, network, rgb, weights), weights


def candidates(shape=(96, 128), seed=0, names=NAMES):
    """Estimates of one slope; what each claims of itself is wrong for all but the base."""
    rng = np.random.default_rng(seed)
    truth = np.linspace(0.2, 1, shape[0], dtype=np.float32)[:, None].repeat(shape[1], 1)
    made = []
    for i, name in enumerate(names):
        noise = rng.normal(0, 0.02 * (1 + i), shape).astype(np.float32)
        variance = np.full(shape, 4e-4, np.float32)
        evidence = {}
        if name in ("past", "future"):
            evidence = {n: rng.random(shape, np.float32) for n in ("flow", "photometric")}
        if name == "semantic":
            variance[:, : shape[1] // 2] = np.inf
        made.append(Candidate(name, truth + noise, variance, evidence))
    rgb = rng.integers(0, 255, (*shape, 3)).astype(np.uint8)
    return made, rgb, truth


def random_head(network):
    torch.manual_seed(1)
    torch.nn.init.normal_(network.head.weight, std=1.0)
    return network.eval()


def test_the_three_networks_have_the_size_they_are_said_to_have():
    sizes = {
        part: sum(p.numel() for p in new_network(part).parameters())
        for part in ("spatial", "fusion", "semantic")
    }
    assert 0.95 * 2.22e6 < sum(sizes.values()) < 1.05 * 2.22e6
    assert 0.25e6 < sizes["fusion"] < 0.35e6
    assert sizes["semantic"] == pytest.approx(0.12e6, rel=0.1)


def test_what_ships_holds_all_three_networks():
    networks = read_networks(WEIGHTS)
    parts = (networks.spatial, networks.fusion, networks.semantic)
    assert all(part is not None for part in parts)
    count = sum(p.numel() for part in parts for p in part.parameters())
    assert 2.11e6 < count < 2.33e6
    assert WEIGHTS.stat().st_size < 2.2 * count  # half precision


def test_untrained_networks_change_nothing():
    some, rgb, _ = candidates()
    plain = weighed(some, RepairSettings())[0]
    np.testing.assert_array_equal(
        weighed(some, RepairSettings(), Corrector(FusionNetwork().eval()), rgb)[0], plain
    )
    depth = some[0].inverse_depth
    frame = Frame(rgb, depth, some[0].variance, np.ones(depth.shape, np.uint8))
    one = SemanticBranch(None)(frame)
    other = SemanticBranch(Judge(SemanticNetwork().eval()))(frame)
    np.testing.assert_allclose(one.variance, other.variance, rtol=1e-5)


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("shape", [(9, 11), (96, 128), (131, 257)])
def test_offsets_are_bounded_at_any_size(count, shape):
    some, rgb, _ = candidates(shape, names=NAMES[:count])
    network = Corrector(random_head(FusionNetwork()))
    offsets = network.offsets(some, rgb)
    assert offsets.shape == (count, *grid_size(*shape))
    assert offsets[0].size <= 1.05 * GRID_POSITIONS
    assert 0.01 < np.abs(offsets).max() <= LARGEST + 1e-4
    assert np.isfinite(network.offsets(some, None)).all()
    depth, variance, _ = weighed(some, RepairSettings(), network, rgb)
    assert np.isfinite(depth).all() and np.isfinite(variance).all()


def test_the_input_knows_no_unit():
    some, rgb, _ = candidates()
    scaled = [Candidate(c.name, c.inverse_depth * 1000, c.variance * 1e6, c.evidence) for c in some]
    one, other = fusion_input(some, rgb), fusion_input(scaled, rgb)
    assert one.shape == (CHANNELS, *grid_size(96, 128))
    np.testing.assert_allclose(one, other, atol=2e-3)


def test_silence_stays_silence():
    some, rgb, _ = candidates()
    network = Corrector(random_head(FusionNetwork()))
    _, _, weights = weighed(some, RepairSettings(), network, rgb)
    assert not weights[2][:, :64].any() and weights[2][:, 64:].all()


def test_the_same_candidates_in_another_order():
    some, rgb, _ = candidates()
    network = Corrector(random_head(FusionNetwork()))
    forth = network.offsets(some, rgb)
    back = network.offsets([some[0], *some[:0:-1]], rgb)
    np.testing.assert_allclose(back[1:][::-1], forth[1:], atol=1e-4)


def arrays_of(sample):
    made = [torch.from_numpy(getattr(sample, n).astype(np.float32))[None] for n in ARRAYS]
    return made[0], [sample.names, *made[1:]]


def test_training_weighs_as_fusion_does():
    some, rgb, _ = candidates()
    network = Corrector(random_head(FusionNetwork()))
    for names in (NAMES, ("base", "semantic", "past"), ("base", "spatial")):
        chosen = [c for c in some if c.name in names]
        offsets = torch.from_numpy(network.offsets(chosen, rgb))[None]
        logs = torch.from_numpy(np.log(np.minimum([c.variance for c in chosen], 1e30)))[None]
        if "spatial" in names:
            logs[:, 0] = MOST_LOG
        weights = weighed(chosen, RepairSettings(), network, rgb)[2]
        np.testing.assert_allclose(shares_of(offsets, logs, names)[0], weights, atol=1e-4)


def test_training_learns_whom_to_trust():
    samples = []
    for seed in range(6):
        some, rgb, truth = candidates((48, 64), seed)
        sample = fusion_sample(some, rgb, truth)
        assert isinstance(sample, FusionSample)
        samples.append(sample)
    torch.manual_seed(0)
    task = FusionTask(samples, samples[:2])
    before = task.validate()
    trainer = RepairTrainer(task, RepairSchedule(160, 4, 2e-3, warm_up=4, average=0.8))
    while not trainer.done:
        trainer.train_step()
    after = trainer.validate()
    assert before["error"] == pytest.approx(before["plain_error"], rel=1e-3)
    assert after["error"] < 0.97 * before["error"]


def test_the_loss_is_least_for_the_truth():
    some, rgb, truth = candidates((48, 64))
    sample = fusion_sample(some, rgb, truth)
    told, rest = arrays_of(sample)
    right = torch.zeros(1, 5, *told.shape[2:])
    right[:, 0], right[:, 1:] = -2, 2
    good, bad = (fusion_loss(offsets, *rest) for offsets in (right, -right))
    assert good["error"] < bad["error"] and good["edges"] < bad["edges"]


def test_a_step_blunter_than_the_sharpest_candidate_costs():
    truth = np.full((48, 64), 0.2, np.float32)
    truth[:, 32:] = 0.8
    soft = np.clip((np.arange(64, dtype=np.float32) - 26) / 12, 0, 1) * 0.6 + 0.2
    variance = np.full_like(truth, 1e-4)
    some = [
        Candidate("base", np.broadcast_to(soft, truth.shape).copy(), variance),
        Candidate("spatial", truth + 0.01, variance),
        Candidate("past", np.broadcast_to(soft, truth.shape).copy(), variance),
    ]
    rgb = np.zeros((*truth.shape, 3), np.uint8)
    told, rest = arrays_of(fusion_sample(some, rgb, truth))
    offsets = torch.zeros(1, 3, *told.shape[2:])
    offsets[:, 1] = -2
    sharp, blunt = (fusion_loss(o, *rest)["blunt"] for o in (offsets, -offsets))
    assert sharp < 0.5 * blunt


def test_bumps_count_where_the_truth_is_a_plane():
    some, rgb, truth = candidates((64, 96))
    wavy = truth + 0.05 * np.sin(np.arange(96, dtype=np.float32) / 5)
    pair = [Candidate(n, d, some[0].variance) for n, d in (("base", truth), ("past", wavy))]
    told, rest = arrays_of(fusion_sample(pair, rgb, truth))
    offsets = torch.zeros(1, 2, *told.shape[2:])
    offsets[:, 0], offsets[:, 1] = -2, 2
    flat, bumpy = (fusion_loss(o, *rest)["bumps"] for o in (offsets, -offsets))
    assert flat < 0.2 * bumpy


def test_a_frame_that_has_nothing_to_do_with_the_truth_teaches_nothing():
    some, rgb, truth = candidates((48, 64))
    assert fusion_sample(some, rgb, truth.max() - truth) is None


def test_semantic_samples():
    some, rgb, truth = candidates()
    labels = np.ones(truth.shape, np.uint8)
    frame = Frame(rgb, some[0].inverse_depth, some[0].variance, labels)
    sample = semantic_sample(frame, truth)
    assert sample is not None and len(sample.depths) == 2
    assert (
        semantic_sample(
            Frame(
                *(getattr(frame, n) for n in ("rgb", "inverse_depth", "variance")),
                np.full_like(labels, 5),
            ),
            truth,
        )
        is None
    )


def test_the_semantic_network_learns_from_its_samples():
    some, rgb, truth = candidates()
    frame = Frame(rgb, some[0].inverse_depth, some[0].variance, np.ones(truth.shape, np.uint8))
    task = SemanticTask([], [])
    sample = semantic_sample(frame, truth)
    loss, terms = task._judge([sample], [1])
    assert bool(torch.isfinite(loss)) and terms["error"] == pytest.approx(terms["plain_error"])


def test_a_sample_alone_is_what_a_still_is():
    some, rgb, truth = candidates()
    whole, still = fusion_sample(some, rgb, truth), fusion_sample(some[:3], rgb, truth)
    assert whole is not None and still is not None
    left = alone(whole)
    assert left.names == still.names
    np.testing.assert_allclose(left.told, still.told, atol=5e-3)
    np.testing.assert_array_equal(left.logs, still.logs)
    assert not left.trust.any()


def test_the_base_is_silent_where_the_spatial_branch_speaks():
    some, rgb, truth = candidates()
    whole = fusion_sample(some, rgb, truth)
    without = fusion_sample([c for c in some if c.name != "spatial"], rgb, truth)
    assert whole is not None and without is not None
    assert (without_base(whole).logs[0] == MOST_LOG).all()
    np.testing.assert_array_equal(without_base(whole).logs[1:], whole.logs[1:])
    assert without_base(without) is without
