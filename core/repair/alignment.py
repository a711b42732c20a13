# SPDX-License-Identifier: GPL-3.0-or-later
"""Scale and shift that bring one frame's inverse depth to another's.

A network that looks at single frames gives each its own scale and shift. Both are fitted robustly
on the cells of a coarse grid. Two things would make a chain of such fits drift: regression onto a
noisy abscissa shrinks the slope a little with every frame, so the fit allows for errors in *both*
frames (W. E. Deming, "Statistical adjustment of data", 1943); and what remains accumulates, so a
leak pulls scale and shift back towards the network's own by an eighth a frame: what is kept is a
running mean of the network's own scale over some 8 frames, remembered in the depth itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

CELL = 8  # pixels of the small size
LEAST_CELLS = 12
LEAK = 0.18
# Of the errors' variances, before over now: before is a running mean to which a frame adds a ninth
# (see `temporal`), which leaves a seventeenth of the flicker's variance.
ERRORS = 1 / 17
USUAL = 0.15  # standard deviation of log scale from frame to frame: what a weak fit falls back on
MOST = math.log(3.0)  # of |log scale|
SURE = 3.0  # of those: what two that don't agree may be brought together by
_ROUNDS = 6
SPREAD = 1.4826  # standard deviation of a normal distribution over its median absolute value
_TUKEY = 4.685


@dataclass(frozen=True)
class Fit:
    """``pivot + shift + scale * (V - pivot)`` brings V to the other frame.

    ``agrees``: whether the two then show one scene. ``flat``: the spread of V is nothing beside
    that of the other: an estimate that failed. ``other_flat``: the other way round.
    """

    scale: float = 1.0
    shift: float = 0.0
    pivot: float = 0.0
    agrees: bool = True
    flat: bool = False
    other_flat: bool = False

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Inverse depth float32 brought over, >= 0."""
        if self.scale == 1.0 and self.shift == 0.0:
            return values
        result = values * np.float32(self.scale)
        result += np.float32(self.pivot * (1.0 - self.scale) + self.shift)
        return np.maximum(result, 0.0, out=result)

    def eased(self, strength: float = 1.0) -> Fit:
        """With the leak, and only as far as ``strength`` (0..1) says."""
        keep = (1.0 - LEAK) * strength
        return Fit(
            self.scale**keep, self.shift * keep, self.pivot, self.agrees, self.flat, self.other_flat
        )


UNCHANGED = Fit()


def between(fits: Sequence[Fit]) -> Fit:
    """Halfway to many: of a frame that begins a shot, to the mean of itself and of those that
    follow, each of which ``fits`` brings to it."""
    if not fits:
        return UNCHANGED
    share = 1.0 / (len(fits) + 1)
    scale = math.exp(-share * sum(math.log(f.scale) for f in fits))
    # A fit moves the other's mean by its shift: the way back is its negative.
    shift = -share * sum(f.shift for f in fits)
    pivot = sum(f.pivot + f.shift for f in fits) / len(fits)
    return Fit(scale, shift, pivot)


def fit(values: np.ndarray, other: np.ndarray, weight: np.ndarray) -> Fit | None:
    """Bring ``values`` to ``other`` (float32 (h, w), one pixel a thing) where ``weight`` (h, w) in
    0..1 is high; None where too little of the picture is."""
    x, y, w = _cells(values, other, weight)
    if x.size < LEAST_CELLS:
        return None
    # Frames differ little: what is far off a common shift is no place to begin from.
    first, apart = w, np.abs(y - x - middle(y - x))
    w = first * _faded(apart, 2.0 * SPREAD * middle(apart), x, y)
    slope = 1.0
    centre_x = centre_y = sxx = syy = left = 0.0
    for turn in range(_ROUNDS):
        total = float(w.sum())
        centre_x, centre_y = float((w * x).sum()) / total, float((w * y).sum()) / total
        dx, dy = x - centre_x, y - centre_y
        sxx, syy = float((w * dx * dx).sum()) / total, float((w * dy * dy).sum()) / total
        slope = _slope(sxx, syy, float((w * dx * dy).sum()) / total)
        residual = np.abs(dy - slope * dx)
        left = SPREAD * middle(residual)
        w = first * _faded(residual, left * max(1.0, 2.0 - 0.5 * turn), x, y)
    flat, other_flat = sxx < 1e-3 * syy, syy < 1e-3 * sxx
    explained = left**2 < 0.5 * min(syy, slope * slope * sxx)
    level = max(abs(centre_x), abs(centre_y))
    plain = max(sxx, syy) < (0.05 * level) ** 2  # a wall: there's nothing to compare
    error = left**2 / max(x.size * sxx, 1e-30)  # of the slope, squared
    trust = 1.0 / (1.0 + error / USUAL**2)
    log_scale = max(-MOST, min(MOST, math.log(slope))) * trust
    return Fit(
        math.exp(log_scale),
        centre_y - centre_x,
        centre_x,
        agrees=bool(plain or (explained and not flat and not other_flat)),
        flat=bool(flat and not plain),
        other_flat=bool(other_flat and not plain),
    )


def level(values: np.ndarray, other: np.ndarray, weight: np.ndarray) -> Fit | None:
    """Bring the middle and the spread of ``values`` to those of ``other`` where ``weight`` is high,
    arrays as in `fit`: all that can be asked of two that don't agree on what is near. None where
    too little is trusted, or one of them shows nothing."""
    x, y, _ = _cells(values, other, weight)
    if x.size < LEAST_CELLS:
        return None
    centre_x, centre_y = middle(x), middle(y)
    spread_x, spread_y = middle(np.abs(x - centre_x)), middle(np.abs(y - centre_y))
    if spread_x < 0.02 * abs(centre_x) or spread_y < 0.02 * abs(centre_y):
        return None
    most = SURE * USUAL
    log_scale = max(-most, min(most, math.log(spread_y / spread_x)))
    return Fit(math.exp(log_scale), centre_y - centre_x, centre_x)


def _faded(residual: np.ndarray, spread: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Tukey's weights; the residuals' standard deviation is at least a millionth of the values."""
    limit = _TUKEY * max(spread, 1e-6 * float(np.abs(x).max() + np.abs(y).max()), 1e-12)
    result: np.ndarray = np.square(np.maximum(0.0, 1.0 - np.square(residual / limit)))
    return result


def middle(values: np.ndarray) -> float:
    """The median of values (n,), of an even number the upper one: a quarter of numpy's time."""
    half = values.size // 2
    return float(np.partition(values, half)[half])


def _slope(sxx: float, syy: float, sxy: float) -> float:
    """Deming's slope, > 0; errors of y have `ERRORS` times the variance of those of x."""
    if sxy <= 1e-12 * math.sqrt(sxx * syy) or sxy <= 0.0:
        return 1.0
    part = syy - ERRORS * sxx
    return (part + math.sqrt(part * part + 4.0 * ERRORS * sxy * sxy)) / (2.0 * sxy)


def _cells(
    values: np.ndarray, other: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weighted means over the cells that are trusted, float64 (n,) each, and their weights.

    Means over cells leave little of the pixels' noise, and a mean of a sum is the sum of means, so
    that a cell across a depth step is as good as another.
    """
    height, width = weight.shape
    size = max(width // CELL, 1), max(height // CELL, 1)
    stacked = cv2.merge([weight * values, weight * other, weight])
    x, y, w = cv2.split(cv2.resize(stacked, size, interpolation=cv2.INTER_AREA).astype(np.float64))
    used = w > 0.25
    kept = w[used]
    return x[used] / kept, y[used] / kept, kept
