# SPDX-License-Identifier: GPL-3.0-or-later
"""Where in a scene a screen's limits lie, and which parts of a picture break them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..geometry import Lens
from .comfort import CUT_DEPTH
from .rig import StereoRig
from .viewing import Limits

NONE, NEAR, FAR, WINDOW = range(4)
COLUMNS = 96
"""Cells across a picture that is marked."""


@dataclass(frozen=True)
class Planes:
    """Distances from the stereo camera in scene units: ``near`` < ``screen`` < ``far``; ``far`` is
    infinite where nothing lies too far."""

    near: float
    screen: float
    far: float


def limit_planes(rig: StereoRig, limits: Limits) -> Planes:
    """Where parallax reaches the near limit, zero and the far limit. Eyes that don't stand apart
    have no near limit (0) and no far one."""
    gain, screen = rig.interocular * rig.focal_over_width, 1.0 / rig.convergence
    if gain <= 0.0:
        return Planes(0.0, rig.convergence, math.inf)
    far = screen - limits.far / gain
    return Planes(
        1.0 / (screen - limits.near / gain), rig.convergence, 1.0 / far if far > 0.0 else math.inf
    )


def coarse(values: np.ndarray) -> np.ndarray:
    """``values`` (h, w), of which each of the cells, `COLUMNS` across at most, has the middle
    one."""
    height, width = values.shape
    columns = min(COLUMNS, width)
    rows = max(1, round(columns * height / width))
    y = ((np.arange(rows) + 0.5) * height / rows).astype(int)
    x = ((np.arange(columns) + 0.5) * width / columns).astype(int)
    return values[np.ix_(y, x)]


def cell_points(inverse_z: np.ndarray, lens: Lens, side: float, up: float) -> np.ndarray:
    """The points (h, w, 3), in the footage camera's axes, of cells (h, w) at 1/Z, at ``side`` and
    ``up`` (-0.5..0.5) of a cell from its middle."""
    height, width = inverse_z.shape
    u = (np.arange(width) + 0.5 + side) / width
    v = 1.0 - (np.arange(height) + 0.5 - up) / height
    across, down = np.broadcast_arrays(u[None, :], v[:, None])
    return lens.unproject(across, down, inverse_z)


def marks(
    inverse_z: np.ndarray,
    lens: Lens,
    to_camera: np.ndarray,
    rig: StereoRig,
    limits: Limits,
    strips: tuple[float, float] = (0.0, 0.0),
) -> np.ndarray:
    """NONE, NEAR, FAR or WINDOW of each cell, uint8 (h, w).

    ``inverse_z``: cells of the footage, 1/Z from the footage camera; ``to_camera`` (4, 4): from its
    axes to the stereo camera's, whose parallax counts; ``strips``: how far the floating window's
    edges stand before the screen, in picture widths. What is cut by the window is marked along its
    edge; what the camera doesn't see isn't marked.
    """
    seen = cell_points(inverse_z, lens, 0.0, 0.0) @ to_camera[:3, :3].T + to_camera[:3, 3]
    distance = -seen[..., 2]
    before = distance > 1e-6
    inverse = 1.0 / np.where(before, distance, 1.0)
    parallax = rig.parallax(inverse)
    u = 0.5 + rig.focal_over_width * seen[..., 0] * inverse
    found = np.zeros(inverse_z.shape, np.uint8)
    reach = 1.5 / inverse_z.shape[1]
    for at, strip in ((u < reach, strips[0]), (u > 1.0 - reach, strips[1])):
        found[at & (parallax + strip < -CUT_DEPTH)] = WINDOW
    found[parallax > limits.far] = FAR
    found[parallax < limits.near] = NEAR
    found[~before | (u < 0.0) | (u > 1.0)] = NONE
    return found
