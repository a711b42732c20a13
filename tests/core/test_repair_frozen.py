# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings of networks: the networks' own bits, whatever shapes come, or none."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor, nn

from core.depth.fold import channels_last, fold_norms
from core.repair.frozen import SHAPES, Frozen
from core.repair.repair import WEIGHTS
from core.repair.weights import read_networks


@pytest.fixture(scope="module")
def spatial():
    return channels_last(fold_norms(read_networks(WEIGHTS).spatial))


def told(height, width, seed=0):
    own = torch.Generator().manual_seed(seed)  # threads share the common one
    picture = torch.rand(1, 5, height, width, generator=own)
    labels = torch.randint(0, 8, (1, height, width), dtype=torch.uint8, generator=own)
    return picture.contiguous(memory_format=torch.channels_last), labels


def test_a_recording_has_the_networks_bits(spatial):
    frozen = Frozen(spatial)
    sizes = [(64, 96), (61, 90), (96, 64), (32, 32), (64, 96)]
    assert len(set(sizes)) > SHAPES
    with torch.inference_mode():
        for seed, size in enumerate(sizes):
            for one, other in zip(
                frozen(*told(*size, seed)), spatial(*told(*size, seed)), strict=True
            ):
                assert torch.equal(one, other)
            found = next(reversed(frozen._recordings.values()))
            assert found is not spatial
    assert len(frozen._recordings) == SHAPES


def test_threads_share_one_recording(spatial):
    frozen = Frozen(spatial)

    def answer(seed):
        torch.set_num_threads(1)
        with torch.inference_mode():
            return frozen(*told(64, 96, seed))

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(answer, range(12)))
    assert len(frozen._recordings) == 1
    with torch.inference_mode():
        for seed, pair in enumerate(found):
            assert all(map(torch.equal, pair, spatial(*told(64, 96, seed))))


class Rounded(nn.Module):
    """Where a value is looked at in Python, a recording has it for good."""

    def forward(self, x: Tensor) -> Tensor:
        self.calls = getattr(self, "calls", 0) + 1
        return x * self.calls


def test_a_network_that_can_not_be_recorded_answers_itself():
    network = Rounded().eval()
    frozen = Frozen(network)
    with torch.inference_mode():
        frozen(torch.ones(3))
        before = network.calls
        assert frozen(torch.ones(3))[0] == before + 1
