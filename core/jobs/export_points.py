# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pixels of one frame are worth a point: a sampling pattern of that frame alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..geometry.aggregate import Aggregate
from ..geometry.goal import Goal
from ..geometry.sample import Sampler

_PIXEL = float(np.sqrt(0.5))  # pixels: as far a pixel's corner is from its middle


def sparse(
    normalised: np.ndarray, count: int, told: Callable[[int], None]
) -> tuple[np.ndarray, np.ndarray]:
    """Of normalised inverse depth float32 (h, w): a mask of about ``count`` pixels, close where
    depth bends or breaks, and float32 (h, w): how many pixels' size a point there must have for all
    of them to close the picture.

    A shot's pattern has to serve all its frames; a file of one frame needs no other's points.
    ``told`` is called while it is made; what it raises ends it. Raises UsageError.
    """
    height, width = normalised.shape
    aggregate = Aggregate(width, height, 1)
    aggregate.add(np.ascontiguousarray(normalised, np.float32))
    sampler = Sampler(aggregate, told)
    sampler.reach(Goal("points", count))
    pattern = sampler.measured([])
    level = pattern.levels[-1]
    points = np.concatenate([pattern.points[: level.count], level.fill])
    row = ((1.0 - points[:, 1]) * height).astype(np.int64).clip(0, height - 1)
    column = (points[:, 0] * width).astype(np.int64).clip(0, width - 1)
    size = np.zeros(normalised.shape, np.float32)
    np.maximum.at(size, (row, column), level.radius * np.float32(width / _PIXEL))
    return size > 0.0, np.maximum(size, np.float32(1.0))
