# SPDX-License-Identifier: GPL-3.0-or-later
"""One depth out of what the branches say: softmax over -log variance, per pixel.

A weight exp(-log v) / sum exp(-log v) is that of the inverse-variance weighted mean, the least
squares estimate from independent measurements (W. G. Cochran, "Problems arising in the analysis of
a series of similar experiments", 1937). The branches are *not* independent: all of them start from
one network, whose errors they share. `_band` says what that costs, and `HUSHED` why the semantic
branch gives way to time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np

from .frame import Candidate
from .settings import RepairSettings

BRANCH_OF = {
    "spatial": "spatial",
    "semantic": "semantic",
    "past": "temporal",
    "future": "temporal",
}
"""The branch of `RepairSettings` whose strength counts for a candidate; the base has none."""

CORRELATION = 0.8
"""Between the errors of any two candidates of a pixel."""

HUSHED = np.float32(0.25)
"""How far the semantic branch gives way: its weight is divided by 1 + this times what past and
future weigh beside the frame's own estimate. Its planes are fits to one frame, which jump from one
to the next by more than the estimate flickers, and past and future already hold what it said of
their frames: as they count for n frames, it counts for one."""

_SMALLEST = np.float32(1e-30)  # variance; its inverse is still far from a float's end
_BAND = 1 << 14  # pixels at a time, so that a band's arrays stay in the processor's cache
_FLOOR = np.full(_BAND, _SMALLEST)  # numpy's bound by an array takes a quarter of that by a number


class Corrects(Protocol):
    """A network that corrects variances: see `fusion_network.FusionNetwork`."""

    def offsets(self, candidates: Sequence[Candidate], rgb: np.ndarray | None) -> np.ndarray:
        """float32 (k, h', w') of any size: what is added to each candidate's log variance where it
        is weighed; enlarged bilinearly, as factors, to the frame's size."""
        ...


def chosen(candidates: Sequence[Candidate], settings: RepairSettings) -> list[Candidate]:
    """The base and those candidates whose branch has a strength above 0."""
    return [c for c in candidates if _strength(c, settings) > 0.0]


def fuse(
    candidates: Sequence[Candidate],
    settings: RepairSettings,
    network: Corrects | None = None,
    rgb: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """(inverse_depth float32 (h, w), variance float32 (h, w) > 0).

    ``candidates``: k of them, the base first. A branch's strength multiplies its weight before the
    weights are brought to a sum of 1; at 0 it is left out, and the base's weight goes as the
    spatial branch's comes: that candidate is the base with its edges repaired, and a mean of both
    would bring back half of the blur. ``network`` corrects the variances first, with ``rgb`` uint8
    (h, w, 3), the picture, where it is at hand. Where no candidate but the base has a finite
    variance the answer is the base's bit for bit, as it is everywhere when all strengths are 0.
    ``weights``, float32 (k, h, w), is filled with the candidates' weights where it is given.
    """
    base = candidates[0]
    used = [i for i, c in enumerate(candidates) if _strength(c, settings) > 0.0]
    shape = base.inverse_depth.shape
    some = [candidates[i] for i in used]
    strengths = [np.float32(_strength(c, settings)) for c in some]
    strengths[0] = np.float32(_of_base(some, settings))
    if len(some) == 1 or (len(some) == 2 and strengths[0] == 0.0):  # nothing to weigh
        if weights is not None:
            weights[:] = 0.0
            weights[used[-1]] = 1.0
        return some[-1].inverse_depth.copy(), some[-1].variance.copy()
    told = None if network is None else network.offsets(some, rgb)
    if strengths[0] == 0.0:  # without a weight anywhere: it needs not be carried along
        used, some, strengths = used[1:], some[1:], strengths[1:]
        told = None if told is None else told[1:]
    factors: list[np.ndarray | None] = [None] * len(some)
    if told is not None:
        factors = [
            cv2.resize(one * strength, shape[::-1]).reshape(-1)
            for one, strength in zip(np.exp(-told), strengths, strict=True)
        ]
    depths = [np.ascontiguousarray(c.inverse_depth).reshape(-1) for c in some]
    variances = [np.ascontiguousarray(c.variance).reshape(-1) for c in some]
    names = [c.name for c in some]
    fused = np.empty(base.inverse_depth.size, np.float32)
    variance = np.empty_like(fused)
    flat = None
    if weights is not None:
        weights[:] = 0.0
        flat = weights.reshape(len(candidates), -1)
    for start in range(0, fused.size, _BAND):
        band = slice(start, start + _BAND)
        fused[band], variance[band], shares = _band(
            names,
            [d[band] for d in depths],
            [v[band] for v in variances],
            [s if f is None else f[band] for s, f in zip(strengths, factors, strict=True)],
        )
        if flat is not None:
            shares /= shares.sum(axis=0)
            for share, index in zip(shares, used, strict=True):
                flat[index, band] = share
    return fused.reshape(shape), variance.reshape(shape)


def _strength(candidate: Candidate, settings: RepairSettings) -> float:
    branch = BRANCH_OF.get(candidate.name)
    return 1.0 if branch is None else float(getattr(settings, branch))


def _of_base(some: Sequence[Candidate], settings: RepairSettings) -> float:
    spatial = [c for c in some if c.name == "spatial" and np.isfinite(c.variance).all()]
    return 1.0 - settings.spatial if spatial else 1.0


def hush(names: Sequence[str], weights: np.ndarray) -> np.ndarray | None:
    """float32 like ``weights[0]``: what the semantic candidate's weight is multiplied by where
    ``weights`` (k, ...) are the inverse variances of ``names``; None where time says nothing of it.
    See `HUSHED`."""
    own = [weights[i] for i, name in enumerate(names) if name in ("base", "spatial")]
    time = [weights[i] for i, name in enumerate(names) if BRANCH_OF.get(name) == "temporal"]
    if "semantic" not in names or not time:
        return None
    single = sum(own, start=_SMALLEST)
    result: np.ndarray = single / (single + HUSHED * sum(time))
    return result


def _band(
    names: list[str],
    depths: list[np.ndarray],
    variances: list[np.ndarray],
    strengths: list[np.ndarray | np.float32],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of n pixels: fused depth (n,), its expected squared error (n,), weights (k, n) of any sum.

    The expected error is that of a weighted mean of candidates that err alike. With standard
    deviations s_i and `CORRELATION` r between any two errors, the mean's variance is
    sum_ij w_i w_j cov_ij = r (sum w_i s_i)^2 + (1 - r) sum w_i^2 s_i^2. It is at least r times the
    smallest variance, so that agreeing with one's own echo (the past holds the frames before,
    which came from the same network) can't make a pixel sure: two alike candidates gain a tenth,
    where independence would have claimed a half, and a past that is fed back settles near the
    base's own variance. Where the candidates lie farther apart than that (the Birge ratio's
    reasoning: R. T. Birge, "The calculation of errors by the method of least squares", 1932), their
    weighted spread counts instead.
    """
    floor = _FLOOR[: depths[0].size]
    weights = np.empty((len(depths), depths[0].size), np.float32)
    parts = np.empty_like(weights)  # w_i s_i
    for weight, part, variance, strength in zip(weights, parts, variances, strengths, strict=True):
        np.maximum(variance, floor, out=weight)
        np.divide(strength, weight, out=weight)
        if np.ndim(strength) or strength != 1.0:
            np.sqrt(np.multiply(weight, strength, out=part), out=part)
        else:
            np.sqrt(weight, out=part)
    quiet = hush(names, weights)
    if quiet is not None:
        weights[names.index("semantic")] *= quiet
        parts[names.index("semantic")] *= quiet
    total = weights.sum(axis=0)
    # Where nobody has anything to say, the base speaks.
    silent = np.flatnonzero(total == 0.0)
    weights[0, silent] = total[silent] = 1.0
    total = np.divide(np.float32(1.0), total, out=total)

    # Differences from the base, so that weight 0 leaves its bits.
    shift = np.zeros_like(total)
    spread = np.zeros_like(total)
    for weight, depth in zip(weights[1:], depths[1:], strict=True):
        apart = depth - depths[0]
        moved = weight * apart
        shift += moved
        moved *= apart
        spread += moved
    shift *= total
    spread *= total
    spread -= shift * shift
    linear = parts.sum(axis=0)
    linear *= total
    linear *= linear
    linear *= CORRELATION
    parts *= parts
    squares = parts.sum(axis=0)
    squares *= 1.0 - CORRELATION
    squares *= total
    squares *= total  # its square may be beyond a float
    linear += squares
    np.maximum(linear, spread, out=linear)
    np.maximum(linear, floor, out=linear)
    linear[silent] = variances[0][silent]
    shift += depths[0]
    return shift, linear, weights
