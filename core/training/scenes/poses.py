# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera poses (4 x 4, world from camera, OpenCV axes: x right, y down, z forward) and lenses."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pose:
    """A camera: its matrix and its lens in millimetres on a sensor 36 mm wide."""

    matrix: np.ndarray
    lens: float

    def focal_px(self, width: int) -> float:
        """Focal length in pixels of a picture that many pixels wide."""
        return self.lens / 36.0 * width


Proposer = Callable[[np.random.Generator], Pose]


def looking(position: np.ndarray, forward: np.ndarray, roll: float = 0.0) -> np.ndarray:
    """The matrix of a camera at ``position`` looking along ``forward``, rolled by radians."""
    z = forward / np.linalg.norm(forward)
    x = np.cross(z, (0.0, 0.0, 1.0))
    x /= np.linalg.norm(x)
    y = np.cross(z, x)
    c, s = np.cos(roll), np.sin(roll)
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1], matrix[:3, 2] = c * x + s * y, c * y - s * x, z
    matrix[:3, 3] = position
    return matrix


def direction(yaw: float, pitch: float) -> np.ndarray:
    """Unit vector; yaw about z from +x, pitch upward (radians)."""
    return np.array([np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw), np.sin(pitch)])


def lens(rng: np.random.Generator, low: float = 18.0, high: float = 85.0) -> float:
    """A focal length between the two, even in its logarithm."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def roll(rng: np.random.Generator) -> float:
    """Mostly level, a little askew, in radians."""
    return float(np.radians(rng.normal(0, 1.5)))


def moved(rng: np.random.Generator, matrix: np.ndarray, step: float) -> np.ndarray:
    """The next pose of a hand-held or gliding camera: about ``step`` metres and a degree on."""
    shift = rng.normal(0, 1, 3) * (1.0, 0.4, 0.8)
    shift *= step * rng.uniform(0.3, 1.0) / np.linalg.norm(shift)
    x, y, z = np.radians(rng.normal(0, (0.6, 0.8, 0.3)))
    small = np.eye(4)
    small[:3, :3] = _turn(0, x) @ _turn(1, y) @ _turn(2, z)
    small[:3, 3] = shift
    return matrix @ small


def _turn(axis: int, angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    i, j = [(1, 2), (2, 0), (0, 1)][axis]
    turn = np.eye(3)
    turn[i, i], turn[i, j], turn[j, i], turn[j, j] = c, -s, s, c
    return turn
