# SPDX-License-Identifier: GPL-3.0-or-later
"""From footage to what a user's model sees, and from its answer to inverse depth."""

from __future__ import annotations

import math

import numpy as np

from ..models import Settings
from .model import resize_picture
from .trouble import checked

DEFAULT_SIZE = 448
LEAST_DEPTH = np.float32(1e-4)
"""Depths below it, in the model's unit, are taken for it: their inverse has no bound."""


def input_size(height: int, width: int, settings: Settings, size: int | None) -> tuple[int, int]:
    """(height, width) that the model sees: the picture's aspect, both sides multiples.

    ``size`` is the longer side asked for; without it ``settings.size`` holds for its side.
    """
    wanted, longer = size, True
    if wanted is None:
        wanted = settings.size or DEFAULT_SIZE
        longer = settings.side == "longer" or settings.size is None
    factor = wanted / (max(height, width) if longer else min(height, width))
    m = settings.multiple
    # Half a step rounds up, so that the wanted side itself never falls below its multiple.
    h, w = (max(math.floor(side * factor / m + 0.5), 1) * m for side in (height, width))
    return h, w


def normalised(rgb: np.ndarray, height: int, width: int, settings: Settings) -> np.ndarray:
    """The picture (H, W, 3) at (height, width, 3), float32, as ``settings`` wants its colours."""
    x = resize_picture(rgb, height, width) * np.float32(settings.scale)
    x -= np.asarray(settings.mean, np.float32)
    x /= np.asarray(settings.std, np.float32)
    return x


def inverse_depth(name: str, answer: np.ndarray, settings: Settings) -> np.ndarray:
    """A model's answer (h, w) as inverse depth >= 0, float32; of a metric model in 1/metre.

    Raises SecondEyeError where the answer holds NaN, or an infinite inverse depth. A depth may be
    infinite: sky.
    """
    values = np.asarray(answer, np.float32) * np.float32(settings.factor)
    if settings.output in ("depth", "metric_depth"):
        values = np.float32(1) / np.maximum(values, LEAST_DEPTH)
    return np.ascontiguousarray(np.maximum(checked(name, values), 0))
