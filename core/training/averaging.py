# SPDX-License-Identifier: GPL-3.0-or-later
"""A network's tensors in a fixed order, for the moving average; and checkpoints read back."""

from collections.abc import Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import SecondEyeError

LABEL_HEAD = "decoder.labels."


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


def average(network: nn.Module, other: nn.Module) -> None:
    """Put the mean of both networks' weights into ``network``: one that learnt on from ``other``.

    M. Wortsman et al., "Robust fine-tuning of zero-shot models" (CVPR 2022), with their share of
    one half: what was learnt last, without the loss of what was known on other pictures. Raises
    SecondEyeError where they are of different shapes.
    """
    if names(network) != names(other) or [t.shape for t in tensors(network)] != [
        t.shape for t in tensors(other)
    ]:
        raise SecondEyeError("Only networks of one shape can be averaged: name what it began with.")
    with torch.no_grad():
        for tensor, value in zip(tensors(network), tensors(other), strict=True):
            tensor.add_(value).mul_(0.5)


def averaged_by_name(network: nn.Module, state: dict[str, Any]) -> dict[str, Tensor]:
    """The moving average of a checkpoint of such a network, by the network's names.

    Checkpoints of before the semantic head know nothing of it; their values are in the order of
    the names without it.
    """
    known = state.get("names")
    if known is None:
        known = [n for n in names(network) if not n.startswith(LABEL_HEAD)]
    if len(known) != len(state["averaged"]):
        raise SecondEyeError(
            "The checkpoint is one of another kind of network: name a student's for a student, a "
            "teacher's for a teacher."
        )
    return dict(zip(known, state["averaged"], strict=True))


def start_from(network: nn.Module, values: dict[str, Tensor]) -> list[str]:
    """Begin with the averaged weights of another run; returns the names that had none.

    Only a semantic head may be missing, which then begins afresh.
    """
    missing = []
    with torch.no_grad():
        for name, tensor in _named(network):
            value = values.get(name)
            if value is None and name.startswith(LABEL_HEAD):
                missing.append(name)
            elif value is None or value.shape != tensor.shape:
                raise SecondEyeError(
                    "The weights to start from are another network's: name a checkpoint of the "
                    "same kind and size."
                )
            else:
                tensor.copy_(value)
    return missing


def read_checkpoint(path: Path) -> dict[str, Any]:
    """What `Trainer.state` saved. Raises SecondEyeError where the file is none of it."""
    unread = f"{path} can't be read as a checkpoint: resume from another, or start afresh."
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    # What the file claims to be pickled decides which of these a wrong one raises.
    except (
        OSError, RuntimeError, EOFError, ValueError, LookupError, TypeError, AttributeError,
        UnpicklingError,
    ) as error:  # fmt: skip
        raise SecondEyeError(unread) from error
    if not isinstance(state, dict) or "averaged" not in state:
        raise SecondEyeError(unread)
    return state
