# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines and triangles of the comfort overlay, in the cameras' own axes: numpy alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...core.geometry import Lens
from ...core.stereo.marks import FAR, NEAR, NONE, WINDOW, Planes, cell_points

Colour = tuple[float, float, float, float]
SCREEN: Colour = (0.36, 0.62, 1.0, 1.0)
LIMIT: Colour = (0.95, 0.25, 0.2, 1.0)
TINTS: dict[int, tuple[float, float, float]] = {
    NEAR: (1.0, 0.15, 0.1),
    FAR: (0.85, 0.1, 0.95),
    WINDOW: (1.0, 0.7, 0.1),
}
_LIFTED = 0.995
"""Of a cell's distance: its tint lies just before it."""
_ALIKE = 0.2
"""Parts of a cell's 1/Z by which a neighbour of the same surface may differ."""


@dataclass(frozen=True)
class Frame:
    """A rectangle across the stereo camera's view: ``corners`` (4, 3) in its axes, in order."""

    name: str
    corners: np.ndarray
    colour: Colour


def frames(planes: Planes, view_frame: Sequence[Sequence[float]]) -> list[Frame]:
    """The near limit, the screen and the far limit, those of them that lie somewhere.

    ``view_frame``: the four corners of the camera's view (`Camera.view_frame`), in order, at any
    distance before it.
    """
    corners = np.array([tuple(corner) for corner in view_frame], np.float64)
    unit = corners / -corners[:, 2:3]  # at a distance of 1
    named = (
        ("Near Limit", planes.near, LIMIT),
        ("Screen", planes.screen, SCREEN),
        ("Far Limit", planes.far, LIMIT),
    )
    return [
        Frame(name, unit * distance, colour)
        for name, distance, colour in named
        if 0.0 < distance < math.inf and math.isfinite(distance)
    ]


def lines(corners: np.ndarray) -> np.ndarray:
    """The rectangle's sides as pairs of points, float32 (8, 3)."""
    return corners[[0, 1, 1, 2, 2, 3, 3, 0]].astype(np.float32)


def tint(
    inverse_z: np.ndarray, found: np.ndarray, lens: Lens, opacity: float
) -> tuple[np.ndarray, np.ndarray]:
    """Two triangles a marked cell: points (6 N, 3) in the footage camera's axes, and colours
    (6 N, 4). ``inverse_z``, ``found`` (h, w): the cells' 1/Z and what `core.stereo.marks` says."""
    marked = found != NONE
    count = int(marked.sum())
    corners = [
        cell_points(_corner(inverse_z, side, up), lens, 0.5 * side, 0.5 * up)[marked] * _LIFTED
        for side, up in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    points = np.stack([corners[i] for i in (0, 1, 2, 0, 2, 3)], axis=1).reshape(-1, 3)
    table = np.zeros((4, 4), np.float32)
    for kind, colour in TINTS.items():
        table[kind] = (*colour, opacity)
    colours = table[found[marked]].repeat(6, axis=0) if count else np.zeros((0, 4), np.float32)
    return np.ascontiguousarray(points, np.float32), np.ascontiguousarray(colours)


def _corner(inverse_z: np.ndarray, side: int, up: int) -> np.ndarray:
    """1/Z at a corner of each cell, which it shares with its neighbours of about its own depth, so
    that slopes are covered without gaps; across a step they don't share."""
    height, width = inverse_z.shape
    wide = np.pad(inverse_z, 1, mode="edge")
    total, count = inverse_z.copy(), np.ones_like(inverse_z)
    for down, across in ((0, side), (-up, 0), (-up, side)):
        other = wide[1 + down : 1 + down + height, 1 + across : 1 + across + width]
        alike = np.abs(other - inverse_z) < _ALIKE * inverse_z
        total += np.where(alike, other, 0.0)
        count += alike
    return total / count
