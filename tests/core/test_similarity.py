# SPDX-License-Identifier: GPL-3.0-or-later
"""Similarity of layers, and the sharing that is chosen from it."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from core.depth.network import DepthNetwork, NetworkConfig
from core.errors import SecondEyeError
from core.training.dataset import Sample
from core.training.similarity import (
    block_features,
    choose_tying,
    draw_matrix,
    hsic,
    linear_cka,
    random_tying,
    similarity_matrix,
)

CONFIG = NetworkConfig(
    stem=8,
    widths=(8, 12, 16, 24),
    depths=(1, 2, 3, 2),
    mlps=(1, 1, 2, 1),
    groups=(2, 2, 2, 2),
    decoder=(16, 12, 8, 8, 8),
    shared=False,
)


def features(seed: int, n: int = 200, channels: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, channels))


def test_hsic_equals_the_definition_over_gram_matrices() -> None:
    x, y = features(0, 12), features(1, 12) + 3
    n = len(x)
    k, m = x @ x.T, y @ y.T
    np.fill_diagonal(k, 0)
    np.fill_diagonal(m, 0)
    one = np.ones(n)
    wanted = np.trace(k @ m) + one @ k @ one * (one @ m @ one) / ((n - 1) * (n - 2))
    wanted -= 2 / (n - 2) * (one @ k @ m @ one)
    assert hsic(x, y) == pytest.approx(wanted / (n * (n - 3)), rel=1e-9)


def test_cka_forgives_rotation_and_gain_only() -> None:
    x = features(0)
    turned = 5 * x @ np.linalg.qr(features(2, 6))[0] + 1
    assert linear_cka(x, turned) == pytest.approx(1)
    assert abs(linear_cka(x, features(1))) < 0.1
    assert 0.2 < linear_cka(x, x + features(1)) < 0.8
    # More channels than samples: the plain estimate would be near 1 here.
    assert abs(linear_cka(features(3, 40, 300), features(4, 40, 300))) < 0.2


def test_similar_blocks_share_and_others_do_not() -> None:
    matrix = np.eye(7)
    for a, b in ((0, 5), (2, 3)):
        matrix[a, b] = matrix[b, a] = 0.9
    assert choose_tying(matrix, (7,), (5,)) == ((0, 1, 2, 2, 3, 0, 4),)
    assert choose_tying(matrix, (7,), (7,)) == (tuple(range(7)),)
    assert choose_tying(matrix, (2, 5), (1, 4)) == ((0, 0), (0, 0, 1, 2, 3))
    with pytest.raises(SecondEyeError, match="3 blocks can't share 4"):
        choose_tying(matrix, (3,), (4,))


def test_a_random_tying_differs_by_seed_and_keeps_the_parameters() -> None:
    base = NetworkConfig()
    drawn = {random_tying(base.depths, base.mlps, seed) for seed in range(8)}
    assert len(drawn) > 3
    for tying in drawn:
        assert [len(set(stage)) for stage in tying] == list(base.mlps)
        assert max(stage.count(use) for stage in tying for use in stage) == 2
    assert random_tying(base.depths, base.mlps, 5) == random_tying(base.depths, base.mlps, 5)


def test_a_networks_matrix_finds_the_block_that_was_copied(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = DepthNetwork(CONFIG)
    stage = network.encoder.stages[2]
    # The second block of the stage is silenced, so the third sees what the second saw: with the
    # same weights it does the same.
    stage[1].norm_out.weight.data.zero_()
    stage[2].load_state_dict(stage[0].state_dict())
    samples = [
        Sample(
            str(i), np.random.default_rng(i).integers(0, 256, (60, 80, 3), np.uint8), None, 0, ""
        )
        for i in range(6)
    ]
    found = block_features(network, samples, (64, 96), (2, 3))
    assert [[x.shape for x in stage] for stage in found] == [
        [(36, width)] * depth for width, depth in zip(CONFIG.widths, CONFIG.depths, strict=True)
    ]
    matrix = similarity_matrix(found)
    assert matrix.shape == (8, 8) and np.array_equal(matrix, matrix.T)
    assert matrix[3, 5] > max(matrix[3, 4], matrix[4, 5])
    tying = choose_tying(matrix, CONFIG.depths, CONFIG.mlps)
    assert tying[2] == (0, 1, 0)
    draw_matrix(matrix, CONFIG.depths, tmp_path / "m.png", tying)
    picture = cv2.imread(str(tmp_path / "m.png"))
    assert picture is not None and picture.std() > 20
    assert not any(b._forward_hooks for b in network.modules())
    with pytest.raises(SecondEyeError, match="four samples"):
        similarity_matrix([[features(0, 3)]])
