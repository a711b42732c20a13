# SPDX-License-Identifier: GPL-3.0-or-later
"""A network's tensors in a fixed order, for the moving average; and checkpoints read back."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import SecondEyeError


def _named(network: nn.Module) -> list[tuple[str, Tensor]]:
    """Parameters, then floating-point buffers, each tensor once."""
    kept = set(network.state_dict())
    buffers = [(n, b) for n, b in network.named_buffers() if n in kept and b.is_floating_point()]
    return [*network.named_parameters(), *buffers]


def tensors(network: nn.Module) -> list[Tensor]:
    """What is averaged, in a fixed order."""
    return [t for _, t in _named(network)]


def names(network: nn.Module) -> list[str]:
    """The names of `tensors`."""
    return [n for n, _ in _named(network)]


def load_averaged(network: nn.Module, averaged: Sequence[Tensor]) -> None:
    """Put a moving average into a network of the same shape."""
    with torch.no_grad():
        for tensor, mean in zip(tensors(network), averaged, strict=True):
            tensor.copy_(mean)


def read_checkpoint(path: Path) -> dict[str, Any]:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError) as error:
        raise SecondEyeError(
            f"{path} can't be read as a checkpoint: resume from another, or start afresh."
        ) from error
