# SPDX-License-Identifier: GPL-3.0-or-later
"""What the depth network is trained on. Maps are (N, 1, H, W); masks are 1 where depth is known.

Targets are inverse depth normalised per picture (see `dataset.normalise`): 0 about the far end,
1 about the near end.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

_EPS = 1e-6


@dataclass(frozen=True)
class LossWeights:
    """Weights of the terms of `depth_loss`.

    Attributes:
        regression: absolute error against the normalised target itself.
        invariant: absolute error after a scale-and-shift fit per picture (Ranftl et al. 2020,
            "Towards Robust Monocular Depth Estimation", MiDaS).
        gradient: gradient consistency of the fitted error at four scales (Li and Snavely 2018,
            "MegaDepth").
        smoothness: edge-aware smoothness (Godard et al. 2017, "Unsupervised Monocular Depth
            Estimation with Left-Right Consistency").
        uncertainty: negative log-likelihood of a Laplace distribution (Kendall and Gal 2017,
            "What Uncertainties Do We Need in Bayesian Deep Learning").
        far: a pixel's weight is proportional to 1 / (target + far): the smaller, the more the
            far end counts, as it does in relative depth error.
    """

    regression: float = 0.5
    invariant: float = 1.0
    gradient: float = 2.0
    smoothness: float = 0.02
    uncertainty: float = 0.1
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


def depth_loss(
    prediction: Tensor,
    log_scale: Tensor,
    target: Tensor,
    mask: Tensor,
    picture: Tensor,
    weights: LossWeights,
) -> tuple[Tensor, dict[str, float]]:
    """The weighted sum of all terms, and each term's value by name."""
    pixel = pixel_weights(target, mask, weights.far)
    scale, shift = fit_scale_shift(prediction, target, pixel)
    fitted = scale * prediction + shift - target
    error = prediction - target
    terms = {
        "regression": (pixel * error.abs()).sum(dim=(2, 3)).mean(),
        "invariant": (pixel * fitted.abs()).sum(dim=(2, 3)).mean(),
        "gradient": gradient_loss(error, mask),
        "smoothness": smoothness_loss(prediction, picture),
        "uncertainty": laplace_loss(log_scale, error, pixel),
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
