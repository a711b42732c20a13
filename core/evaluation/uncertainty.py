# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a model knows where it errs.

Sparsification and AUSE after E. Ilg et al., "Uncertainty estimates and multi-hypotheses networks
for optical flow" (ECCV 2018): the pixels of highest uncertainty are taken away bit by bit and the
mean error of the rest is drawn, over the error of all; the oracle takes the largest errors away.
AUSE is the area between the two, 0 at best. Calibration: the scale b of a Laplace distribution
says that a share 1 - exp(-x / b) of errors lies below x, and that the mean error is b.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from .rgbd import Aligned

FRACTIONS = np.linspace(0.0, 0.99, 100)
LEVELS = np.linspace(0.05, 0.95, 19)


def score_uncertainty(
    uncertainty: np.ndarray, aligned: Aligned, depth: np.ndarray
) -> dict[str, Any] | None:
    """One picture: ``curve`` and ``oracle`` (100,), ``ause``, ``ause_random`` (of an uncertainty
    that says nothing), ``error_over_scale`` and ``coverage`` (19,) at ``LEVELS``.

    ``uncertainty`` float (H, W): expected absolute error of the inverse depth in the model's own
    unit, at the truth's size; ``depth`` float (H, W) in metres. The error is that of the aligned
    inverse depth, brought back to the model's unit. None where the model tells nothing (all 0) or
    the fit turned its answer upside down.
    """
    valid = aligned.valid
    scale = uncertainty[valid].astype(np.float64)
    if aligned.scale <= 0.0 or not scale.any():
        return None
    error = np.abs(aligned.inverse[valid] - 1.0 / depth[valid]) / aligned.scale
    curve, oracle = sparsification(error, scale)
    return {
        "curve": curve,
        "oracle": oracle,
        "ause": _area(curve - oracle),
        "ause_random": _area(1.0 - oracle),
        "error_over_scale": float(error.mean() / scale.mean()),
        "coverage": laplace_coverage(error, scale),
    }


def sparsification(error: np.ndarray, uncertainty: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(curve, oracle): mean error of what is left, over that of all, after each of FRACTIONS of
    the pixels was taken away; ``error`` and ``uncertainty`` are 1-D, alike in length."""
    # Equal uncertainties in an arbitrary order: a constant one must not profit from the picture's.
    mixed = np.random.default_rng(0).permutation(error.size)
    error, uncertainty = error[mixed], uncertainty[mixed]
    by_uncertainty = error[np.argsort(-uncertainty, kind="stable")]
    return _remaining(by_uncertainty), _remaining(np.sort(error)[::-1])


def laplace_coverage(error: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Float (19,): the share of errors below what a Laplace scale gives for each of LEVELS."""
    ratio = np.sort(error / np.maximum(scale, 1e-12))
    return np.searchsorted(ratio, -np.log1p(-LEVELS), side="right") / ratio.size


def mean_uncertainty(rows: Iterable[dict[str, Any] | None]) -> dict[str, Any] | None:
    """The means over the pictures that tell, plain lists for arrays; ``calibration_error`` is the
    mean distance of the mean coverage from LEVELS. None where no picture tells."""
    kept = [row for row in rows if row is not None]
    if not kept:
        return None
    mean = {name: np.mean([row[name] for row in kept], axis=0) for name in kept[0]}
    error = float(np.abs(mean["coverage"] - LEVELS).mean())
    return {name: value.tolist() for name, value in mean.items()} | {
        "calibration_error": error,
        "pictures": len(kept),
    }


def _area(curve: np.ndarray) -> float:
    """By the trapezoid rule over FRACTIONS."""
    return float(np.sum(np.diff(FRACTIONS) * (curve[1:] + curve[:-1]) / 2.0))


def _remaining(error: np.ndarray) -> np.ndarray:
    taken = np.concatenate([[0.0], np.cumsum(error)])
    count = np.minimum((FRACTIONS * error.size).astype(np.int64), error.size - 1)
    mean = (taken[-1] - taken[count]) / (error.size - count)
    return mean / max(error.mean(), 1e-300)
