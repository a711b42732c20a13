# SPDX-License-Identifier: GPL-3.0-or-later
"""What was hidden before: holes filled from the background, never from the foreground.

Two guesses are mixed. The row's own background, carried on into the hole, keeps what touches the
hole's edge in place but draws streaks; the inpainting of A. Telea, "An image inpainting technique
based on the fast marching method" (Journal of Graphics Tools 9, 2004), at a fraction of the size
and with the foreground beside the hole hidden from it, joins the rows but is soft.
"""

import cv2
import numpy as np

from .raster import Raster

_SAMPLES = (1, 2, 3)  # background pixels beside the hole; 0 is skipped, it is mixed at the edge
_CARRY = 16.0 / 640.0  # of the picture width: how far a row's own background counts
_FARTHEST = 1.0 / 12.0  # of the picture width: the widest foreground hidden from the inpainting
_TELEA_RADIUS = 3
_NOTHING = np.float32(-1.0)  # no order: orders are 0 or more


def fill_holes(picture: np.ndarray, raster: Raster, tolerance: float) -> np.ndarray:
    """``picture`` (uint8 or uint16, (H, W, 3)) with its holes filled; the rest stays, bit for bit.

    ``tolerance``: how far in order two pixels of one surface may lie apart.
    """
    hole = raster.hole
    if not hole.any():
        return picture
    if hole.all():
        return np.zeros_like(picture)
    rows, columns = np.divmod(np.flatnonzero(hole), hole.shape[1])
    left, right = _ends(rows, columns)
    beside, inwards, order = _background(raster, rows, left, right)
    inside = (left >= 0) & (right < hole.shape[1])
    widest = int(np.max((right - left - 1)[inside], initial=0))
    carried, trust = _carried(picture, raster, rows, beside, inwards, order, tolerance)
    distance = np.abs(columns - beside)
    trust = trust * 0.5 * np.exp(-distance / (_CARRY * hole.shape[1]))
    trust[~inside] = 0.0  # a long way carried is a smear
    behind = np.full(hole.shape, _NOTHING, np.float32)
    behind[rows, columns] = order
    known = _known(raster, behind, widest, tolerance)
    spread = _inpainted(picture, known)[rows, columns].astype(np.float32)
    filled = picture.copy()
    filled[rows, columns] = np.rint(spread + trust[:, None] * (carried - spread))
    return filled


def _ends(rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each of N hole pixels, in reading order: the drawn columns left and right of its hole,
    -1 and the picture's width where the hole touches the picture's edge."""
    begins = np.ones(rows.size, bool)
    begins[1:] = (np.diff(rows) != 0) | (np.diff(columns) != 1)
    first = np.flatnonzero(begins)
    length = np.diff(first, append=rows.size)
    left = columns[first] - 1
    return np.repeat(left, length), np.repeat(left + length + 1, length)


def _background(
    raster: Raster, rows: np.ndarray, left: np.ndarray, right: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each of N hole pixels: the column of the row's background beside the hole, the direction
    (+1, -1) that leads into that background, its order.

    A row without a drawn pixel gets order 0 and a column outside the picture.
    """
    width = raster.hole.shape[1]
    left_order = np.where(left >= 0, raster.order[rows, np.maximum(left, 0)], np.inf)
    right_order = np.where(right < width, raster.order[rows, np.minimum(right, width - 1)], np.inf)
    from_right = right_order < left_order
    order = np.minimum(left_order, right_order)
    return (
        np.where(from_right, right, left),
        np.where(from_right, 1, -1),
        np.where(np.isfinite(order), order, 0.0),
    )


def _carried(
    picture: np.ndarray,
    raster: Raster,
    rows: np.ndarray,
    beside: np.ndarray,
    inwards: np.ndarray,
    order: np.ndarray,
    tolerance: float,
) -> tuple[np.ndarray, np.ndarray]:
    """The mean (N, 3) of the row's background beside each hole pixel, and 1 where there is any."""
    width = picture.shape[1]
    total = np.zeros((rows.size, 3), np.float32)
    weight = np.zeros(rows.size, np.float32)
    for sample in _SAMPLES:
        column = beside + sample * inwards
        inside = (column >= 0) & (column < width)
        column = np.clip(column, 0, width - 1)
        same = inside & ~raster.hole[rows, column]
        same &= np.abs(raster.order[rows, column] - order) <= tolerance
        total += picture[rows, column] * same[:, None]
        weight += same
    return total / np.maximum(weight, 1.0)[:, None], np.minimum(weight, 1.0)


def _known(raster: Raster, behind: np.ndarray, widest: int, tolerance: float) -> np.ndarray:
    """Bool (H, W): what the inpainting may look at; nothing nearer than the background of a hole
    near the hole, so that no colour of the foreground reaches the hole."""
    width = raster.hole.shape[1]
    # Inpainting comes from both sides of what it doesn't know, and looks its radius ahead: this
    # far, the front from the background side has crossed the hole before it meets the other.
    reach = min(widest, round(width * _FARTHEST)) + 2 * _TELEA_RADIUS * _fraction(width)
    behind = cv2.dilate(behind, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    return ~raster.hole & ((behind == _NOTHING) | (raster.order <= behind + tolerance))


def _inpainted(picture: np.ndarray, known: np.ndarray) -> np.ndarray:
    """``picture`` inpainted wherever it is not known, at a fraction of the size."""
    height, width = known.shape
    factor = _fraction(width)
    size = (-(-width // factor), -(-height // factor))
    weight = cv2.resize(known.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    visible = cv2.copyTo(picture, known.astype(np.uint8)).astype(np.float32)
    mean = cv2.resize(visible, size, interpolation=cv2.INTER_AREA)
    mean = mean / np.maximum(weight, 1e-6)[..., None]
    small = np.rint(mean).clip(0, np.iinfo(picture.dtype).max).astype(picture.dtype)
    unknown = (weight <= 0.01).astype(np.uint8)
    if not unknown.all():
        small = _telea(small, unknown)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def _telea(small: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    if small.dtype == np.uint8:
        return cv2.inpaint(small, unknown, _TELEA_RADIUS, cv2.INPAINT_TELEA)
    channels = [  # more than 8 bits are inpainted one channel at a time only
        cv2.inpaint(np.ascontiguousarray(small[..., c]), unknown, _TELEA_RADIUS, cv2.INPAINT_TELEA)
        for c in range(3)
    ]
    return np.dstack(channels)


def _fraction(width: int) -> int:
    """How many pixels one pixel of the inpainting covers."""
    return max(2, round(width / 640))
