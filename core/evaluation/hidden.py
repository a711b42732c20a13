# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands behind the foreground of held-out renders, filled in and compared with the truth."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from ..synthesis.band import Band
from ..synthesis.guess import Fill


class Sample(Protocol):
    """See `training.synthesis_data.Hole`."""

    rgb: np.ndarray | None
    given_depth: np.ndarray | None
    judged: np.ndarray
    true_colour: np.ndarray
    true_depth: np.ndarray
    band: Band | None


def score_fill(fill: Fill, samples: Sequence[Sample]) -> dict[str, float]:
    """``psnr`` in dB over all judged pixels together, ``frame_psnr`` the mean of the frames' own,
    ``depth`` the mean absolute error of normalised inverse depth, ``pixels`` and ``frames``."""
    squared = depth = 0.0
    pixels = 0
    frames: list[float] = []
    for sample in samples:
        judged = sample.judged
        if sample.band is None or sample.rgb is None or sample.given_depth is None:
            raise ValueError("crops can't be scored: they have lost their frame")
        if not judged.any():
            continue
        guess = fill(sample.rgb, sample.given_depth, sample.band)
        error = guess.colour[judged] / 255.0 - sample.true_colour[judged]
        mean = np.square(error, dtype=np.float64).mean(-1)
        squared += float(mean.sum())
        depth += float(np.abs(guess.depth[judged] - sample.true_depth[judged]).sum())
        pixels += int(judged.sum())
        frames.append(_decibels(float(mean.mean())))
    if not pixels:
        return {}
    return {
        "psnr": _decibels(squared / pixels),
        "frame_psnr": float(np.mean(frames)),
        "depth": depth / pixels,
        "pixels": float(pixels),
        "frames": float(len(frames)),
    }


def _decibels(squared: float) -> float:
    return float(-10.0 * np.log10(max(squared, 1e-10)))
