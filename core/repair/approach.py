# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the camera went forward between two frames, seen in how the picture spreads.

Where the camera goes forward by T everything at rest comes nearer: with inverse depth V before,
V / (1 - T V) after, and the picture spreads there by that same factor (the old rule of time to
contact: D. N. Lee, "A theory of visual control of braking based on information about
time-to-collision", Perception 1976). A frame before that isn't brought nearer would hold depth back
against every dolly.
"""

from __future__ import annotations

import cv2
import numpy as np

from .alignment import CELL, LEAST_CELLS, SPREAD, middle

MOST = 0.3  # of T V: nothing comes nearer by more in one step
SURE = 3.0  # standard deviations that a step must stand out by
_ROUNDS = 4


def approach(depth: np.ndarray, back: np.ndarray, trust: np.ndarray) -> float:
    """T, in 1 / unit of ``depth`` (h, w), of the step to this frame; negative: backwards.

    ``back`` (h, w, 2): flow from this frame to the one before, in pixels; ``trust`` (h, w) 0..1.
    Turning spreads one side and gathers the other, sidewards motion does so where depth slopes one
    way or the other: neither has a part that grows with V, which is what is fitted.
    """
    height, width = depth.shape
    columns, rows = width // CELL, height // CELL
    if columns < 3 or rows < 3:
        return 0.0
    stacked = cv2.merge([back[..., 0] * trust, back[..., 1] * trust, depth * trust, trust])
    cells = cv2.resize(stacked, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float64)
    weight = cells[..., 3]
    x, y, near = (cells[..., k] / np.maximum(weight, 1e-6) for k in range(3))
    across = (x[1:-1, 2:] - x[1:-1, :-2]) * (columns / (2.0 * width))
    down = (y[2:, 1:-1] - y[:-2, 1:-1]) * (rows / (2.0 * height))
    sides = (weight[1:-1, 2:], weight[1:-1, :-2], weight[2:, 1:-1], weight[:-2, 1:-1])
    used = np.minimum.reduce([*sides, weight[1:-1, 1:-1]]) > 0.25
    if int(used.sum()) < LEAST_CELLS:
        return 0.0
    spread, v = -0.5 * (across + down)[used], near[1:-1, 1:-1][used]
    w = np.ones_like(v)
    step = error = 0.0
    for _ in range(_ROUNDS):
        square = float((w * v * v).sum())
        if square <= 0.0:
            return 0.0
        step = float((w * v * spread).sum()) / square
        left = np.abs(spread - step * v)
        usual = SPREAD * middle(left) + 1e-9
        error = usual**2 / square
        w = np.minimum(1.0, usual / np.maximum(left, 1e-12))
    # A chain of frames adds up what is no more than noise: only what stands out of it is taken.
    return step * max(0.0, 1.0 - SURE**2 * error / step**2) if step else 0.0


def moved(inverse_depth: np.ndarray, step: float) -> np.ndarray:
    """Inverse depth float32 seen from T = ``step`` farther on."""
    if step == 0.0:
        return inverse_depth
    nearer = inverse_depth * np.float32(step)
    np.clip(nearer, -MOST, MOST, out=nearer)
    np.subtract(np.float32(1.0), nearer, out=nearer)
    result: np.ndarray = inverse_depth / nearer
    return result
