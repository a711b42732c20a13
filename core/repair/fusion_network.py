# SPDX-License-Identifier: GPL-3.0-or-later
"""Fusion's network: what the candidates' variances don't know of each other."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from .frame import Candidate
from .semantic_network import scaled_log

KINDS = ("base", "spatial", "semantic", "past", "future")
EVIDENCE = ("flow", "photometric")
LARGEST = 3.0
"""Bound of the change of a candidate's log variance."""
WORKING_PIXELS = 7_200
CHANNELS = 8 + len(KINDS)
WEIGHT = 3  # the channel of a candidate's weight among all


class FusionNetwork(nn.Module):
    """A light tower for every candidate, and one deep one that sees the candidates' mean and
    largest features and tells all of them; 0.35 M parameters, any number of candidates.

    `forward` takes what `fusion_input` makes, (N, k, CHANNELS, h, w) float32, and answers the
    change of each log variance, (N, k, h, w), within +-LARGEST; untrained, it answers 0.
    """

    def __init__(self, near: int = 16, middle: int = 48, deep: int = 96) -> None:
        super().__init__()
        self.enter = nn.Conv2d(CHANNELS, near, 3, stride=2, padding=1)
        self.down = nn.Conv2d(near, middle, 3, stride=2, padding=1)
        self.hear = nn.Conv2d(3 * middle, middle, 1)
        self.deeper = nn.Conv2d(2 * middle, deep, 3, stride=2, padding=1)
        self.deep = nn.ModuleList(nn.Conv2d(deep, deep, 3, padding=1) for _ in range(3))
        self.rise = nn.Conv2d(deep, middle, 1)
        self.join = nn.Conv2d(2 * middle, middle, 1)
        self.out = nn.Conv2d(middle, near, 1)
        self.head = nn.Conv2d(near, 1, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None
        nn.init.zeros_(self.head.bias)

    def forward(self, told: Tensor) -> Tensor:
        """See the class."""
        count = told.shape[1]
        near = functional.relu(self.enter(told.flatten(0, 1)))
        own = functional.relu(self.down(near))
        shared = _summary(own, count)
        own = own + functional.relu(self.hear(torch.cat([own, _each(shared, count)], 1)))
        far = functional.relu(self.deeper(_summary(own, count)))
        for layer in self.deep:
            far = far + functional.relu(layer(far))
        wide = functional.interpolate(self.rise(far), size=own.shape[2:], mode="bilinear")
        own = own + functional.relu(self.join(torch.cat([own, _each(wide, count)], 1)))
        wide = functional.interpolate(self.out(own), size=near.shape[2:], mode="bilinear")
        answer = LARGEST * torch.tanh(self.head(functional.relu(wide + near)) / LARGEST)
        answer = functional.interpolate(answer, size=told.shape[3:], mode="bilinear")
        return answer.unflatten(0, (-1, count))[:, :, 0]

    def offsets(self, candidates: Sequence[Candidate], rgb: np.ndarray | None) -> np.ndarray:
        """See `fusion.Corrects`."""
        if torch.get_num_threads() != 1:  # a number of the calling thread's own
            torch.set_num_threads(1)
        with torch.inference_mode():
            answer = self(torch.from_numpy(fusion_input(candidates, rgb))[None])[0].numpy()
        height, width = candidates[0].inverse_depth.shape
        return np.stack([cv2.resize(one, (width, height)) for one in answer])


def fusion_input(candidates: Sequence[Candidate], rgb: np.ndarray | None) -> np.ndarray:
    """float32 (k, CHANNELS, h, w) at the working size: for each candidate its distance from the
    base and the size of that, log variance, weight among all, evidence, brightness and edges of
    the picture, its kind. Works in any unit."""
    depths, logs = small_candidates(candidates)
    count, height, width = depths.shape
    weights = np.exp(logs.min(axis=0) - logs)
    weights /= weights.sum(axis=0)
    low, high = np.percentile(depths[0], (2, 98))
    span = np.float32(max(high - low, 0.05 * abs(high), 1e-6))
    result = np.zeros((count, CHANNELS, height, width), np.float32)
    apart = np.clip((depths - depths[0]) / span, -1.0, 1.0)
    result[:, 0] = 4.0 * apart
    result[:, 1] = np.sqrt(np.abs(apart))
    result[:, 2] = scaled_log(np.exp(np.minimum(logs, 60.0)), span)
    result[:, WEIGHT] = weights
    size = (width, height)
    for index, candidate in enumerate(candidates):
        for channel, name in enumerate(EVIDENCE, 4):
            told = candidate.evidence.get(name)
            result[index, channel] = (
                1.0 if told is None else cv2.resize(told, size, interpolation=cv2.INTER_AREA)
            )
        result[index, 8 + KINDS.index(candidate.name)] = 1.0
    if rgb is not None:
        grey = cv2.cvtColor(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        light = grey.astype(np.float32) / 128.0 - 1.0
        result[:, 6] = light
        across = cv2.Sobel(light, cv2.CV_32F, 1, 0), cv2.Sobel(light, cv2.CV_32F, 0, 1)
        result[:, 7] = np.abs(across[0]) + np.abs(across[1])
    return result


def small_candidates(candidates: Sequence[Candidate]) -> tuple[np.ndarray, np.ndarray]:
    """(inverse depth, log variance), float32 (k, h, w) each, at the working size; silence has a
    log variance of 69 (1e30)."""
    height, width = candidates[0].inverse_depth.shape
    factor = min(1.0, (WORKING_PIXELS / (height * width)) ** 0.5)
    size = (max(round(width * factor), 8), max(round(height * factor), 8))
    area = cv2.INTER_AREA
    depths = [cv2.resize(c.inverse_depth, size, interpolation=area) for c in candidates]
    # Precision is averaged, as infinite variances can't be.
    certain = [
        cv2.resize(1.0 / np.maximum(c.variance, np.float32(1e-30)), size, interpolation=area)
        for c in candidates
    ]
    return np.stack(depths), -np.log(np.maximum(np.stack(certain), 1e-30))


def _summary(features: Tensor, count: int) -> Tensor:
    """Mean and largest over the candidates: (N, 2 C, h, w) of (N * count, C, h, w)."""
    each = features.unflatten(0, (-1, count))
    return torch.cat([each.mean(1), each.amax(1)], 1)


def _each(shared: Tensor, count: int) -> Tensor:
    return shared.repeat_interleave(count, 0)
