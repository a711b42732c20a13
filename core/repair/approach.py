# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the camera went forward between two frames, seen in how the picture moves.

Where the camera goes forward by T everything at rest comes nearer: with inverse depth V before,
V / (1 - T V) after. A frame before that isn't brought nearer would hold depth back against every
dolly. Of a scene at rest the picture's motion is linear in the camera's (H. C. Longuet-Higgins and
K. Prazdny, "The interpretation of a moving retinal image", 1980): its three turns move near and far
alike, its three steps in proportion to V. A zoom spreads near and far alike, too, and brings
nothing nearer; a camera that zooms seldom travels, so that the two are told apart by which of them
explains the motion better.
"""

from __future__ import annotations

import cv2
import numpy as np

from .alignment import CELL, LEAST_CELLS, middle

MOST = 0.3  # of T V: nothing comes nearer by more in one step
SURE = 3.0  # standard deviations that a step must stand out by
# A zoom is taken for one half likely where it leaves this share of what a travelling camera leaves
# unexplained, and the likelihood goes with that power of the share. Chosen on rendered moves, zooms
# and rests with estimated depth (docs/repair.md): 0.65 to 0.85 and 6 to 24 are about as good.
ZOOM, DECIDED = 0.75, 12
# What a scene at rest leaves unexplained where it is half believed to be at rest, as a share of the
# longer side: over plain areas flow is drawn along by what moves in front of them. Rendered moves
# leave 0.0013 to 0.0045, long ones 0.008; less than this takes more from them than it spares at
# rest, more lets a plain thing that slides past a plain ground count as a step.
REST, BELIEVED = 0.0083, 6
_RAYLEIGH = 1.1774  # a median length over the standard deviation of either component
_ROUNDS = 4


def approach(depth: np.ndarray, back: np.ndarray, trust: np.ndarray) -> float:
    """T, in 1 / unit of ``depth`` (h, w), of the step to this frame; negative: backwards.

    ``back`` (h, w, 2): flow from this frame to the one before, in pixels; ``trust`` (h, w) 0..1.
    The focal length is taken for the longer side: what turning moves depends on it but little, and
    T doesn't. What moves by itself counts less the more it does (Huber's weight).
    """
    height, width = depth.shape
    columns, rows = width // CELL, height // CELL
    if columns < 3 or rows < 3:
        return 0.0
    stacked = cv2.merge([back[..., 0] * trust, back[..., 1] * trust, depth * trust, trust])
    cells = cv2.resize(stacked, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float64)
    used = cells[..., 3] > 0.25
    down, across = np.nonzero(used)
    if down.size < LEAST_CELLS:
        return 0.0
    u, v, near = (cells[used][:, :3] / cells[used][:, 3:]).T
    unit = float(near.max())
    if unit <= 0.0:
        return 0.0
    focal = float(max(width, height))
    flow = np.concatenate([u, v]) / focal
    x = (across - 0.5 * (columns - 1)) * (width / (columns * focal))
    y = (down - 0.5 * (rows - 1)) * (height / (rows * focal))
    near /= unit
    none, one = np.zeros_like(x), np.ones_like(x)
    # Forwards by T: back / focal = -x T V / (1 + T V), which is -(x + back / focal) T V.
    forward, zoom = (-(x + u / focal) * near, -(y + v / focal) * near), (-x, -y)
    sidewards, upwards = (near, none), (none, near)
    turns = [(x * y, one + y * y), (one + x * x, x * y), (-y, x)]
    step, error, left = _fitted(flow, [forward, sidewards, upwards, *turns])
    if step == 0.0:
        return 0.0
    _, _, zoomed = _fitted(flow, [zoom, *turns])
    # A chain of frames adds up what is no more than noise: only what stands out of it is taken.
    step *= max(0.0, 1.0 - SURE**2 * error / step**2)
    step /= 1.0 + (ZOOM * left / zoomed) ** DECIDED
    return step / unit / (1.0 + (left / REST) ** BELIEVED)


def _fitted(
    flow: np.ndarray, terms: list[tuple[np.ndarray, np.ndarray]]
) -> tuple[float, float, float]:
    """Least squares of ``flow`` (2n,), robust, by ``terms``, each (n,) across and down: the first
    one's part, its squared error, and the standard deviation of what is left."""
    basis = np.stack([np.concatenate(term) for term in terms])
    weight = np.ones_like(flow)
    half = flow.size // 2
    step = error = noise = 0.0
    for _ in range(_ROUNDS):
        square = (basis * weight) @ basis.T
        # One depth everywhere makes steps and turns alike: then there's no step.
        square.flat[:: len(terms) + 1] += 1e-9 * flow.size
        inverse = np.linalg.inv(square)
        parts = inverse @ (basis @ (weight * flow))
        missed = flow - parts @ basis
        length = np.hypot(missed[:half], missed[half:])
        noise = middle(length) / _RAYLEIGH + 1e-9
        step = float(parts[0])
        # Where a few things move by themselves errors are not alike everywhere: the part's error
        # is that of the residuals as they lie (H. White, Econometrica 48, 1980).
        error = float(np.square((inverse[0] @ basis) * weight * missed).sum())
        one = np.minimum(1.0, 1.5 * noise / np.maximum(length, 1e-12))
        weight = np.concatenate([one, one])
    return step, error, noise


def moved(inverse_depth: np.ndarray, step: float) -> np.ndarray:
    """Inverse depth float32 seen from T = ``step`` farther on."""
    if step == 0.0:
        return inverse_depth
    nearer = inverse_depth * np.float32(step)
    np.clip(nearer, -MOST, MOST, out=nearer)
    np.subtract(np.float32(1.0), nearer, out=nearer)
    result: np.ndarray = inverse_depth / nearer
    return result
