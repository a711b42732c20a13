# SPDX-License-Identifier: GPL-3.0-or-later
"""A trained network at work: its answers by a recording, without Python between the layers."""

from __future__ import annotations

import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

SHAPES = 3
"""Recordings that are kept: a clip has one size, a recording holds a copy of the weights."""
REHEARSALS = 3
"""Runs until TorchScript has settled on how it runs a recording."""


class Frozen:
    """``network`` as a function, with its bits, for inference on the CPU.

    A recording (a TorchScript trace, its weights frozen) is made at the first call with tensors of
    a shape, and rehearsed: where its answer differs from the network's in a bit, the network itself
    answers for that shape. ``network`` must be in evaluation mode and keep its weights.
    Thread-safe; call it under `torch.inference_mode`.
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._recordings: OrderedDict[Any, Callable[..., Any]] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, *told: Tensor) -> Any:
        """What the network answers to ``told``: a tensor, or a plain tuple of tensors."""
        key = tuple((t.shape, t.stride(), t.dtype) for t in told)
        with self._lock:
            found = self._recordings.get(key)
            if found is None:
                found = self._recordings[key] = self._recorded(told)
            self._recordings.move_to_end(key)
            while len(self._recordings) > SHAPES:
                self._recordings.popitem(last=False)
        return found(*told)

    def _recorded(self, told: tuple[Tensor, ...]) -> Callable[..., Any]:
        with warnings.catch_warnings():
            # Of what a recording holds on to: shapes, which are its own. And TorchScript is to go
            # one day: torch's version is pinned, and the network itself is always there.
            warnings.simplefilter("ignore")
            with torch.inference_mode(False), torch.no_grad():
                sample = tuple(t.clone(memory_format=torch.preserve_format) for t in told)
                traced = torch.jit.trace(self._network, sample, check_trace=False)
                recording: Callable[..., Any] = torch.jit.freeze(traced)
        answer = _parts(self._network(*told))
        for _ in range(REHEARSALS):
            if not all(map(torch.equal, _parts(recording(*told)), answer)):
                return self._network
        return recording


def _parts(answer: Any) -> tuple[Tensor, ...]:
    return (answer,) if isinstance(answer, Tensor) else tuple(answer)
