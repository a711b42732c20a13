# SPDX-License-Identifier: GPL-3.0-or-later
"""Fusion's network: what the candidates' variances don't know of each other.

It looks at a grid of about an eighth of 448x256 each way, whatever the frame's size, and answers on
that grid: smooth changes of weight. Where an edge lies, the candidates decide among themselves, by
their own variances at full size.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from .arrays import at_least, bounded, percentiles
from .frame import Candidate
from .frozen import Frozen
from .semantic_network import scaled_log

KINDS = ("base", "spatial", "semantic", "past", "future")
LARGEST = 2.0
"""Bound of the change of a candidate's log variance."""
GRID_POSITIONS = 1_008
SAMPLES = 2  # rows and columns of pixels that are looked at in a cell of the grid
FEATURES = 6  # of each kind, see `fusion_input`
WEIGHT = 3  # the feature that is a candidate's weight among all
CHANNELS = FEATURES * len(KINDS) + 4
SILENT = 1e-30  # precision of who says nothing


class FusionNetwork(nn.Module):
    """Convolutions at a half, a quarter and an eighth of the grid, with the means and peaks of the
    whole frame, which say how steady and how sure a shot is; 0.29 M parameters.

    `forward` takes what `fusion_input` makes, (N, CHANNELS, h, w) float32, and answers the change
    of each kind's log variance, (N, len(KINDS), h, w), within +-LARGEST; untrained, it answers 0.
    """

    def __init__(self, fine: int = 16, near: int = 48, deep: int = 96, whole: int = 128) -> None:
        super().__init__()
        self.touch = nn.Conv2d(CHANNELS, fine, 1)
        self.enter = nn.Conv2d(CHANNELS, near, 3, stride=2, padding=1)
        self.down = nn.Conv2d(near, deep, 3, stride=2, padding=1)
        self.deep = nn.ModuleList(nn.Conv2d(deep, deep, 3, padding=1) for _ in range(2))
        self.gather = nn.Linear(2 * deep, whole)
        self.spread = nn.Linear(whole, 2 * deep)
        self.rise = nn.Conv2d(deep, near, 1)
        self.join = nn.Conv2d(near, 2 * fine, 3, padding=1)
        self.out = nn.Conv2d(2 * fine, fine, 1)
        self.head = nn.Conv2d(fine, len(KINDS), 3, padding=1)
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None
        nn.init.zeros_(self.head.bias)

    def forward(self, told: Tensor) -> Tensor:
        """See the class."""
        near = functional.relu(self.enter(told))
        far = functional.relu(self.down(near))
        seen = torch.cat([far.mean((2, 3)), far.amax((2, 3))], 1)
        scale, shift = self.spread(functional.relu(self.gather(seen))).chunk(2, 1)
        far = functional.relu(far * (1.0 + scale[:, :, None, None]) + shift[:, :, None, None])
        for layer in self.deep:
            far = far + functional.relu(layer(far))
        near = functional.relu(near + _to(self.rise(far), near))
        wide = self.out(functional.relu(self.join(near)))
        fine = functional.relu(self.touch(told) + _to(wide, told))
        answer: Tensor = LARGEST * torch.tanh(self.head(fine) / LARGEST)
        return answer


class Corrector:
    """A trained `FusionNetwork` at work; see `fusion.Corrects`."""

    def __init__(self, network: FusionNetwork) -> None:
        self._network = Frozen(network)

    def offsets(self, candidates: Sequence[Candidate], rgb: np.ndarray | None) -> np.ndarray:
        """See `fusion.Corrects`."""
        if torch.get_num_threads() != 1:  # a number of the calling thread's own
            torch.set_num_threads(1)
        with torch.inference_mode():
            told = torch.from_numpy(fusion_input(candidates, rgb))[None]
            answer = self._network(told.contiguous(memory_format=torch.channels_last))[0].numpy()
        kinds = [KINDS.index(candidate.name) for candidate in candidates]
        result: np.ndarray = answer[kinds]
        return result


def fusion_input(candidates: Sequence[Candidate], rgb: np.ndarray | None) -> np.ndarray:
    """float32 (CHANNELS, h, w) on the grid: for each of `KINDS` its distance from the base and the
    size of that, log variance, weight among all, trust of its flow, and how much that distance
    varies inside a cell, 0 for who is not there; then brightness and contrast of the picture, how
    far past and future lie apart, and the row. Works in any unit."""
    height, width = grid_size(*candidates[0].inverse_depth.shape)
    finer = SAMPLES * height, SAMPLES * width
    depths, variances = (np.empty((len(candidates), *finer), np.float32) for _ in range(2))
    for depth, variance, candidate in zip(depths, variances, candidates, strict=True):
        _sampled(candidate.inverse_depth, depth)
        _sampled(candidate.variance, variance)
    low, high = percentiles(depths[0], 2, 98)
    span = np.float32(max(high - low, 0.05 * abs(high), 1e-6))
    # The base, which the others are measured by, tells its own depth.
    depths[1:] -= depths[0]
    depths[0] -= np.float32(low)
    depths /= span
    bounded(depths, -1.0, 1.0)
    # Precision is averaged, as infinite variances can't be.
    np.divide(np.float32(1.0), at_least(variances, SILENT), out=variances)
    apart, precision = _means(depths), _means(variances)
    depths *= depths
    varies = at_least(_means(depths) - apart * apart, 0.0)
    result = np.zeros((CHANNELS, height, width), np.float32)
    kinds = [KINDS.index(candidate.name) for candidate in candidates]
    own = np.zeros((len(kinds), FEATURES, height, width), np.float32)
    own[:, 0] = apart * np.float32(4.0)
    own[:, 1] = np.sqrt(np.abs(apart))
    own[:, 2] = scaled_log(1.0 / np.maximum(precision, SILENT), span)
    own[:, WEIGHT] = precision / np.maximum(precision.sum(axis=0), SILENT)
    own[:, 4] = 1.0
    own[:, 5] = np.sqrt(np.sqrt(varies))
    for trusted, candidate in zip(own[:, 4], candidates, strict=True):
        for trust in candidate.evidence.values():
            trusted *= _means(_sampled(trust)[None])[0]
    by_kind = result[: FEATURES * len(KINDS)].reshape(len(KINDS), FEATURES, height, width)
    by_kind[kinds] = own
    more = result[FEATURES * len(KINDS) :]
    if rgb is not None:
        light = cv2.cvtColor(_sampled(rgb), cv2.COLOR_RGB2GRAY) / np.float32(128.0)
        more[:2] = _means(np.stack([light, light * light]))
        more[1] -= more[0] * more[0]
        more[1] = np.sqrt(np.maximum(more[1], 0.0))
        more[0] -= 1.0
    past, future = (by_kind[KINDS.index(name), 0] for name in ("past", "future"))
    if past.any() and future.any():
        more[2] = np.sqrt(0.25 * np.abs(past - future))
    more[3] = np.linspace(-1.0, 1.0, height, dtype=np.float32)[:, None]
    return result


def _sampled(values: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """The pixels (rows, columns, ...) that are looked at."""
    height, width = grid_size(*values.shape[:2])
    size = SAMPLES * width, SAMPLES * height
    return cv2.resize(values, size, dst=out, interpolation=cv2.INTER_NEAREST_EXACT)


def _means(sampled: np.ndarray) -> np.ndarray:
    """(k, rows, columns) of `_sampled` to (k, h, w): means over the cells of the grid."""
    count, rows, columns = sampled.shape
    size = columns // SAMPLES, count * rows // SAMPLES
    # All in one go: no cell lies across two maps.
    tall = cv2.resize(sampled.reshape(-1, columns), size, interpolation=cv2.INTER_AREA)
    return tall.reshape(count, rows // SAMPLES, columns // SAMPLES)


def grid_size(height: int, width: int) -> tuple[int, int]:
    """(height, width) of the grid of a frame of this size."""
    factor = min(1.0, (GRID_POSITIONS / (height * width)) ** 0.5)
    return max(round(height * factor), 4), max(round(width * factor), 4)


def _to(small: Tensor, large: Tensor) -> Tensor:
    return functional.interpolate(small, size=large.shape[2:], mode="bilinear")
