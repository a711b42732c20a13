# SPDX-License-Identifier: GPL-3.0-or-later
"""Temporal error of a sequence whose true depth and poses are known.

TAE, the temporal alignment error, follows S. Chen et al., "Video Depth Anything: consistent depth
estimation for super-long videos" (CVPR 2025): the depth of each frame is carried into its
neighbour with the true poses and compared with the neighbour's own by AbsRel, there and back.
Where several points fall on one pixel the nearest counts (there, the last one written does).

TCC, temporal change consistency, follows H. Zhang et al., "Exploiting temporal consistency for
real-time video depth estimation" (ICCV 2019): SSIM between the estimated and the true absolute
change of depth from frame to frame, 1 is best. Its data range, not given there, is here the mean
true depth of the sequence.

Both take depth in metres after one scale and one shift a *sequence*, and only pixels whose true
depth is known.
"""

import cv2
import numpy as np

from .poses import Camera, carried

_WINDOW = 7  # pixels, of SSIM


def tae(depths: tuple[np.ndarray, np.ndarray], cameras: tuple[Camera, Camera],
        known: tuple[np.ndarray, np.ndarray]) -> float | None:  # fmt: skip
    """Of two neighbouring frames: ``depths`` float (H, W) in metres, > 0, ``known`` bool (H, W).

    A share, 0 is best; None where nothing of one is seen in the other.
    """
    errors = []
    for one, other in ((0, 1), (1, 0)):
        seen = splatted(depths[one], cameras[one], cameras[other], known[one])
        both = (seen > 0.0) & known[other]
        if both.any():
            there = depths[other][both]
            errors.append(float(np.mean(np.abs(seen[both] - there) / there)))
    return float(np.mean(errors)) if errors else None


def splatted(depth: np.ndarray, camera: Camera, to: Camera, known: np.ndarray) -> np.ndarray:
    """The depth as the other camera sees it, float64 (H, W) in metres, 0 where nothing falls."""
    place, inverse = carried(1.0 / depth, camera, to)
    height, width = depth.shape
    seen = np.zeros(height * width)
    column, row = (np.rint(np.nan_to_num(place[..., k], nan=-9.0)) for k in (0, 1))
    falls = known & (inverse > 0) & (column >= 0) & (column < width) & (row >= 0) & (row < height)
    at = (row[falls] * width + column[falls]).astype(np.int64)
    np.maximum.at(seen, at, inverse[falls])
    hit = seen > 0.0
    return np.divide(1.0, seen, out=seen, where=hit).reshape(height, width)


def tcc(estimates: tuple[np.ndarray, np.ndarray], truths: tuple[np.ndarray, np.ndarray],
        known: np.ndarray, unit: float) -> float | None:  # fmt: skip
    """Of two neighbouring frames, float (H, W) in metres; ``known`` bool (H, W) in both;
    ``unit``: the data range. None where no window of 7x7 pixels is known."""
    from skimage.metrics import structural_similarity

    kernel = np.ones((_WINDOW, _WINDOW), np.uint8)
    whole = cv2.erode(np.pad(known, 1).astype(np.uint8), kernel)[1:-1, 1:-1] > 0
    if not whole.any():
        return None
    changes = [np.where(known, np.abs(a - b), 0.0) for a, b in (estimates, truths)]
    _, similar = structural_similarity(*changes, win_size=_WINDOW, data_range=unit, full=True)
    return float(similar[whole].mean())
