# SPDX-License-Identifier: GPL-3.0-or-later
"""One eye's picture from the footage and a shift per pixel: the fast path, without a render."""

import cv2
import numpy as np

from .edges import grow_foreground, steepen
from .fill import fill_holes
from .sampling import draw

_SAME_SURFACE = 1.0  # pixels of shift


def render_eye(rgb: np.ndarray, shift: np.ndarray, order: np.ndarray) -> np.ndarray:
    """What one eye sees, uint8 (H, W, 3).

    ``rgb`` uint8 (H, W, 3); ``shift`` float (h, w): how far right each point moves, in picture
    widths; ``order`` float (h, w): inverse distance >= 0, which decides what hides what. Both are
    resized to the picture where they are smaller or larger. A shift of 0 everywhere returns the
    picture unchanged. Raises ValueError when the shapes or the type don't fit.
    """
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
        raise ValueError(f"render_eye wants uint8 (H, W, 3), not {rgb.dtype} {rgb.shape}")
    if shift.shape != order.shape or shift.ndim != 2:
        raise ValueError(f"shift {shift.shape} and order {order.shape} must be one (h, w)")
    width = rgb.shape[1]
    pixels = _fitted(shift, rgb) * np.float32(width)
    nearness = _fitted(order, rgb)
    tolerance = _SAME_SURFACE * _order_per_pixel(pixels, nearness)
    pixels, nearness = grow_foreground(*steepen(pixels, nearness))
    picture, raster = draw(rgb, pixels, nearness)
    return fill_holes(picture, raster, tolerance)


def _fitted(values: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    height, width = rgb.shape[:2]
    values = np.ascontiguousarray(values, np.float32)
    if values.shape == (height, width):
        return values
    return cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR)


def _order_per_pixel(pixels: np.ndarray, order: np.ndarray) -> float:
    """How much order changes over one pixel of shift, over the picture as a whole."""
    moved = float(np.ptp(pixels))
    return float(np.ptp(order)) / moved if moved > 0.0 else float("inf")
