# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture with its depth beside it, as displays with many views take it."""

import cv2
import numpy as np


def beside_depth(picture: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """(H, 2 W, 3) of ``picture`` (H, W, 3), uint8 or uint16, and ``depth`` (h, w), normalised
    inverse depth in 0..1 (1 = near = white), as grey of the same type."""
    height, width = picture.shape[:2]
    top = float(np.iinfo(picture.dtype).max)
    grey: np.ndarray = np.asarray(depth, np.float32)
    if grey.shape != (height, width):
        grey = cv2.resize(grey, (width, height), interpolation=cv2.INTER_LINEAR)
    levels = np.rint(grey.clip(0.0, 1.0) * top).astype(picture.dtype)
    return np.hstack((picture, np.repeat(levels[..., None], 3, axis=2)))
