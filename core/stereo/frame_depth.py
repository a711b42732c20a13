# SPDX-License-Identifier: GPL-3.0-or-later
"""The depth of a frame as a table of few numbers, and what any rig makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..geometry import bend, inverse_distance
from ..project import Manifest
from ..project.statistics import LEVELS, FrameTable
from .rig import StereoRig

Range = tuple[float, float, float, float, float]
"""Near, far, strength, bias and contrast, as `core.geometry.inverse_distance` takes them."""


@dataclass(frozen=True)
class FrameDepth:
    """1/Z of a frame, in 1/scene unit: ``levels`` ascending, at the percentages of
    `core.project.statistics.LEVELS`; ``left`` and ``right``: what is nearest at the picture's
    borders, in bands from the top."""

    levels: np.ndarray
    left: np.ndarray
    right: np.ndarray

    def percentile(self, percent: ArrayLike) -> np.ndarray:
        """1/Z that ``percent`` (0..100) of the picture lie at or behind: 99 is almost the nearest,
        1 almost the farthest. Shape of ``percent``."""
        return np.interp(np.asarray(percent, np.float64), LEVELS, self.levels)

    def share_nearer(self, inverse_z: float) -> float:
        """The part (0..1) of the picture whose 1/Z is above ``inverse_z``."""
        below = np.searchsorted(self.levels, inverse_z, side="right")
        if below == 0:
            return 1.0
        if below == len(self.levels):
            return 0.0
        a, b = self.levels[below - 1], self.levels[below]
        part = LEVELS[below - 1] + (LEVELS[below] - LEVELS[below - 1]) * (inverse_z - a) / (b - a)
        return float(1.0 - part / 100.0)

    def parallax(self, rig: StereoRig, percent: ArrayLike) -> np.ndarray:
        """Parallax (picture widths, positive behind the screen) that ``percent`` (0..100) of the
        picture lie at or before: 1 is almost the nearest, 99 almost the farthest."""
        return rig.parallax(self.percentile(100.0 - np.asarray(percent, np.float64)))

    def seen_from(self, forward: float) -> FrameDepth:
        """As seen by a camera that stands ``forward`` scene units nearer along its axis: 1/Z' is
        1 / (Z - forward); what it has passed is infinitely near. The picture's part that it no
        longer sees is still counted."""
        if forward == 0.0:
            return self
        return FrameDepth(*(_moved(v, forward) for v in (self.levels, self.left, self.right)))


def range_of(manifest: Manifest, frame: int) -> Range:
    """Of a frame: baked where it is keyed inside its shot, else the shot's own."""
    baked, i = manifest.ranges, frame - manifest.first
    if baked is not None:
        return (
            baked.near[i],
            baked.far[i],
            baked.strength[i],
            baked.bias[i],
            baked.contrast[i],
        )
    shot = next(s for s in manifest.shots if s.first <= frame <= s.last)
    return shot.near, shot.far, shot.strength, shot.bias, shot.contrast


def frame_depth(
    manifest: Manifest, frame: int, table: FrameTable, shown: Sequence[float] | None = None
) -> FrameDepth:
    """What ``table`` of ``frame`` means in the scene. ``shown``: near, far, strength, bias and
    contrast in place of the project's own (an edited table's curve is fixed).

    Raises UsageError where they make no range.
    """
    near, far, strength, bias, contrast = range_of(manifest, frame) if shown is None else shown
    shot = next(s for s in manifest.shots if s.first <= frame <= s.last)
    index = frame - manifest.first
    scale, shift = manifest.depth.scale[index], manifest.depth.shift[index]

    def meaning(values: np.ndarray) -> np.ndarray:
        n = np.asarray(values, np.float64)
        if not table.edited:
            d = scale * n + shift
            n = bend(((d - shot.low) / (shot.high - shot.low)).clip(0.0, 1.0), bias, contrast)
        return inverse_distance(n, near, far, strength)

    levels = meaning(table.levels)
    if scale < 0.0 and not table.edited:  # then what is larger is farther
        levels = np.sort(levels)
    return FrameDepth(levels, meaning(table.left), meaning(table.right))


def frame_depths(manifest: Manifest, tables: Mapping[int, FrameTable]) -> dict[int, FrameDepth]:
    """`frame_depth` of every analysed frame that has a table."""
    return {n: frame_depth(manifest, n, tables[n]) for n in manifest.frames if n in tables}


def _moved(inverse: np.ndarray, forward: float) -> np.ndarray:
    left = 1.0 - inverse * forward
    return np.where(left > 1e-3, inverse / np.maximum(left, 1e-3), inverse * 1e3)
