# SPDX-License-Identifier: GPL-3.0-or-later
"""What the depth network is trained on. Maps are (N, 1, H, W); masks are 1 where depth is known.

Targets are inverse depth normalised per picture (see `dataset.normalise`): 0 about the far end,
1 about the near end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..depth.labels import IGNORE

_EPS = 1e-6
_FLOOR = 0.25
"""Added to normalised inverse depth before it divides: about what `dataset.normalise` takes off in
a room whose far end is five times as far as its near end."""


@dataclass(frozen=True)
class LossWeights:
    """Weights of the terms of `depth_loss`, and of `label_loss`.

    Attributes:
        regression: absolute error against the normalised target itself.
        invariant: absolute error after a scale-and-shift fit per picture (Ranftl et al. 2020,
            "Towards Robust Monocular Depth Estimation", MiDaS).
        gradient: gradient consistency of the fitted error at four scales (Li and Snavely 2018,
            "MegaDepth").
        smoothness: edge-aware smoothness (Godard et al. 2017, "Unsupervised Monocular Depth
            Estimation with Left-Right Consistency").
        edges: steps of the error in the neighbourhood of the target's edges, see `edge_loss`.
        uncertainty: negative log-likelihood of a Laplace distribution (Kendall and Gal 2017,
            "What Uncertainties Do We Need in Bayesian Deep Learning").
        labels: cross-entropy of the semantic classes, see `label_loss`.
        far: a pixel's weight is proportional to 1 / (target + far): the smaller, the more the
            far end counts, as it does in relative depth error.
    """

    regression: float = 0.5
    invariant: float = 1.0
    gradient: float = 2.0
    edges: float = 0.3
    smoothness: float = 0.02
    uncertainty: float = 0.1
    labels: float = 0.2
    far: float = 0.35


def pixel_weights(target: Tensor, mask: Tensor, far: float) -> Tensor:
    """Weights (N, 1, H, W) that sum to 1 per picture (to 0 where nothing is known)."""
    weights = mask / (target.clamp(min=0) + far)
    return weights / weights.sum(dim=(2, 3), keepdim=True).clamp(min=_EPS)


def fit_scale_shift(prediction: Tensor, target: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """The scale and shift (N, 1, 1, 1) per picture that bring prediction nearest to target.

    Weighted least squares in closed form. A prediction without variation, or one that runs against
    the target, gets scale 0 and the target's mean: inverted depth earns nothing from the fit.
    """
    dims = (2, 3)
    total = weights.sum(dim=dims, keepdim=True).clamp(min=_EPS)
    mean_p = (weights * prediction).sum(dim=dims, keepdim=True) / total
    mean_t = (weights * target).sum(dim=dims, keepdim=True) / total
    p, t = prediction - mean_p, target - mean_t
    covariance = (weights * p * t).sum(dim=dims, keepdim=True)
    variance = (weights * p * p).sum(dim=dims, keepdim=True)
    scale = (covariance / variance.clamp(min=_EPS)).clamp(min=0)
    return scale, mean_t - scale * mean_p


def gradient_loss(error: Tensor, mask: Tensor, scales: int = 4) -> Tensor:
    """Mean absolute difference of the error between neighbours, over halved sizes.

    Steps of the prediction must sit where the target's do; a constant error costs nothing.
    """
    total = error.new_zeros(())
    for scale in range(scales):
        e, m = error[..., :: 2**scale, :: 2**scale], mask[..., :: 2**scale, :: 2**scale]
        for dim in (2, 3):
            n = e.shape[dim]
            if n < 2:
                continue
            step = (e.narrow(dim, 1, n - 1) - e.narrow(dim, 0, n - 1)).abs()
            both = m.narrow(dim, 1, n - 1) * m.narrow(dim, 0, n - 1)
            total = total + (step * both).sum() / both.sum().clamp(min=1)
    return total / scales


def edge_loss(
    error: Tensor, target: Tensor, mask: Tensor, distances: Sequence[int] = (1, 2, 4)
) -> Tensor:
    """Mean relative step of the error over pairs of pixels that straddle an edge of the target.

    Edges are a few percent of the pixels: a mean over the whole picture hardly feels that they are
    blurred. Here each pair of pixels 1, 2 or 4 apart, along rows and columns, with a step in the
    target (relative to the farther pixel) of more than 20 % counts alike, and beside them, as a
    second mean of its own, the pairs just next to such a pair, which must stay level. The pairs are
    those of the structure-guided ranking loss (Xian et al. 2020, "Structure-Guided Ranking Loss
    for Single Image Depth Prediction"), taken densely; the truth being exact, the step itself is
    asked for instead of its sign.
    """
    total = error.new_zeros(())
    for distance in distances:
        for dim in (2, 3):
            n = target.shape[dim] - distance
            if n < 1:
                continue
            pairs, nearness = _edge_pairs(target, mask, distance, dim)
            step = error.narrow(dim, distance, n) - error.narrow(dim, 0, n)
            total = total + (step.abs() * (pairs / nearness)).sum()
    return total / (4 * len(distances))


def _edge_pairs(target: Tensor, mask: Tensor, distance: int, dim: int) -> tuple[Tensor, Tensor]:
    """Weights of the pairs ``distance`` apart along ``dim``, and their farther pixels' nearness.

    Weights of pairs across an edge sum to 1, and so do those of the pairs next to them.
    """
    n = target.shape[dim] - distance
    t0, t1 = target.narrow(dim, 0, n), target.narrow(dim, distance, n)
    nearness = torch.minimum(t0, t1).clamp(min=0) + _FLOOR
    known = (mask.narrow(dim, 0, n) * mask.narrow(dim, distance, n)) > 0
    across = (t1 - t0).abs() > 0.2 * nearness
    beside = torch.zeros_like(across)
    if n > distance:
        inner = n - distance
        beside.narrow(dim, 0, inner).logical_or_(across.narrow(dim, distance, inner))
        beside.narrow(dim, distance, inner).logical_or_(across.narrow(dim, 0, inner))
    weights = torch.zeros_like(nearness)
    for pairs in (across & known, beside & ~across & known):
        weights += pairs.to(weights.dtype) / pairs.sum().clamp(min=1)
    return weights, nearness


def smoothness_loss(prediction: Tensor, picture: Tensor, sharpness: float = 10.0) -> Tensor:
    """Mean absolute step of the prediction, forgiven where the picture (N, 3, H, W) has one."""
    total = prediction.new_zeros(())
    for dim in (2, 3):
        n = prediction.shape[dim]
        if n < 2:
            continue
        step = (prediction.narrow(dim, 1, n - 1) - prediction.narrow(dim, 0, n - 1)).abs()
        edge = picture.narrow(dim, 1, n - 1) - picture.narrow(dim, 0, n - 1)
        total = total + (step * torch.exp(-sharpness * edge.abs().mean(1, keepdim=True))).mean()
    return total


def laplace_loss(log_scale: Tensor, error: Tensor, weights: Tensor) -> Tensor:
    """Negative log-likelihood of the error under Laplace scales exp(log_scale), without log 2.

    The error is taken as given: the uncertainty learns from it, and doesn't excuse hard pixels
    from the depth terms.
    """
    log_scale = log_scale.clamp(-7, 3)
    likelihood = error.detach().abs() * torch.exp(-log_scale) + log_scale
    return (weights * likelihood).sum(dim=(2, 3)).mean()


def label_loss(logits: Tensor, classes: Tensor) -> Tensor:
    """Cross-entropy of logits (N, C, h, w) against class indices (N, H, W), IGNORE left out.

    The logits are enlarged to half of (H, W), where every second pixel of the truth stands: a
    quarter of the work of full size. A class of share p among the known pixels of the batch weighs
    1 / sqrt(p), at most 5 times the commonest, so that people count beside walls.
    """
    seen = classes[:, ::2, ::2].long()
    size = (seen.shape[1], seen.shape[2])
    full = F.interpolate(logits.float(), size, mode="bilinear", align_corners=False)
    shares = torch.bincount(seen[seen != IGNORE], minlength=logits.shape[1]).to(full.dtype)
    if not bool(shares.any()):
        return full.sum() * 0.0
    balance = (shares.max() / shares.clamp(min=1)).sqrt().clamp(max=5)
    return F.cross_entropy(full, seen, balance, ignore_index=IGNORE)


def label_distance(logits: Tensor, teacher: Tensor) -> Tensor:
    """Kullback-Leibler divergence of the classes from the teacher's, mean over pixels.

    Both are logits (N, C, h, w) of one size (Hinton et al. 2015, "Distilling the Knowledge in a
    Neural Network", at temperature 1).
    """
    own, theirs = F.log_softmax(logits.float(), 1), F.log_softmax(teacher.float(), 1)
    return (theirs.exp() * (theirs - own)).sum(1).mean()


def depth_loss(
    prediction: Tensor,
    log_scale: Tensor,
    target: Tensor,
    mask: Tensor,
    picture: Tensor,
    weights: LossWeights,
) -> tuple[Tensor, dict[str, float]]:
    """The weighted sum of all terms but the labels', and each term's value by name."""
    pixel = pixel_weights(target, mask, weights.far)
    scale, shift = fit_scale_shift(prediction, target, pixel)
    fitted = scale * prediction + shift - target
    error = prediction - target
    # Whoever uses the depth aligns it first, and the uncertainty with it, by the scale: it is
    # asked for what is left after the fit, in the prediction's own unit.
    left = fitted / scale.clamp(0.25, 4.0)
    known = mask / mask.sum(dim=(2, 3), keepdim=True).clamp(min=1)
    terms = {
        "regression": (pixel * error.abs()).sum(dim=(2, 3)).mean(),
        "invariant": (pixel * fitted.abs()).sum(dim=(2, 3)).mean(),
        "gradient": gradient_loss(error, mask),
        "edges": edge_loss(error, target, mask),
        "smoothness": smoothness_loss(prediction, picture),
        "uncertainty": laplace_loss(log_scale, left, known),
    }
    total = torch.stack([getattr(weights, k) * v for k, v in terms.items()]).sum()
    return total, {name: float(value.detach()) for name, value in terms.items()}


def feature_loss(student: list[Tensor], teacher: list[Tensor]) -> Tensor:
    """Mean squared distance between maps of equal shape, whitened per channel over the batch.

    Feature hints after Romero et al. 2015, "FitNets"; the whitening keeps the loud channels of a
    ReLU6 network from drowning the others.
    """
    total = student[0].new_zeros(())
    for s, t in zip(student, teacher, strict=True):
        dims = (0, 2, 3)
        mean = t.mean(dim=dims, keepdim=True)
        deviation = t.std(dim=dims, keepdim=True) + 1e-3
        total = total + F.mse_loss(s, ((t - mean) / deviation).clamp(-5, 5))
    return total / len(student)
