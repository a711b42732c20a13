# SPDX-License-Identifier: GPL-3.0-or-later
"""What one of repair's networks needs to be trained: `RepairTrainer` does the rest."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from torch import Tensor, nn


class Task(Protocol):
    """One network and what it learns from.

    Attributes:
        part: "spatial", "fusion" or "semantic", as in the weights file.
        network: the one in training; the trainer moves its weights.
    """

    part: str

    @property
    def network(self) -> nn.Module:
        """See the class."""
        ...

    def loss(self, rngs: list[np.random.Generator]) -> tuple[Tensor, dict[str, float]]:
        """The loss on a batch of one sample a generator, each drawn from its generator alone, and
        the terms' values by name."""
        ...

    def validate(self) -> dict[str, float]:
        """Scores of ``network`` as it is, in evaluation mode, on held-out scenes."""
        ...


@dataclass(frozen=True)
class RepairSchedule:
    """``images`` samples in batches, the learning rate going from ``start`` to ``end``.

    Attributes:
        seed: of weights and samples.
        decay: weight decay of AdamW.
        average: decay of the moving average of the weights, per step.
        warm_up: steps over which the rate rises.
        bfloat16: convolutions in bfloat16 (autocast), losses and weights in float32.
    """

    images: int
    batch: int = 16
    start: float = 1e-3
    end: float = 1e-5
    seed: int = 0
    decay: float = 0.02
    average: float = 0.995
    warm_up: int = 100
    bfloat16: bool = False
