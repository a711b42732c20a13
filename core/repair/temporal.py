# SPDX-License-Identifier: GPL-3.0-or-later
"""What the frames before and after say of the present one: the candidates "past" and "future".

Weights by inverse variance suit independent errors. A network's errors on consecutive frames are
mostly *shared* (it misjudges one thing in every frame), and a shared part cancels out of the best
weights: with covariance c between them, two estimates of variance v1, v2 weigh as 1 / (v1 - c) to
1 / (v2 - c), so that a mean over n frames, in which only the flicker v - c shrinks, weighs n times
one frame's. Hence a mean of n frames is given v / n *as a weight*, though its expected error hardly
falls; what is stored as confidence doesn't claim otherwise (see `sequence`). By the same reasoning
what a candidate errs on its own account, by a flow that is off, is as bad as a flicker of that
size, and counts 1 / `FLICKER` times in the coin of whole variances.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from .approach import moved
from .flow import Link, carry
from .frame import Candidate

AVERAGED = 8.0  # frames that the past counts for
MOST_WEIGHT = 8.0  # of the past or the future, in frames: the present always has its say
# Of an estimate's variance: what differs from one frame to the next. Measured on rendered moves it
# is 0.01; footage has noise and compression on top.
FLICKER = 0.1
MISPLACED = 0.6  # pixels of the small size: standard deviation of a trusted flow
SURE = 3.0  # standard deviations beyond which a contradiction is no flicker
LEAST_TRUST = 0.02
LAST_RESORT = 0.1  # the trust that is left where the present frame failed
UNSURE = 0.25  # of a step forward: its standard deviation


def layer(inverse_depth: np.ndarray, variance: np.ndarray, factor: float) -> np.ndarray:
    """(h, w, 2): inverse depth, and its variance where it is carried along a flow.

    A flow that is off by e pixels is off by e times the slope of depth: that is added. It keeps
    depth steps where the present sees them, and pays for the blur of interpolation. ``factor``:
    pixels of full size in one of the small size.
    """
    across: np.ndarray = cv2.Sobel(inverse_depth, cv2.CV_32F, 1, 0, ksize=1, scale=0.5)
    down: np.ndarray = cv2.Sobel(inverse_depth, cv2.CV_32F, 0, 1, ksize=1, scale=0.5)
    across *= across
    down *= down
    across += down
    across *= np.float32((MISPLACED * factor) ** 2 / FLICKER)
    across += variance
    return cv2.merge([inverse_depth, across])


def nearer(
    inverse_depth: np.ndarray, variance: np.ndarray, step: float
) -> tuple[np.ndarray, np.ndarray]:
    """A carried inverse depth and its variance, float32 (h, w), seen from ``step`` farther on.

    V' = V / (1 - T V) has the derivatives (V' / V)^2 by V and V'^2 by T: an error of V grows by the
    one, that of T by the other, and counts as what is erred on one's own account.
    """
    if step == 0.0:
        return inverse_depth, variance
    told = moved(inverse_depth, step)
    grown = told / np.maximum(inverse_depth, np.float32(1e-12))
    grown *= grown
    grown *= grown
    grown *= variance
    square = told * told
    square *= np.float32(UNSURE * step / FLICKER**0.5)
    square *= square
    grown += square
    # Of 0 nothing comes nearer, and its error neither.
    np.copyto(grown, variance, where=inverse_depth < 1e-12)
    return told, grown


def past(
    before: np.ndarray,
    link: Link,
    step: float,
    depth: np.ndarray,
    variance: np.ndarray,
    failed: bool = False,
) -> Candidate:
    """The `layer` of the repaired frame before, carried to the present frame, of which ``depth``
    and ``variance`` (h, w) are known without it; the camera went forward by ``step``.

    ``failed``: what is known of the present frame is worth nothing, and contradicts nothing.
    """
    height, width = depth.shape
    carried = carry(before, link.back)
    told, spread = nearer(carried[..., 0].copy(), carried[..., 1].copy(), step)
    closed, alike = (_enlarged(m, height, width) for m in (link.back_closed, link.back_alike))
    trust = closed * alike
    if not failed:
        spread += _contradiction(told - depth, variance + spread, trust)
        np.maximum(spread, variance * np.float32(1.0 / MOST_WEIGHT), out=spread)
    _doubt(spread, np.maximum(trust, LAST_RESORT) if failed else trust)
    return Candidate("past", told, spread, {"flow": closed, "photometric": alike})


def _contradiction(apart: np.ndarray, expected: np.ndarray, trust: np.ndarray) -> np.ndarray:
    """What to add to a variance where what is carried here and the present frame are ``apart``.

    All of it where flow or picture give reason to doubt; where they don't, only what lies beyond
    `SURE` standard deviations, for the picture may be too plain to show that something moved.
    """
    apart *= apart
    beyond = apart - np.float32(SURE**2 * FLICKER) * expected
    np.maximum(beyond, 0.0, out=beyond)
    apart *= 1.0 - trust
    apart += beyond
    apart *= np.float32(1.0 / FLICKER)
    return apart


def future(
    layers: Sequence[tuple[np.ndarray, np.ndarray]],
    closed: Sequence[np.ndarray],
    alike: Sequence[np.ndarray],
    present: tuple[np.ndarray, np.ndarray],
    depth: np.ndarray,
    failed: bool = False,
) -> Candidate | None:
    """Later frames as one candidate; None without any.

    ``layers``: their depth and variance (h, w), of the small size, carried to the present frame and
    brought to its scale, with their trusts ``closed`` and ``alike``; ``present``: the present
    frame's own, and ``depth`` its depth at full size. Where several disagree, those far from the
    common mean count less (Cauchy's weight). What they say is the *difference* from the present
    frame, enlarged: detail stays the present frame's own, and the cost doesn't grow with the size.
    Of a frame that ``failed`` nothing stays.
    """
    if not layers:
        return None
    own, variance = present
    total, middle = 1.0 / variance, own / variance
    trusted, looks, sure = (np.zeros_like(own) for _ in range(3))
    told = []
    for (value, spread), there, like in zip(layers, closed, alike, strict=True):
        trust = there * like
        if failed:
            trust = np.maximum(trust, LAST_RESORT)
        else:
            spread = spread + _contradiction(value - own, variance + spread, trust)
        weight = trust * trust
        weight /= spread
        told.append((value, spread, weight))
        total += weight
        middle += weight * value
        trusted += weight * there
        looks += weight * like
        sure += weight
    middle /= total
    mean, total = np.zeros_like(own), np.full_like(own, 1e-30)
    for value, spread, weight in told:
        apart = value - middle
        apart *= apart
        apart /= np.float32(4.0 * FLICKER) * spread
        apart += 1.0
        weight /= apart
        mean += weight * (value - own)
        total += weight
    mean /= total
    most = np.float32(1.0 / MOST_WEIGHT)
    spread = np.clip(1.0 / total, variance * most, variance / LEAST_TRUST**2)
    sure += 1e-30
    height, width = depth.shape
    if failed:
        mean += own
    maps = mean, spread, trusted / sure, looks / sure
    apart, spread, flow, photometric = (_enlarged(m, height, width) for m in maps)
    result = np.maximum(apart if failed else depth + apart, 0.0)
    return Candidate("future", result, spread, {"flow": flow, "photometric": photometric})


def _doubt(spread: np.ndarray, trust: np.ndarray) -> None:
    """Variance grown by distrust, in place; infinite where nothing is left of trust."""
    least = np.maximum(trust, LEAST_TRUST)
    least *= least
    spread /= least
    spread[trust <= LEAST_TRUST] = np.inf


def _enlarged(mask: np.ndarray, height: int, width: int) -> np.ndarray:
    return cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)
