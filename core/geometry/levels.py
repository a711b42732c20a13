# SPDX-License-Identifier: GPL-3.0-or-later
"""A shot's sampling pattern: levels of detail of one hierarchy, and which of them to take."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..errors import UsageError
from .pattern import Pattern

VIEWPORT, RENDER = 1 / 8, 1 / 32
"""Pixels of disparity, root mean square, where nothing else is asked: a view ten degrees off the
axis is some ten times as far from the footage camera as an eye, and sees ten times the error."""


@dataclass(frozen=True)
class Misfit:
    """Error of a level, as differences of normalised inverse depth (0..1), over ``frames``.

    ``rms``: root of the mean square over all pixels of all frames; ``p99``: what 99 of 100 pixels
    stay below; ``worst``: the largest.
    """

    rms: float
    p99: float
    worst: float


@dataclass(frozen=True)
class Level:
    """``count``: its points are the first so many of the shot's. ``triangles``: int32 (M, 3),
    counter-clockwise as the camera sees them; without cracks, they fill the picture.
    ``step``: float16 (M,), the largest difference of normalised inverse depth between neighbouring
    pixels that each triangle spans, in any frame: a large one lies across a break.
    ``fill``: float32 (K, 2), further points that a cloud needs where triangles are large;
    ``radius``: float32 (count + K,) in picture widths, of its points and of those: their discs
    cover the picture (`cloud.cloud`)."""

    count: int
    triangles: np.ndarray
    step: np.ndarray
    misfit: Misfit
    fill: np.ndarray
    radius: np.ndarray


@dataclass(frozen=True)
class ShotPattern:
    """``points``: float32 (N, 2), u and v in 0..1, v from the bottom, in the order in which they
    were found: a level takes the first of them. ``levels``: the coarsest first.

    ``source``: what it was made of, in the words of whoever made it; ``measured``: the frames on
    which the errors were measured.
    """

    width: int
    height: int
    points: np.ndarray
    levels: tuple[Level, ...]
    source: str = ""
    measured: tuple[int, ...] = field(default=())

    def pattern(self, level: int) -> Pattern:
        """The points and triangles of a level (0 = the coarsest)."""
        chosen = self.levels[level]
        return Pattern(self.points[: chosen.count], chosen.triangles)


def choose(
    pattern: ShotPattern,
    error: float | None = None,
    triangles: int | None = None,
    points: int | None = None,
    gain: float = 1.0,
) -> int:
    """The coarsest level whose RMS error is at most ``error``, else the finest within the budget.

    ``error`` in pixels of disparity where ``gain`` is that of `disparity_gain`; in normalised
    inverse depth where it is 1. ``triangles``, ``points``: never more than these, but the coarsest
    level is always allowed. Depends on nothing that moves: one answer for the whole shot.
    Raises UsageError on an error that is not above 0, or a budget below 1.
    """
    if error is not None and not error > 0.0:
        raise UsageError(f"An error of {error:g} can't be reached: give more than 0.")
    for budget in (triangles, points):
        if budget is not None and budget < 1:
            raise UsageError(f"A budget of {budget} leaves nothing: give 1 or more.")
    allowed = [
        i
        for i, level in enumerate(pattern.levels)
        if (triangles is None or len(level.triangles) <= triangles)
        and (points is None or level.count <= points)
    ] or [0]
    if error is None:
        return allowed[-1]
    good = [i for i in allowed if pattern.levels[i].misfit.rms * gain <= error]
    return good[0] if good else allowed[-1]


def choose_pair(
    pattern: ShotPattern,
    gain: float,
    viewport: float = VIEWPORT,
    render: float = RENDER,
    triangles: int | None = None,
) -> tuple[int, int]:
    """The levels for the viewport and for rendering, by errors in pixels of disparity; the
    viewport's is never the finer. ``triangles``: budget of the viewport alone."""
    final = choose(pattern, render, gain=gain)
    return min(choose(pattern, viewport, triangles, gain=gain), final), final


def disparity_gain(
    interocular: float,
    focal_over_width: float,
    near: float,
    far: float,
    strength: float,
    width: int,
) -> float:
    """Pixels of disparity for a difference of 1 in normalised inverse depth, of a picture
    ``width`` pixels wide: ``b * f/w * strength * (1/near - 1/far) * width``, the slope of
    `stereo.disparity` after `inverse_distance`, both of them linear."""
    return interocular * focal_over_width * strength * (1.0 / near - 1.0 / far) * width
