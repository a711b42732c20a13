# SPDX-License-Identifier: GPL-3.0-or-later
"""The semantic branch's network: how far a prior is to be believed, pixel by pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..depth.labels import CLASSES
from .frozen import Frozen

if TYPE_CHECKING:
    from .semantic import Told

LARGEST = 4.0
"""Bound of the change of the prior's log variance."""
CHANNELS = 10 + len(CLASSES)


class SemanticNetwork(nn.Module):
    """Convolutions at a quarter and an eighth of the priors' working size; 0.11 M parameters.

    `forward` takes what `semantic_input` makes, (N, CHANNELS, h, w) float32, and answers the
    change of the log variance, (N, 1, h, w), within +-LARGEST; untrained, it answers 0.
    """

    def __init__(self, width: int = 24, deep: int = 64) -> None:
        super().__init__()
        self.enter = nn.Conv2d(CHANNELS, width, 3, stride=2, padding=1)
        self.down = nn.Conv2d(width, deep, 3, stride=2, padding=1)
        self.deep = nn.ModuleList(nn.Conv2d(deep, deep, 3, padding=1) for _ in range(2))
        self.up = nn.Conv2d(deep + width, width, 3, padding=1)
        self.head = nn.Conv2d(width, 1, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None
        nn.init.zeros_(self.head.bias)

    def forward(self, told: Tensor) -> Tensor:
        """See the class."""
        answer = self.judged(functional.avg_pool2d(told, 2, ceil_mode=True))
        return functional.interpolate(answer, size=told.shape[2:], mode="bilinear")

    def judged(self, halved: Tensor) -> Tensor:
        """`forward` of means over 2x2, before it is enlarged."""
        near = functional.relu(self.enter(halved))
        far = functional.relu(self.down(near))
        for layer in self.deep:
            far = far + functional.relu(layer(far))
        wide = functional.interpolate(far, size=near.shape[2:], mode="bilinear")
        both = functional.relu(self.up(torch.cat([wide, near], 1)))
        return LARGEST * torch.tanh(self.head(both) / LARGEST)


class Judge:
    """A trained `SemanticNetwork` at work; see `semantic.Judges`."""

    def __init__(self, network: SemanticNetwork) -> None:
        self._judged = Frozen(_Judged(network).eval())

    def offsets(self, told: Told) -> np.ndarray:
        """See `semantic.Judges`."""
        if torch.get_num_threads() != 1:  # a number of the calling thread's own
            torch.set_num_threads(1)
        with torch.inference_mode():
            halved = torch.from_numpy(_halved(semantic_input(told)))[None]
            answer = self._judged(halved.contiguous(memory_format=torch.channels_last))[0, 0]
        return cv2.resize(answer.numpy(), told.labels.shape[::-1])


class _Judged(nn.Module):
    """The part of the network that is asked: `SemanticNetwork.judged`."""

    def __init__(self, network: SemanticNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, halved: Tensor) -> Tensor:
        return self.network.judged(halved)


def _halved(maps: np.ndarray) -> np.ndarray:
    """Means over 2x2 of ``maps`` (k, h, w), as the network's pooling makes them."""
    count, height, width = maps.shape
    if height % 2 or width % 2:
        result: np.ndarray = functional.avg_pool2d(
            torch.from_numpy(maps), 2, ceil_mode=True
        ).numpy()
        return result
    # All in one go, in a tenth of the time: with an even height no two maps meet.
    tall = maps.reshape(count * height, width)
    half = cv2.resize(tall, (width // 2, count * height // 2), interpolation=cv2.INTER_AREA)
    return half.reshape(count, height // 2, width // 2)


def semantic_input(told: Told) -> np.ndarray:
    """float32 (CHANNELS, h, w): prior less estimate and its size, log variance of both, how the
    region fits, trust in the labels, silence, the picture, the classes."""
    span = np.float32(told.span)
    apart = np.clip((told.prior - told.inverse_depth) / span, -1.0, 1.0)
    silent = told.prior_variance > 1e29
    result = np.zeros((CHANNELS, *told.labels.shape), np.float32)
    result[0] = 4.0 * apart
    result[1] = np.sqrt(np.abs(apart))
    result[2] = scaled_log(told.variance, span)
    result[3] = scaled_log(told.prior_variance, span)
    result[4] = np.minimum(10.0 * told.residual / span, 2.0)
    result[5] = told.trust
    result[6] = silent
    result[7:10] = np.moveaxis(cv2.blur(told.rgb, (3, 3)), 2, 0) / np.float32(128.0) - 1.0
    result[10:] = told.labels == np.arange(len(CLASSES), dtype=np.uint8)[:, None, None]
    return result


def scaled_log(variance: np.ndarray, span: np.float32) -> np.ndarray:
    """Log variance as a share of the frame's range squared, brought to about -1..2."""
    log = np.log(np.clip(variance / (span * span), 1e-7, 1e2))
    result: np.ndarray = (log + 6.0) / 5.0
    return result
