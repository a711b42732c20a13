# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth edges made fit for warping: steep where the estimate is soft, and outside the mixed pixels.

A network's depth edge is a ramp several pixels wide. Warped as it is, the ramp becomes a rubber
sheet between foreground and background. A pixel on such a ramp belongs to one of its two ends;
the toggle mapping of H. Kramer and J. Bruckner, "Iterations of a non-linear transformation for
enhancement of digital images" (Pattern Recognition 7, 1975) sends it to one of them.
"""

import cv2
import numpy as np

_RADIUS = 1.0 / 120.0  # of the picture width: half the width of the widest ramp that is made steep
_STEEP = 0.375  # pixels of shift per pixel of radius: less is a slope, not an edge
_SHARP = 0.5  # a window whose largest single step holds this share of its range has its edge
_EVEN = 1.3  # ... and one whose largest step is below this many times its mean step is a slope
_FOREGROUND = 0.3  # of the way from far to near: from there on a ramp is foreground. Background
# that goes with the foreground is hardly seen; a rim torn off the foreground is.
_STEP = 1.0  # pixels of shift from one pixel to the next that part foreground and background
_MIXED = 1.0 / 960.0  # of the picture width: how far a lens and a codec smear an edge


def steepen(shift: np.ndarray, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shift in pixels and order, both float32 (H, W), with every soft depth edge made a step."""
    radius = max(2, round(shift.shape[1] * _RADIUS))
    far_shift, near_shift = _extremes(shift, order, _square(radius))
    jump = np.abs(near_shift - far_shift)
    step = cv2.dilate(shift, _square(0.5)) - cv2.erode(shift, _square(0.5))
    largest = cv2.dilate(step, _square(radius))
    column = np.arange(shift.shape[1], dtype=np.float32)
    steps = np.minimum(column, radius) + np.minimum(column[::-1], radius)  # in each window's row
    ramp = jump > _STEEP * radius
    ramp &= largest < _SHARP * jump
    ramp &= steps * largest > _EVEN * jump
    soft = np.flatnonzero(ramp)  # few: the rest stays as it is
    if not soft.size:
        return shift, order
    far_order, near_order = cv2.erode(order, _square(radius)), cv2.dilate(order, _square(radius))
    far, near = far_shift.ravel()[soft], near_shift.ravel()[soft]
    nearer = np.abs(shift.ravel()[soft] - far) >= _FOREGROUND * jump.ravel()[soft]
    shift, order = shift.copy(), order.copy()
    shift.ravel()[soft] = np.where(nearer, near, far)
    order.ravel()[soft] = np.where(nearer, near_order.ravel()[soft], far_order.ravel()[soft])
    return shift, order


def grow_foreground(shift: np.ndarray, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The foreground wider by the pixels that mix it with the background, along each row.

    Left behind with the background, those pixels would draw the foreground's outline a second
    time beside the hole.
    """
    reach = max(1, round(shift.shape[1] * _MIXED))
    across = np.ones((1, 2 * reach + 1), np.uint8)
    _, near_shift = _extremes(shift, order, across)
    edge = np.abs(near_shift - shift) > _STEP
    return (
        np.where(edge, near_shift, shift),
        np.where(edge, cv2.dilate(order, across), order),
    )


def near_side(shift: np.ndarray, order: np.ndarray, radius: int) -> tuple[np.ndarray, np.ndarray]:
    """Shift and order of the nearest thing within ``radius`` pixels."""
    window = _square(radius)
    return _extremes(shift, order, window)[1], cv2.dilate(order, window)


def _extremes(
    shift: np.ndarray, order: np.ndarray, window: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The shifts of the farthest and the nearest thing in each pixel's window.

    Shift is a monotone function of order for any rig, rising or falling over the whole picture.
    """
    low, high = cv2.erode(shift, window), cv2.dilate(shift, window)
    return (low, high) if rises(shift, order) else (high, low)


def rises(shift: np.ndarray, order: np.ndarray) -> bool:
    """Whether nearer things move farther to the right than distant ones."""
    nearest, farthest = np.argmax(order), np.argmin(order)
    return bool(shift.flat[nearest] >= shift.flat[farthest])


def _square(radius: float) -> np.ndarray:
    side = round(2 * radius + 1)
    return np.ones((side, side), np.uint8)
