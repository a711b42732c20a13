# SPDX-License-Identifier: GPL-3.0-or-later
"""A camera's path, one pose a frame: gaps filled, matrices to places and quaternions and back."""

from __future__ import annotations

import numpy as np


def path_of(poses: dict[int, np.ndarray], frames: range) -> np.ndarray:
    """(T, 7): x, y, z, and the quaternion w, x, y, z of every frame, from rigid (4, 4) poses.

    Frames without one lie evenly between their neighbours (K. Shoemake, "Animating rotation with
    quaternion curves", SIGGRAPH 1985), those beyond the ends stand still. Neighbouring quaternions
    have one sign, so that each number is a curve without jumps. ``poses`` must not be empty.
    """
    known = np.array(sorted(poses))
    places = np.array([poses[n][:3, 3] for n in known])
    turns = np.array([quaternion(poses[n][:3, :3]) for n in known])
    for i in range(1, len(turns)):
        if turns[i] @ turns[i - 1] < 0.0:
            turns[i] = -turns[i]
    path = np.empty((len(frames), 7))
    for row, n in zip(path, frames, strict=True):
        after = int(np.searchsorted(known, n))
        if after == len(known) or known[after] == n or after == 0:
            at = min(after, len(known) - 1)
            row[:3], row[3:] = places[at], turns[at]
            continue
        share = (n - known[after - 1]) / (known[after] - known[after - 1])
        row[:3] = (1.0 - share) * places[after - 1] + share * places[after]
        row[3:] = _between(turns[after - 1], turns[after], share)
    return path


def quaternion(rotation: np.ndarray) -> np.ndarray:
    """w, x, y, z (4,), of length 1, of a rotation (3, 3): the eigenvector of the largest
    eigenvalue of Bar-Itzhack's matrix (J. Guidance 23, 2000), which is right at every angle."""
    (a, b, c), (d, e, f), (g, h, i) = rotation
    matrix = np.array(
        [
            [a + e + i, h - f, c - g, d - b],
            [h - f, a - e - i, b + d, c + g],
            [c - g, b + d, e - a - i, f + h],
            [d - b, c + g, f + h, i - a - e],
        ]
    )
    found: np.ndarray = np.linalg.eigh(matrix)[1][:, -1]
    return found if found[0] >= 0.0 else -found


def rotation(turn: np.ndarray) -> np.ndarray:
    """(3, 3) of a quaternion w, x, y, z of length 1."""
    w, x, y, z = turn
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def _between(one: np.ndarray, two: np.ndarray, share: float) -> np.ndarray:
    angle = float(np.arccos(np.clip(one @ two, -1.0, 1.0)))
    if angle < 1e-6:
        return two
    result: np.ndarray = np.sin((1.0 - share) * angle) * one + np.sin(share * angle) * two
    return result / np.sin(angle)
