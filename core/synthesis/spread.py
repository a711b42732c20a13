# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a picture, spread smoothly over what isn't."""

import cv2
import numpy as np


def spread(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """``values`` float32 (h, w) or (h, w, k), kept by ``weight`` float32 (h, w) in 0..1; what
    weighs nothing is taken from coarser and coarser means.

    The pull-push interpolation of S. Gortler et al., "The Lumigraph" (SIGGRAPH 1996). Without any
    weight the result is 0.
    """
    values = np.asarray(values, np.float32)
    weight = np.asarray(weight, np.float32)
    means, weights = [values], [weight]
    while max(means[-1].shape[:2]) > 1:
        height, width = means[-1].shape[:2]
        size = ((width + 1) // 2, (height + 1) // 2)
        total = cv2.resize(weights[-1], size, interpolation=cv2.INTER_AREA)
        mean = cv2.resize(_times(means[-1], weights[-1]), size, interpolation=cv2.INTER_AREA)
        total = total.reshape(size[::-1])
        mean = mean.reshape(*size[::-1], *values.shape[2:])
        means.append(_times(mean, 1.0 / np.maximum(total, np.float32(1e-6))))
        weights.append(np.minimum(total * np.float32(4.0), np.float32(1.0)))
    filled = _times(means[-1], weights[-1])
    for mean, kept in zip(means[-2::-1], weights[-2::-1], strict=True):
        size = (mean.shape[1], mean.shape[0])
        up = cv2.resize(filled, size, interpolation=cv2.INTER_LINEAR).reshape(mean.shape)
        filled = _times(mean, kept) + _times(up, np.float32(1.0) - kept)
    return filled


def _times(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    result: np.ndarray = values * (weight if values.ndim == 2 else weight[..., None])
    return result
