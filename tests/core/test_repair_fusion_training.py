# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves found among frames, and samples made of them by the real branches."""

from pathlib import Path

import numpy as np
import torch

from core.repair import Frame, RepairSettings
from core.repair.repair import Repair
from core.repair.weights import new_network, save_networks
from core.training.averaging import names
from core.training.averaging import tensors as averaged
from core.training.frames import FrameRef
from core.training.repair_fusion import FusionTask
from core.training.repair_moves import moves_of
from core.training.repair_samples import gather


def ref(stem, later, folder="a", seed=1):
    return FrameRef(Path(folder), stem, "room", seed, 0, later, False)


def test_moves_are_chains():
    frames = [ref("0", "1"), ref("1", "2"), ref("2", None), ref("3", None), ref("4", "5")]
    frames += [ref("5", None), ref("1", None, "b"), ref("9", "lost", "b")]
    stems = [[f.stem for f in move] for move in moves_of(frames)]
    assert stems == [["0", "1", "2"], ["4", "5"]]


def move(count, seed=0, shape=(72, 96)):
    """A textured slope that the camera slides along, with noisy estimates."""
    rng = np.random.default_rng(seed)
    texture = rng.integers(0, 255, (shape[0], shape[1] + 40, 3)).astype(np.uint8)
    truth = np.linspace(0.2, 1, shape[0], dtype=np.float32)[:, None].repeat(shape[1], 1)
    labels = np.ones(shape, np.uint8)
    frames = []
    for i in range(count):
        rgb = np.ascontiguousarray(texture[:, 2 * i : 2 * i + shape[1]])
        noisy = np.maximum(truth + rng.normal(0, 0.03, shape), 0).astype(np.float32)
        frames.append((Frame(rgb, noisy, np.full(shape, 1e-3, np.float32), labels), truth))
    return frames


def test_samples_are_of_frames_with_a_past(tmp_path):
    torch.manual_seed(0)
    weights = tmp_path / "spatial.safetensors"
    network = new_network("spatial")
    tensors = dict(zip(names(network), averaged(network), strict=True))
    save_networks(weights, {"spatial": tensors}, {})
    samples = list(gather(Repair(RepairSettings(look_ahead=2), weights), [move(4), move(2, 1)]))
    assert len(samples) == 4  # 3 of the first, 1 of the second
    assert {len(s.depths) for s in samples} == {4, 5}  # the last of a move has no future
    for sample in samples:
        assert np.isfinite(sample.told).all() and np.isfinite(sample.logs).all()
        assert sample.trust[sample.names.index("past")].max() > 0.5
        assert not sample.trust[0].any()
        assert np.abs(sample.depths - sample.truth).mean() < 0.2
    task = FusionTask(samples, samples)
    loss, terms = task.loss([np.random.default_rng([0, i]) for i in range(3)])
    assert bool(torch.isfinite(loss)) and terms["error"] == terms["plain_error"]
    again, _ = task.loss([np.random.default_rng([0, i]) for i in range(3)])
    assert torch.equal(loss, again)
