# SPDX-License-Identifier: GPL-3.0-or-later
"""The terms of the depth loss: what they forgive, what they punish, and that they can be learnt."""

import math

import pytest
import torch

from core.depth.labels import IGNORE
from core.training.losses import (
    LossWeights,
    depth_loss,
    edge_loss,
    feature_loss,
    fit_scale_shift,
    gradient_loss,
    label_distance,
    label_loss,
    laplace_loss,
    pixel_weights,
    smoothness_loss,
)


@pytest.fixture
def target() -> torch.Tensor:
    torch.manual_seed(0)
    return torch.rand(3, 1, 24, 32)


def terms(prediction: torch.Tensor, target: torch.Tensor) -> dict[str, float]:
    picture = torch.full((len(target), 3, *target.shape[2:]), 0.5)
    zeros = torch.zeros_like(target)
    return depth_loss(prediction, zeros, target, zeros + 1, picture, LossWeights())[1]


def test_fit_finds_scale_and_shift_of_each_picture(target: torch.Tensor) -> None:
    scale, shift = torch.tensor([2.0, 0.5, 3.0]), torch.tensor([0.1, -0.2, 1.0])
    made = (target - shift.view(-1, 1, 1, 1)) / scale.view(-1, 1, 1, 1)
    a, b = fit_scale_shift(made, target, torch.ones_like(target))
    assert torch.allclose(a.flatten(), scale, atol=1e-4)
    assert torch.allclose(b.flatten(), shift, atol=1e-4)


def test_invariant_term_forgives_scale_and_shift_only(target: torch.Tensor) -> None:
    assert terms(3 * target + 1, target)["invariant"] < 1e-5
    assert terms(3 * target + 1, target)["regression"] > 1
    assert terms(target.flip(-1), target)["invariant"] > 0.1
    assert terms(target.clone(), target)["regression"] == 0


def test_inverted_depth_earns_nothing_from_the_fit(target: torch.Tensor) -> None:
    scale, _ = fit_scale_shift(-target, target, torch.ones_like(target))
    assert bool((scale == 0).all())
    assert terms(-target, target)["invariant"] > 0.1


def test_unknown_pixels_count_nowhere(target: torch.Tensor) -> None:
    mask = torch.ones_like(target)
    mask[..., :8] = 0
    spoilt = target.clone()
    spoilt[..., :8] = 100
    weights = pixel_weights(target, mask, 0.35)
    assert torch.allclose(weights.sum(dim=(2, 3)), torch.ones(3, 1))
    for a, b in zip(
        fit_scale_shift(spoilt, target, weights),
        fit_scale_shift(target, target, weights),
        strict=True,
    ):
        assert torch.allclose(a, b, atol=1e-5)
    assert gradient_loss(spoilt - target, mask) == 0


def test_far_pixels_weigh_more() -> None:
    ramp = torch.linspace(0, 1, 11).view(1, 1, 1, 11)
    weights = pixel_weights(ramp, torch.ones_like(ramp), 0.35)
    assert bool((weights.diff(dim=3) < 0).all())


def test_gradient_term_sees_a_blurred_edge_but_no_offset() -> None:
    edge = torch.zeros(1, 1, 16, 16)
    edge[..., 8:] = 1
    blurred = torch.nn.functional.avg_pool2d(edge, 5, 1, 2)
    mask = torch.ones_like(edge)
    assert gradient_loss(torch.full_like(edge, 0.7), mask) == 0
    assert gradient_loss(blurred - edge, mask) > 0.02


def test_edge_term_asks_for_the_step_where_it_is() -> None:
    edge = torch.zeros(1, 1, 32, 32)
    edge[..., 16:] = 1
    mask = torch.ones_like(edge)
    blurred = torch.nn.functional.avg_pool2d(edge, 5, 1, 2, count_include_pad=False)
    assert edge_loss(edge - edge, edge, mask) == 0
    assert edge_loss(torch.full_like(edge, 0.7), edge, mask) == 0
    assert edge_loss(blurred - edge, edge, mask) > 4 * gradient_loss(blurred - edge, mask)
    # A step far from the edge is the other terms' affair; a fringe beside the edge is not.
    far, fringe = torch.zeros_like(edge), torch.zeros_like(edge)
    far[..., 2:] = 1
    fringe[..., 17:] = 1
    assert edge_loss(far, edge, mask) == 0
    assert edge_loss(fringe, edge, mask) > 0.1
    assert edge_loss(blurred - edge, edge, torch.zeros_like(mask)) == 0
    assert edge_loss(blurred, torch.zeros_like(edge), mask) == 0


def test_rare_classes_count_and_unknown_pixels_do_not() -> None:
    classes = torch.zeros(1, 16, 16, dtype=torch.uint8)
    classes[:, :2] = 7
    right = torch.nn.functional.one_hot(classes.long(), 8).permute(0, 3, 1, 2) * 20.0
    only_common = torch.zeros_like(right)
    only_common[:, 0] = 20
    plain = torch.nn.functional.cross_entropy(only_common, classes.long())
    assert label_loss(right, classes) < 1e-6
    assert label_loss(only_common, classes) > 1.5 * plain
    classes[:, :2] = IGNORE
    assert label_loss(only_common, classes) < 1e-6
    assert label_loss(only_common, torch.full_like(classes, IGNORE)) == 0


def test_label_distance_is_zero_for_the_same_distribution_only() -> None:
    torch.manual_seed(0)
    teacher = torch.randn(2, 8, 4, 4)
    assert label_distance(teacher + 3, teacher).abs() < 1e-6
    assert label_distance(-teacher, teacher) > 0.5


def test_uncertainty_learns_the_error_that_is_left_after_the_fit() -> None:
    """A prediction of half the scale and shifted, with noise of 0.05 in its own unit."""
    torch.manual_seed(1)
    big = torch.rand(1, 1, 120, 160)
    prediction = 0.5 * big + 0.3 + torch.distributions.Laplace(0.0, 0.02).sample(big.shape)
    picture, mask = torch.zeros(1, 3, 120, 160), torch.ones_like(big)
    costs = {}
    for b in (0.01, 0.02, 0.04, 0.1, 0.3):
        log_scale = torch.full_like(big, math.log(b))
        costs[b] = depth_loss(prediction, log_scale, big, mask, picture, LossWeights())[1]
    assert min(costs, key=lambda b: costs[b]["uncertainty"]) == 0.02


def test_smoothness_forgives_steps_where_the_picture_has_them() -> None:
    step = torch.zeros(1, 1, 8, 8)
    step[..., 4:] = 1
    flat, edged = torch.zeros(1, 3, 8, 8), step.expand(1, 3, 8, 8)
    assert smoothness_loss(step, edged) < 0.01 * smoothness_loss(step, flat)


def test_uncertainty_is_cheapest_at_the_true_error() -> None:
    torch.manual_seed(0)
    error = torch.distributions.Laplace(0.0, 0.2).sample((1, 1, 100, 100))
    weights = torch.full_like(error, 1e-4)
    costs = {
        b: float(laplace_loss(torch.full_like(error, math.log(b)), error, weights))
        for b in (0.05, 0.1, 0.2, 0.4, 0.8)
    }
    assert min(costs, key=costs.__getitem__) == 0.2


def test_uncertainty_does_not_excuse_the_depth() -> None:
    error = torch.rand(1, 1, 4, 4, requires_grad=True)
    log_scale = torch.zeros(1, 1, 4, 4, requires_grad=True)
    laplace_loss(log_scale, error, torch.full_like(error, 1 / 16)).backward()
    assert error.grad is None and log_scale.grad is not None


def test_gradients_reach_both_outputs(target: torch.Tensor) -> None:
    prediction = torch.rand_like(target).requires_grad_()
    log_scale = torch.zeros_like(target, requires_grad=True)
    picture = torch.rand(3, 3, 24, 32)
    total, _ = depth_loss(
        prediction, log_scale, target, torch.ones_like(target), picture, LossWeights()
    )
    total.backward()
    for leaf in (prediction, log_scale):
        assert leaf.grad is not None and bool(torch.isfinite(leaf.grad).all())
        assert float(leaf.grad.abs().sum()) > 0


def test_constant_prediction_has_finite_gradients(target: torch.Tensor) -> None:
    prediction = torch.zeros_like(target, requires_grad=True)
    zeros = torch.zeros_like(target)
    picture = torch.rand(3, 3, 24, 32)
    depth_loss(prediction, zeros, target, zeros + 1, picture, LossWeights())[0].backward()
    assert prediction.grad is not None and bool(torch.isfinite(prediction.grad).all())


def test_weights_of_zero_switch_terms_off(target: torch.Tensor) -> None:
    zeros = torch.zeros_like(target)
    picture = torch.rand(3, 3, 24, 32)
    off = LossWeights(0, 0, 0, 0, 0, 0)
    assert depth_loss(zeros, zeros, target, zeros + 1, picture, off)[0] == 0


def test_feature_loss_ignores_each_channels_level_and_gain() -> None:
    torch.manual_seed(0)
    teacher = torch.randn(4, 5, 6, 6)
    loud = teacher * torch.tensor([1.0, 9, 0.1, 3, 50]).view(1, 5, 1, 1) + 7
    white = (teacher - teacher.mean((0, 2, 3), keepdim=True)) / teacher.std((0, 2, 3), keepdim=True)
    assert feature_loss([white], [loud]) < 1e-3
    assert feature_loss([-white], [loud]) > 1
