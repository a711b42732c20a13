# SPDX-License-Identifier: GPL-3.0-or-later
"""What the frames before and after say of the present one: the candidates "past" and "future".

Weights by inverse variance suit independent errors. A network's errors on consecutive frames are
mostly *shared* (it misjudges one thing in every frame), and a shared part cancels out of the best
weights: with covariance c between them, two estimates of variance v1, v2 weigh as 1 / (v1 - c) to
1 / (v2 - c), so that a mean over n frames, in which only the flicker shrinks, weighs n times one
frame's. Hence a mean of n frames is given 1 / n of one frame's variance *as a weight*, though its
expected error hardly falls; what is stored as confidence doesn't claim otherwise (see `sequence`).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from .flow import Link, carry
from .frame import Candidate

AVERAGED = 4.0  # frames that the past counts for
MOST_WEIGHT = 8.0  # of the past or the future, in frames: the present always has its say
MISPLACED = 0.3  # pixels of the small size: standard deviation of a trusted flow
SURE = 3.0  # standard deviations beyond which a contradiction is no flicker
LEAST_TRUST = 0.02


def layer(inverse_depth: np.ndarray, variance: np.ndarray, factor: float) -> np.ndarray:
    """(h, w, 2): inverse depth, and its variance where it is carried along a flow.

    A flow that is off by e pixels is off by e times the slope of depth: that is added. It keeps
    depth steps where the present sees them, and pays for the blur of interpolation. ``factor``:
    pixels of full size in one of the small size.
    """
    across = cv2.Sobel(inverse_depth, cv2.CV_32F, 1, 0, ksize=1, scale=0.5)
    down = cv2.Sobel(inverse_depth, cv2.CV_32F, 0, 1, ksize=1, scale=0.5)
    across *= across
    down *= down
    across += down
    across *= np.float32((MISPLACED * factor) ** 2)
    across += variance
    return cv2.merge([inverse_depth, across])


def past(before: np.ndarray, link: Link, depth: np.ndarray, variance: np.ndarray) -> Candidate:
    """The `layer` of the repaired frame before, carried to the present frame, of which ``depth``
    and ``variance`` (h, w) are known without it."""
    height, width = depth.shape
    carried = carry(before, link.back)
    told = np.ascontiguousarray(carried[..., 0])
    spread = np.ascontiguousarray(carried[..., 1])
    closed, alike = (_enlarged(m, height, width) for m in (link.back_closed, link.back_alike))
    trust = closed * alike
    if not link.held:
        spread += _contradiction(told - depth, variance + spread, trust)
    spread *= 1.0 / AVERAGED
    if not link.held:
        np.maximum(spread, variance * np.float32(1.0 / MOST_WEIGHT), out=spread)
    _doubt(spread, trust)
    return Candidate("past", told, spread, {"flow": closed, "photometric": alike})


def _contradiction(apart: np.ndarray, expected: np.ndarray, trust: np.ndarray) -> np.ndarray:
    """Variance to add where what is carried here and the present frame are ``apart``.

    All of it where flow or picture give reason to doubt; where they don't, only what lies beyond
    `SURE` standard deviations, for the picture may be too plain to show that something moved.
    """
    apart *= apart
    beyond = apart - np.float32(SURE**2) * expected
    np.maximum(beyond, 0.0, out=beyond)
    apart *= 1.0 - trust
    apart += beyond
    return apart


def future(
    layers: Sequence[np.ndarray],
    flows: Sequence[np.ndarray],
    closed: Sequence[np.ndarray],
    alike: Sequence[np.ndarray],
    depth: np.ndarray,
    variance: np.ndarray,
) -> Candidate | None:
    """Later frames' layers, brought to the present frame's scale, as one candidate.

    ``flows``, ``closed`` and ``alike`` lead from the present frame to each. Of several that
    disagree, those far from the common mean count less (Cauchy's weight).
    """
    if not layers:
        return None
    height, width = depth.shape
    told, weights, spreads = [], [], []
    total, middle = 1.0 / variance, depth / variance
    trusted, looks, sure = (np.zeros_like(depth) for _ in range(3))
    for values, flow, there, like in zip(layers, flows, closed, alike, strict=True):
        carried = carry(values, flow)
        told.append(np.ascontiguousarray(carried[..., 0]))
        spread = np.ascontiguousarray(carried[..., 1])
        whole, same = _enlarged(there, height, width), _enlarged(like, height, width)
        trust = whole * same
        spread += _contradiction(told[-1] - depth, variance + spread, trust)
        spreads.append(spread)
        weight = np.square(trust)
        weight /= spread
        weights.append(weight)
        total += weight
        middle += weight * told[-1]
        trusted += weight * whole
        looks += weight * same
        sure += weight
    middle /= total
    sure = np.maximum(sure, 1e-30)
    evidence = {"flow": trusted / sure, "photometric": looks / sure}
    mean, total = np.zeros_like(depth), np.zeros_like(depth)
    for values, weight, spread in zip(told, weights, spreads, strict=True):
        apart = values - middle
        apart *= apart
        apart /= 4.0 * spread
        apart += 1.0
        weight /= apart
        mean += weight * values
        total += weight
    silent = total * variance < LEAST_TRUST**2
    np.maximum(total, 1e-30, out=total)
    mean /= total
    mean[silent] = depth[silent]
    result = np.maximum(1.0 / total, variance * np.float32(1.0 / MOST_WEIGHT))
    result[silent] = np.inf
    return Candidate("future", mean, result.astype(np.float32), evidence)


def _doubt(spread: np.ndarray, trust: np.ndarray) -> None:
    """Variance grown by distrust, in place; infinite where nothing is left of trust."""
    least = np.maximum(trust, LEAST_TRUST)
    least *= least
    spread /= least
    spread[trust <= LEAST_TRUST] = np.inf


def _enlarged(mask: np.ndarray, height: int, width: int) -> np.ndarray:
    return cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)
