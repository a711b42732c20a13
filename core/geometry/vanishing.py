# SPDX-License-Identifier: GPL-3.0-or-later
"""Focal length from straight lines: where buildings, rooms and furniture stand at right angles.

Lines that are parallel in the world meet in a vanishing point; two such points p, q of directions
at right angles give the focal length, p . q + f^2 = 0 measured from the picture's middle (B.
Caprile, V. Torre, "Using vanishing points for camera calibration", Int. J. Computer Vision 4,
1990). Many pairs of lines are tried, each with the third direction that follows, and judged by how
much of all lines lies along one of the three (J. M. Coughlan, A. L. Yuille, "Manhattan world",
ICCV 1999).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

LEAST_LINES, MOST_LINES = 30, 120
SHORTEST = 0.045  # of the picture's width
LEAST_SCORE = 0.6
RANGE = (0.45, 2.5)  # focal length over width: 96 to 23 degrees across; beyond, lines tell little
_TRIES, _BEST, _ALONG = 1500, 15, math.sin(math.radians(2.0))


@dataclass(frozen=True)
class FocalGuess:
    """``focal_over_width``; ``score``: the part, 0..1, of the lines' length that agrees."""

    focal_over_width: float
    score: float


def focal_from_lines(lines: np.ndarray, width: int, height: int) -> FocalGuess | None:
    """From line segments (N, 4), x and y of both ends in pixels; None where they tell nothing."""
    length = np.hypot(lines[:, 2] - lines[:, 0], lines[:, 3] - lines[:, 1])
    kept = np.argsort(-length, kind="stable")[:MOST_LINES]
    kept = kept[length[kept] > SHORTEST * width]
    if len(kept) < LEAST_LINES:
        return None
    length = length[kept]
    ends = (lines[kept].reshape(-1, 2, 2) - np.array([width, height]) / 2) / width
    ends = np.concatenate([ends, np.ones((len(kept), 2, 1))], axis=2)
    through = np.cross(ends[:, 0], ends[:, 1])
    through /= np.linalg.norm(through[:, :2], axis=1, keepdims=True)
    rng = np.random.default_rng(1)
    pick = rng.choice(len(kept), (_TRIES, 4), p=length / length.sum())
    one, two = (np.cross(through[pick[:, i]], through[pick[:, i + 1]]) for i in (0, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        square = -(one[:, :2] * two[:, :2]).sum(axis=1) / (one[:, 2] * two[:, 2])
    usable = np.isfinite(square) & (square > RANGE[0] ** 2) & (square < RANGE[1] ** 2)
    if not usable.any():
        return None
    one, two, focal = one[usable], two[usable], np.sqrt(square[usable])
    camera = np.stack([1 / focal, 1 / focal, np.ones_like(focal)], axis=1)
    three = np.cross(one * camera, two * camera) / camera
    score = _agreement(ends, length, (one, two, three))
    best = np.argsort(-score, kind="stable")[:_BEST]
    weights = score[best] ** 4
    if not weights.sum() > 0.0:
        return None
    mean = float(np.exp(np.average(np.log(focal[best]), weights=weights)))
    return FocalGuess(mean, float(score[best[0]]))


def agreed(guesses: list[FocalGuess | None]) -> FocalGuess | None:
    """One lens from several frames of a clip: the weighted median of those that are sure; None
    where fewer than half of them are, or they differ by more than a third among themselves."""
    sure = [guess for guess in guesses if guess is not None and guess.score >= LEAST_SCORE]
    if not sure or 2 * len(sure) < len(guesses):
        return None
    sure.sort(key=lambda guess: guess.focal_over_width)
    below = np.cumsum([guess.score for guess in sure])
    middle = sure[int(np.searchsorted(below, below[-1] / 2))]
    apart = [abs(math.log(g.focal_over_width / middle.focal_over_width)) for g in sure]
    if float(np.median(apart)) > math.log(4 / 3):
        return None
    return FocalGuess(middle.focal_over_width, float(np.mean([guess.score for guess in sure])))


def _agreement(
    ends: np.ndarray, length: np.ndarray, points: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> np.ndarray:
    """(T,): the part of all lines' length that points to one of three vanishing points (T, 3)."""
    middles = ends.mean(axis=1)[:, :2]
    along = (ends[:, 1] - ends[:, 0])[:, :2]
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    best = np.zeros((len(points[0]), len(ends)))
    for point in points:
        to = point[:, None, :2] - middles[None] * point[:, None, 2:]
        to /= np.linalg.norm(to, axis=2, keepdims=True) + 1e-12
        off = (to[..., 0] * along[:, 1] - to[..., 1] * along[:, 0]) / _ALONG
        best = np.maximum(best, 1.0 - np.square(off))
    result: np.ndarray = (best * length).sum(axis=1) / length.sum()
    return result
