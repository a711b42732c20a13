# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera poses (4 x 4, world from camera, OpenCV axes: x right, y down, z forward) and lenses."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Pose:
    """A camera: its matrix and its lens in millimetres on a sensor 36 mm wide."""

    matrix: np.ndarray
    lens: float
    squarely: bool = False
    """A look at a wall: it may fill most of the picture."""

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


def toward(
    rng: np.random.Generator, low: np.ndarray, high: np.ndarray, reach: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """(position, view direction) from somewhere around a box, ``reach`` metres away, at a
    height between sitting and standing, at a part of the box."""
    aim = low + (high - low) * (*rng.uniform(0.3, 0.7, 2), rng.uniform(0.45, 0.95))
    away = float(np.exp(rng.uniform(*np.log(reach))))
    yaw = rng.uniform(0, 6.28)
    eye = low[2] + rng.uniform(0.9, 1.75)
    where = np.array([aim[0] - away * np.cos(yaw), aim[1] - away * np.sin(yaw), eye])
    return where, aim - where + rng.normal(0, 0.12 * away, 3) * (1, 1, 0.5)


def direction(yaw: float, pitch: float) -> np.ndarray:
    """Unit vector; yaw about z from +x, pitch upward (radians)."""
    return np.array([np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw), np.sin(pitch)])


def lens(rng: np.random.Generator, low: float = 18.0, high: float = 85.0) -> float:
    """A focal length between the two, even in its logarithm."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def roll(rng: np.random.Generator) -> float:
    """Mostly level, a little askew, in radians."""
    return float(np.radians(rng.normal(0, 1.5)))


def path(rng: np.random.Generator, pose: Pose, step: float, length: int) -> list[Pose]:
    """``length`` + 1 poses of a hand-held or gliding camera, the first being ``pose``.

    The camera keeps its way and turn, about ``step`` metres and a degree a frame at most, give or
    take the tremor of a hand.
    """
    way = rng.normal(0, 1, 3) * (1.0, 0.35, 1.0)
    way *= step * rng.uniform(0.25, 1.0) / np.linalg.norm(way)
    swing = np.radians(rng.normal(0, (0.5, 0.8, 0.2)))
    shake = rng.uniform(0.0, 0.35)
    poses = [pose]
    for _ in range(length):
        shift = way + rng.normal(0, 1, 3) * shake * np.linalg.norm(way)
        x, y, z = swing + np.radians(rng.normal(0, (0.3, 0.3, 0.15))) * shake
        small = np.eye(4)
        small[:3, :3] = _turn(0, x) @ _turn(1, y) @ _turn(2, z)
        small[:3, 3] = shift
        poses.append(replace(pose, matrix=poses[-1].matrix @ small))
    return poses


def _turn(axis: int, angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    i, j = [(1, 2), (2, 0), (0, 1)][axis]
    turn = np.eye(3)
    turn[i, i], turn[i, j], turn[j, i], turn[j, j] = c, -s, s, c
    return turn
