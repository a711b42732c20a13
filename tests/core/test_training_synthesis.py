# SPDX-License-Identifier: GPL-3.0-or-later
"""What the synthesis network learns from, and that it learns."""

import cv2
import numpy as np
import pytest
import torch

from core.errors import SecondEyeError
from core.evaluation.hidden import score_fill
from core.synthesis.guess import Guess
from core.synthesis.learned import save_network
from core.synthesis.network import SynthesisNetwork
from core.training.averaging import names, tensors
from core.training.repair_loop import RepairTrainer, save_repair
from core.training.repair_task import RepairSchedule
from core.training.synthesis_command import begin
from core.training.synthesis_data import Hidden, cut_hole, hidden_hole
from core.training.synthesis_task import SynthesisTask

HEIGHT, WIDTH = 96, 128


def hidden(seed, second=False):
    """A wall at .2 per metre and a removed card at 1; ``second``: another beside it, as well."""
    rng = np.random.default_rng(seed)
    wall = cv2.GaussianBlur(rng.random((HEIGHT, WIDTH, 3), np.float32), (0, 0), 4)
    wall = np.rint(wall * 255).astype(np.uint8)
    rgb, truth = wall.copy(), np.full((HEIGHT, WIDTH), 0.2, np.float16)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    rgb[30:70, 40:80], truth[30:70, 40:80], mask[30:70, 40:80] = 255, 1.0, 1
    if second:
        rgb[30:70, 80:110], truth[30:70, 80:110], mask[30:70, 80:110] = 90, 0.5, 1
    return Hidden(f"s{seed}", seed, rgb, truth, wall, np.full_like(truth, 0.2), mask)


def test_the_truth_behind_a_card_is_the_wall():
    frame = hidden(1)
    hole = hidden_hole(frame, None, 0.1)
    assert hole.judged[50, 42] and not hole.judged[10, 10] and not hole.judged[50, 60]
    assert np.allclose(hole.true_colour[50, 42] * 255, frame.behind_rgb[50, 42], atol=0.01)
    assert hole.true_depth[50, 42] < 0.1 < 0.9 < hole.given_depth[50, 42]
    assert hole.colour[hole.wanted].max() < 0.9  # nothing of the white card in the first guess


def test_an_estimate_of_another_scale_asks_for_the_same_pixels():
    frame = hidden(1)
    true, told = (
        hidden_hole(frame, base, 0.1) for base in (None, frame.truth.astype(np.float32) * 7 + 3)
    )
    assert np.array_equal(true.judged, told.judged)
    assert np.allclose(true.true_depth, told.true_depth, atol=0.02)


def test_what_stands_behind_two_removed_things_is_not_asked_for_behind_the_first():
    hole = hidden_hole(hidden(1, second=True), None, 0.1)
    assert hole.judged[50, 42] and not hole.judged[50, 77]


def test_a_cut_hole_hides_the_truth_from_the_network():
    frame, shape = hidden(2), np.zeros((HEIGHT, WIDTH), np.float32)
    shape[20:60, 20:60] = 1.0
    rgb = frame.behind_rgb.copy()
    first = cut_hole(rgb, frame.behind.astype(np.float32), shape, 0.1)
    rgb[~first.known] = 255
    second = cut_hole(rgb, frame.behind.astype(np.float32), shape, 0.1)
    assert first.judged.any() and np.array_equal(first.colour, second.colour)
    assert not np.array_equal(first.true_colour, second.true_colour)


def test_truth_scores_best_and_depth_error_is_none():
    holes = [hidden_hole(hidden(n), None, 0.1) for n in range(2)]
    truths = iter(holes)

    def truth(rgb, depth, band):
        hole = next(truths)
        return Guess(hole.true_colour * 255, hole.true_depth, depth)

    scores = score_fill(truth, holes)
    assert scores["psnr"] > 60 and scores["depth"] < 1e-6 and scores["frames"] == 2


def test_training_is_seeded_and_brings_the_loss_down():
    def losses(steps):
        torch.manual_seed(0)
        frames = [hidden(n) for n in range(3)]
        task = SynthesisTask(frames, [], [hidden_hole(frames[0], None, 0.1)])
        trainer = RepairTrainer(task, RepairSchedule(steps * 2, 2, warm_up=1))
        return [trainer.train_step()["loss"] for _ in range(steps)], trainer

    first, trainer = losses(12)
    again, _ = losses(2)
    assert np.isfinite(first).all() and set(trainer.validate()) == {"psnr", "depth"}
    assert again[0] == first[0]
    assert np.mean(first[-4:]) < np.mean(first[:4])


def test_a_run_begins_with_shipped_weights_or_a_checkpoint(tmp_path):
    torch.manual_seed(1)
    learnt = SynthesisNetwork()
    shipped, checkpoint = tmp_path / "learnt.safetensors", tmp_path / "checkpoint.pt"
    save_network(shipped, dict(zip(names(learnt), tensors(learnt), strict=True)), {})
    task = SynthesisTask([hidden(0)], [], [])
    task.network.load_state_dict(learnt.state_dict())
    save_repair(checkpoint, RepairTrainer(task, RepairSchedule(2, 2)))
    for source in (shipped, checkpoint):
        torch.manual_seed(2)
        network = SynthesisNetwork()
        begin(network, source)
        for found, wanted in zip(tensors(network), tensors(learnt), strict=True):
            assert torch.allclose(found, wanted, atol=1e-3), source
    state = torch.load(checkpoint, weights_only=True)
    torch.save(state | {"names": ["something.else"]}, checkpoint)
    with pytest.raises(SecondEyeError, match="another network's weights"):
        begin(SynthesisNetwork(), checkpoint)
