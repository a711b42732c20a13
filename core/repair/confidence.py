# SPDX-License-Identifier: GPL-3.0-or-later
"""Between an expected error, its square, and the confidence that is stored and shown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .arrays import at_least

if TYPE_CHECKING:
    from ..depth import DepthEstimate

# The nearest inverse depth is what so much of the frame is no nearer than: one hot pixel of a
# network is nothing near.
NEAREST = 0.995
_LOOKED_AT = 4096  # pixels of a frame, roughly, that are looked at for it
# Expected error, as a share of the frame's nearest inverse depth, at which confidence is one half.
HALF_SURE = 0.1
# Of a model that tells no uncertainty: its expected error as a share of the nearest inverse depth.
UNTOLD = 0.05
LEAST = 1e-6


def confidence_of(error: np.ndarray, inverse_depth: np.ndarray) -> np.ndarray:
    """Confidence float32 (h, w) in 0..1, 1 = sure: 1 / (1 + e / (0.1 m)).

    e is the expected absolute error in the unit of inverse depth and m the frame's nearest inverse
    depth; the ratio makes models of any unit comparable.
    """
    scale = np.float32(HALF_SURE * nearest(inverse_depth))
    result: np.ndarray = 1.0 / (1.0 + error / scale)
    return result.astype(np.float32)


def unrepaired(inverse_depth: np.ndarray, error: np.ndarray | None) -> np.ndarray:
    """Confidence of an estimate that nothing repairs: that of its expected ``error``; where the
    model told none, that which repair assumes, so that the least repair begins from there."""
    if error is None:
        error = np.full_like(inverse_depth, UNTOLD * nearest(inverse_depth))
    return confidence_of(error, inverse_depth)


def error_of(confidence: np.ndarray, inverse_depth: np.ndarray) -> np.ndarray:
    """The expected absolute error that `confidence_of` made ``confidence`` of."""
    scale = np.float32(HALF_SURE * nearest(inverse_depth))
    sure = np.clip(confidence.astype(np.float32), 1e-3, 1.0)
    result: np.ndarray = scale * (1.0 / sure - 1.0)
    return result


def variance_of(estimate: DepthEstimate) -> np.ndarray:
    """Expected squared error float32 (h, w), > 0, of a depth model's estimate.

    Its uncertainty b is the scale of a Laplace distribution, whose variance is 2 b^2.
    """
    m = nearest(estimate.inverse_depth)
    if estimate.uncertainty is None:
        return np.full_like(estimate.inverse_depth, 2.0 * (UNTOLD * m) ** 2)
    floor = (1e-3 * m) ** 2
    result = np.square(estimate.uncertainty, dtype=np.float32)
    result *= 2.0
    return at_least(result, floor)


def nearest(inverse_depth: np.ndarray) -> float:
    """The frame's nearest inverse depth, > 0: its percentile 99.5, of some 4,000 of its pixels; its
    largest where less than that share of the frame isn't 0."""
    step = max(1, math.isqrt(inverse_depth.size // _LOOKED_AT))
    some = inverse_depth[step // 2 :: step, step // 2 :: step].ravel()
    place = int(NEAREST * (some.size - 1))
    found = float(np.partition(some, place)[place]) if some.size else 0.0
    return max(found if found > LEAST else float(inverse_depth.max()), LEAST)
