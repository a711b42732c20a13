# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pixels of a picture belong to what stands still, when the camera moves.

A world at rest moves in the picture by one of two laws (R. Hartley and A. Zisserman, "Multiple
view geometry in computer vision", 2004): by a homography where the camera only turns, stands
still, or sees one plane; along epipolar lines elsewhere. The homography is tried first, and kept
where it explains half of the picture: a fundamental matrix is not determined then, and would
explain things that move, too. Both are fitted by RANSAC and tested at one pixel, the second by
the Sampson distance. What neither law explains in half of the picture has no static pixels.

What it can't tell: a thing that moves along its epipolar lines (a car ahead in the same lane),
one that fills more than half of the picture, and, where a homography is kept, what stands still
off its plane, which is left out.
"""

import cv2
import numpy as np

TOLERANCE = 1.0  # pixels
_SHARE = 0.5  # of the trusted pixels that a law must explain
_STEP = 8  # pixels between those that it is fitted to
_FEWEST = 16


def moves_as_camera(source: np.ndarray, trusted: np.ndarray) -> np.ndarray:
    """Bool (H, W): the pixels of ``trusted`` that move as the camera makes things at rest move.

    ``source`` float32 (H, W, 2): where each pixel was in the frame before, x and y in pixels.
    """
    grid = np.zeros_like(trusted)
    grid[_STEP // 2 :: _STEP, _STEP // 2 :: _STEP] = True
    rows, columns = np.nonzero(grid & trusted)
    if rows.size < _FEWEST:
        return np.zeros_like(trusted)
    before = source[rows, columns].astype(np.float64)
    now = np.stack([columns, rows], axis=-1).astype(np.float64)
    for fit, error in ((_homography, _transfer), (_fundamental, _sampson)):
        law = fit(before, now)
        if law is None or (error(law, before, now) < TOLERANCE).mean() < _SHARE:
            continue
        every_row, every_column = np.nonzero(trusted)
        place = np.stack([every_column, every_row], axis=-1).astype(np.float64)
        static = np.zeros_like(trusted)
        static[trusted] = error(law, source[trusted].astype(np.float64), place) < TOLERANCE
        return static
    return np.zeros_like(trusted)


def _homography(before: np.ndarray, now: np.ndarray) -> np.ndarray | None:
    law, _ = cv2.findHomography(before, now, cv2.RANSAC, TOLERANCE)
    return law


def _transfer(law: np.ndarray, before: np.ndarray, now: np.ndarray) -> np.ndarray:
    there = _with_one(before) @ law.T
    third = np.where(np.abs(there[:, 2:]) < 1e-9, 1e-9, there[:, 2:])
    error: np.ndarray = np.linalg.norm(there[:, :2] / third - now, axis=1)
    return error


def _fundamental(before: np.ndarray, now: np.ndarray) -> np.ndarray | None:
    law, _ = cv2.findFundamentalMat(before, now, cv2.FM_RANSAC, TOLERANCE, 0.99, 1000)
    return law if law is not None and law.shape == (3, 3) else None


def _sampson(law: np.ndarray, before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Pixels, to first order (P. D. Sampson, 1982; Hartley and Zisserman, section 11.4.3)."""
    first, second = _with_one(before), _with_one(now)
    lines, lines_back = first @ law.T, second @ law
    product = (second * lines).sum(axis=1)
    slope = np.square(lines[:, :2]).sum(axis=1) + np.square(lines_back[:, :2]).sum(axis=1)
    error: np.ndarray = np.abs(product) / np.sqrt(np.maximum(slope, 1e-12))
    return error


def _with_one(points: np.ndarray) -> np.ndarray:
    return np.concatenate([points, np.ones((len(points), 1))], axis=1)
