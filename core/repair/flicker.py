# SPDX-License-Identifier: GPL-3.0-or-later
"""How much depth flickers from one frame to the next, as a number to plot."""

from __future__ import annotations

import cv2
import numpy as np

from .flow import link, look_up, small_grey

MOVING = 1.0  # pixels of the small size, beside the camera's own motion: not static
_LEAST = 0.02  # share of the picture


def flicker(
    previous_rgb: np.ndarray, previous_depth: np.ndarray, rgb: np.ndarray, depth: np.ndarray
) -> float | None:
    """Mean |d(t) - warp(d(t-1))| over static pixels whose flow is trusted, in the depth's unit.

    Pictures are uint8 (h, w, 3), depths float (h, w); sizes may differ between the two. Divide by
    the range of the shot's depth to compare shots. None where nothing can be compared: a cut, a
    black frame.
    """
    before, now = small_grey(previous_rgb), small_grey(rgb)
    if before.shape != now.shape:
        return None
    tie = link(before, now)
    if tie.broken or tie.held:
        return None
    depths = [_small(d, now.shape) for d in (previous_depth, depth)]
    weight = tie.back_closed * tie.back_alike * still(tie.back, tie.back_closed)
    total = float(weight.sum())
    if total < _LEAST * weight.size:
        return None
    apart = np.abs(look_up(depths[0], tie.back) - depths[1])
    return float((apart * weight).sum()) / total


def still(flow: np.ndarray, trust: np.ndarray) -> np.ndarray:
    """bool (h, w): what moves as the picture as a whole does, by a fitted homography."""
    height, width = trust.shape
    rows, columns = np.mgrid[4:height:8, 4:width:8]
    sure = trust[rows, columns] > 0.5
    if int(sure.sum()) < 12:
        return np.ones(trust.shape, bool)
    start = np.stack([columns[sure], rows[sure]], -1).astype(np.float32)
    end = start + flow[rows, columns][sure]
    cv2.setRNGSeed(0)  # RANSAC's draws: the same answer every time
    matrix, _ = cv2.findHomography(start, end, cv2.RANSAC, 2.0 * MOVING)
    if matrix is None:
        return np.ones(trust.shape, bool)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    every = np.stack([x.ravel(), y.ravel()], -1)[None]
    moved = cv2.perspectiveTransform(every, matrix)[0].reshape(height, width, 2)
    away = np.linalg.norm(moved - every.reshape(height, width, 2) - flow, axis=-1)
    # Parallax of a scene at rest is no motion of its own: what is near goes farther.
    limit = 2.0 * MOVING + 0.5 * np.linalg.norm(flow, axis=-1)
    return away < limit


def _small(depth: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    small = depth.astype(np.float32)
    if small.shape == shape:
        return small
    return cv2.resize(small, shape[::-1], interpolation=cv2.INTER_AREA)
