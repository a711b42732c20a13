# SPDX-License-Identifier: GPL-3.0-or-later
"""What the student learns from beside depth: the teacher's maps and the teacher's answers."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..depth.decoder import Prediction
from ..depth.network import NetworkConfig
from .losses import feature_loss, fit_scale_shift, gradient_loss, pixel_weights
from .teacher import WIDTHS, Lite0Encoder, Teacher


@dataclass(frozen=True)
class DistilWeights:
    """Weights beside the depth loss.

    Attributes:
        features: hints from the teacher's maps at 1/8, 1/16 and 1/32.
        output: the teacher's inverse depth after a fit per picture, and its edges; 0 while the
            teacher has only ImageNet's features.
        labels: divergence from the teacher's distribution over the classes.
    """

    features: float = 0.3
    output: float = 1.0
    labels: float = 0.2


class Hints(nn.Module):
    """Linear maps from the student's three coarsest maps to the teacher's, trained along."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.adapters = nn.ModuleList(
            nn.Conv2d(own, theirs, 1)
            for own, theirs in zip(config.widths[1:], WIDTHS[1:], strict=True)
        )

    def forward(self, student: list[Tensor], teacher: list[Tensor]) -> Tensor:
        pairs = zip(self.adapters, student[2:], strict=True)
        return feature_loss([adapt(s).float() for adapt, s in pairs], teacher[2:])


@torch.no_grad()
def ask_teacher(
    teacher: Teacher | Lite0Encoder, picture: Tensor
) -> tuple[Prediction | None, list[Tensor]]:
    """The teacher's prediction (None from a bare encoder) and maps, as float32."""
    if isinstance(teacher, Lite0Encoder):
        return None, [m.float() for m in teacher(picture)]
    answer, maps = teacher.forward_with_features(picture)
    return as_float(answer), [m.float() for m in maps]


def as_float(answer: Prediction) -> Prediction:
    """The prediction in float32, whatever its network computed in."""
    depth, scale, labels = answer
    return Prediction(depth.float(), scale.float(), None if labels is None else labels.float())


def output_loss(prediction: Tensor, teacher: Tensor, far: float) -> Tensor:
    """Distance to the teacher's inverse depth: direct, after a fit, and of the gradients."""
    mask = torch.ones_like(teacher)
    weights = pixel_weights(teacher, mask, far)
    scale, shift = fit_scale_shift(prediction, teacher, weights)
    fitted = (weights * (scale * prediction + shift - teacher).abs()).sum(dim=(2, 3)).mean()
    direct = (weights * (prediction - teacher).abs()).sum(dim=(2, 3)).mean()
    return 0.5 * direct + fitted + gradient_loss(prediction - teacher, mask)
