# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a shot's camera would be if its moves were smaller, or the picture cropped.

Read once from a scene, with whatever the rig does besides; then no scene is needed to try shares.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .move_keys import compose, values_of
from .moves import CHANNELS, MOST_CROP, REST, Move, Span

EXTREMES = 4
"""Frames that are looked at: those that lie farthest from one another, and from rest."""


@dataclass(frozen=True)
class MovedCamera:
    """A shot's camera in n frames.

    Attributes:
        frames: float (n,), in the time that ``span`` counts.
        base: float (n, 4, 4), from the axes that the moves are made in to the footage camera's.
        channels: float (n, 6), `CHANNELS` but for the lens, as they are, noise and all.
        rig: float (n, 4, 4), from the camera's axes to those that the moves carry.
        focal: float (n,), the camera's focal length over its sensor's width, as it is.
        moves: what makes the channels, but for noise; the first one has the crop.
        span: what the moves fit.
        rig_at_rest: as ``rig``, without the moves; None where they are the same. A constraint (an
            aim) makes them differ.
    """

    frames: np.ndarray
    base: np.ndarray
    channels: np.ndarray
    rig: np.ndarray
    focal: np.ndarray
    moves: Sequence[Move]
    span: Span
    rig_at_rest: np.ndarray | None = None

    @property
    def crop(self) -> float:
        """As it is; 0 without a move."""
        return self.moves[0].crop if self.moves else 0.0

    def at(self, share: float = 1.0, crop: float | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Poses (n, 4, 4), from the camera's axes to the footage camera's, and focal lengths (n,)
        over the sensor's width, with ``share`` of all moves' strength and the crop ``crop``.

        Exact where nothing on the rig depends on the moves; else close, and exact at 0 and 1.
        """
        was = self._keyed(1.0, self.crop)
        now = self._keyed(share, self.crop if crop is None else crop)
        # Noise, and what keys miss of the curve they stand for, shrink alike.
        placed = now[:, :6] + share * (self.channels - was[:, :6])
        poses = self.base @ _matrices(placed) @ self._rig(share)
        return poses, self.focal * now[:, 6] / was[:, 6]

    def _rig(self, share: float) -> np.ndarray:
        if self.rig_at_rest is None or share == 1.0:
            return self.rig
        between = self.rig_at_rest + share * (self.rig - self.rig_at_rest)
        left, _, right = np.linalg.svd(between[:, :3, :3])  # the nearest rotation
        between[:, :3, :3] = left @ right
        return between

    def _keyed(self, share: float, crop: float) -> np.ndarray:
        moves = [replace(move, strength=move.strength * share) for move in self.moves]
        if moves:
            moves[0] = replace(moves[0], crop=min(crop, MOST_CROP))
        out = np.tile(REST, (len(self.frames), 1))
        for name, keys in compose(moves, self.span).items():
            out[:, CHANNELS.index(name)] = values_of(keys, self.frames)
        return out


def extremes(poses: np.ndarray, lenses: np.ndarray, away: float) -> list[int]:
    """Which of n poses (n, 4, 4) lie farthest from the footage camera's and from one another, that
    one first: at most `EXTREMES`, one at least. ``lenses`` (n,): times the footage's focal length;
    ``away``: the distance by which places count against directions."""
    # All in picture widths, about: places at that distance, and directions.
    there = np.concatenate([poses[:, :3, 3] / away, poses[:, :3, 2], lenses[:, None] - 1.0], axis=1)
    nearest = np.linalg.norm(there - [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0], axis=1)
    chosen: list[int] = []
    while len(chosen) < min(EXTREMES, len(there)):
        number = int(np.argmax(nearest))
        if chosen and nearest[number] < 1e-6:
            break
        chosen.append(number)
        nearest = np.minimum(nearest, np.linalg.norm(there - there[number], axis=1))
    return chosen


def _matrices(placed: np.ndarray) -> np.ndarray:
    """(n, 4, 4) of places and XYZ Euler angles (n, 6): about x first, then y, then z."""
    found = np.tile(np.eye(4), (len(placed), 1, 1))
    for row, (x, y, z, *angles) in zip(found, placed, strict=True):
        (a, b, c), (s, t, u) = ([f(v) for v in angles] for f in (math.cos, math.sin))
        row[:3, :3] = [
            [b * c, s * t * c - a * u, a * t * c + s * u],
            [b * u, s * t * u + a * c, a * t * u - s * c],
            [-t, s * b, a * b],
        ]
        row[:3, 3] = x, y, z
    return found
