# SPDX-License-Identifier: GPL-3.0-or-later
"""The network's budgets, its sliced MLPs, and that any picture size goes through."""

import json
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from core.depth.fold import fold
from core.depth.labels import CLASSES, IGNORE, classes_of_render
from core.depth.network import DepthNetwork, NetworkConfig
from core.depth.sliced_mlp import SlicedMLP, shuffle_slices
from core.training.frames import LABELS


def count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.fixture(scope="module")
def network() -> DepthNetwork:
    """A network whose norms have moved away from their start, as after training."""
    torch.manual_seed(0)
    made = DepthNetwork()
    for module in made.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.1)
    return made.eval()


def test_parameters_within_the_published_budget(network: DepthNetwork) -> None:
    assert count(network.encoder) == pytest.approx(2.49e6, rel=0.05)
    assert count(network.decoder) == pytest.approx(1.04e6, rel=0.05)


def test_sharing_removes_about_thirty_percent_of_the_encoder(network: DepthNetwork) -> None:
    twin = DepthNetwork(NetworkConfig(shared=False))
    removed = 1 - count(network.encoder) / count(twin.encoder)
    assert 0.27 < removed < 0.33
    # Only MLPs are shared: both run the same number of blocks and MLPs.
    for own, other in zip(network.encoder.stages, twin.encoder.stages, strict=True):
        assert len(own) == len(other)
        assert len({id(block.mlp) for block in own}) < len(own)
        assert len({id(block.mlp) for block in other}) == len(other)
        assert len({id(block.norm_out) for block in own}) == len(own)


def test_any_blocks_of_a_stage_can_share_a_sliced_mlp() -> None:
    default, tying = NetworkConfig(), ((0, 0), (0, 1, 0), (0, 1, 2, 0, 3, 4, 1), (0, 1, 0, 2, 1))
    assert default.plan() == ((0, 0), (0, 0, 1), (0, 0, 1, 2, 2, 3, 4), (0, 0, 1, 1, 2))
    same = DepthNetwork(NetworkConfig(tying=default.plan()))
    assert list(same.state_dict()) == list(DepthNetwork(default).state_dict())
    config = NetworkConfig(tying=tying)
    assert NetworkConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    tied = DepthNetwork(config)
    assert count(tied) == count(same)
    for stage, uses in zip(tied.encoder.stages, tying, strict=True):
        for a, block in enumerate(stage):
            for b, other in enumerate(stage):
                assert (block.mlp is other.mlp) == (uses[a] == uses[b])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"tying": ((0, 0), (0, 0, 1))}, "one sliced MLP for each block"),
        ({"tying": ((1, 0), *NetworkConfig().plan()[1:])}, "count its sliced MLPs from 0"),
        ({"groups": (5, 3, 4, 4)}, "48 channels of stage 1 can't be cut into 5 equal slices"),
        ({"depths": (2, 3)}, "one value per stage"),
    ],
)
def test_shapes_that_make_no_network_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        NetworkConfig(**wrong)


def test_operations_at_256_by_448(network: DepthNetwork) -> None:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.rand(1, 3, 256, 448))
    # The counter takes a multiplication and an addition as two.
    assert 1e9 < counter.get_total_flops() <= 3.5e9


@pytest.mark.parametrize("size", [(1, 1), (33, 47), (64, 96), (97, 5), (31, 160)])
def test_any_size_goes_in_and_comes_out(network: DepthNetwork, size: tuple[int, int]) -> None:
    with torch.no_grad():
        inverse_depth, log_scale, labels = network(torch.rand(2, 3, *size))
    assert labels is not None
    assert labels.shape == (2, len(CLASSES), -(-size[0] // 4), -(-size[1] // 4))
    assert inverse_depth.shape == log_scale.shape == (2, 1, *size)
    assert bool((inverse_depth >= 0).all()) and bool(torch.isfinite(log_scale).all())


def test_a_slice_reads_its_own_channels_only() -> None:
    mlp = SlicedMLP(12, 3, 2)
    x = torch.randn(1, 12, 4, 4)
    changed = x.clone()
    changed[:, 4:8] += 1
    moved = (mlp(changed) - mlp(x)).abs().amax(dim=(0, 2, 3))
    assert bool((moved[4:8] > 0).all())
    assert bool((moved[:4] == 0).all()) and bool((moved[8:] == 0).all())


def test_shuffle_deals_every_old_slice_to_every_new_one() -> None:
    labels = torch.arange(12.0).view(1, 12, 1, 1)
    dealt = shuffle_slices(labels, 3).flatten().long()
    assert sorted(dealt.tolist()) == list(range(12))
    for new in dealt.view(3, 4):
        assert set((new // 4).tolist()) == {0, 1, 2}


def test_channels_that_slices_cannot_divide_are_refused() -> None:
    with pytest.raises(ValueError, match="10 channels"):
        SlicedMLP(10, 3, 2)


def test_folded_network_gives_the_same_answers(network: DepthNetwork) -> None:
    folded = fold(network)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in folded.modules())
    x = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        for a, b in zip(network(x), folded(x), strict=True):
            assert torch.allclose(a, b, atol=1e-4 * float(a.abs().max()))
    assert any(isinstance(m, nn.BatchNorm2d) for m in network.modules())


def test_classes_follow_the_renderers_names() -> None:
    values = np.arange(256, dtype=np.uint8)
    classes = classes_of_render(values)
    assert classes.dtype == np.uint8
    # A renderer's name is the first word of its class; "object" stands for furniture, too.
    for value, name in enumerate(LABELS):
        if name == "unlabelled":
            assert classes[value] == IGNORE
        else:
            assert name in CLASSES[classes[value]]
    assert set(classes[len(LABELS) :]) == {IGNORE}


def test_a_description_without_a_semantic_head_is_an_older_network() -> None:
    values = NetworkConfig().to_dict()
    assert NetworkConfig.from_dict(values) == NetworkConfig()
    del values["labels"]
    old = DepthNetwork(NetworkConfig.from_dict(values)).eval()
    with torch.no_grad():
        assert old(torch.rand(1, 3, 32, 32)).labels is None
    assert count(old.decoder) < count(DepthNetwork().decoder)
