# SPDX-License-Identifier: GPL-3.0-or-later
"""How one frame follows another: where each pixel was, and where that can be relied on.

The flow is that of G. Farnebaeck, "Two-frame motion estimation based on polynomial expansion"
(SCIA 2003), not the one that repair uses (DIS), so that repair isn't judged by its own mistakes.
It is trusted where going there and back returns, and not at its borders, both with the numbers of
N. Sundaram et al., "Dense point trajectories by GPU-accelerated large displacement optical flow"
(ECCV 2010); and where both frames show the same, as W.-S. Lai et al. ask in "Learning blind video
temporal consistency" (ECCV 2018), by a threshold on grey (3x3 pixels). A change of brightness or
contrast of the whole picture is taken off first.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ..errors import SecondEyeError
from .camera_motion import moves_as_camera

LONGEST_SIDE = 448  # pixels at which flow and depth are compared
_SMALLEST_SIDE = 12
_SAME = 20.0  # grey levels of 255
_LEAST = 0.25  # of the picture; up to 0.21 of two unrelated frames agreed by chance


@dataclass(frozen=True)
class Motion:
    """From one frame (H, W) to the next.

    Attributes:
        source: float32 (H, W, 2), where in the frame before each pixel of this frame was: x, y in
            pixels, a pixel's centre at whole numbers.
        trusted: bool (H, W), seen in both frames by a flow that holds.
        static: bool (H, W), those of them that move as the camera makes a world at rest move (see
            `camera_motion`).
        forward: the other way round: the arrays are those of the frame before, and ``source``
            says where in this frame each of its pixels is.
    """

    source: np.ndarray
    trusted: np.ndarray
    static: np.ndarray
    forward: bool = False


def measured(before: np.ndarray, now: np.ndarray) -> Motion:
    """The motion between two pictures, uint8 (H, W), grey."""
    before = _lit_as(before, now)
    back, forth = _farneback(now, before), _farneback(before, now)
    source = _here(now.shape) + back
    there = looked_up(forth, source)
    closed = _squared(back + there) < 0.01 * (_squared(back) + _squared(there)) + 0.5
    # A mean over neighbours, for one pixel in a few agrees by chance.
    same = cv2.blur(np.abs(now - looked_up(before.astype(np.float32), source)), (3, 3)) < _SAME
    trusted = inside(source) & closed & same & ~_borders(back)
    if trusted.mean() < _LEAST:
        trusted = np.zeros_like(trusted)
    return Motion(source, trusted, moves_as_camera(source, trusted))


def looked_up(values: np.ndarray, source: np.ndarray) -> np.ndarray:
    """``values`` (H, W) or (H, W, C), float32, at ``source`` as in `Motion`, bilinear."""
    columns, rows = (np.ascontiguousarray(source[..., k], np.float32) for k in (0, 1))
    return cv2.remap(values, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def inside(source: np.ndarray) -> np.ndarray:
    """Bool (H, W): where ``source`` lies in the picture."""
    height, width = source.shape[:2]
    return (source >= 0).all(axis=-1) & (source <= [width - 1, height - 1]).all(axis=-1)


def compared_size(width: int, height: int) -> tuple[int, int]:
    """(width, height) of the comparison: `LONGEST_SIDE` at most. Raises SecondEyeError for a
    picture too small for optical flow."""
    factor = min(1.0, LONGEST_SIDE / max(width, height))
    if min(width, height) * factor < _SMALLEST_SIDE:
        raise SecondEyeError(f"A clip of {width}x{height} is too small for optical flow.")
    return round(width * factor), round(height * factor)


def grey(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """uint8 (H, W) of uint8 (h, w, 3) at ``size``, (width, height)."""
    return cv2.resize(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)


def _farneback(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return cv2.calcOpticalFlowFarneback(
        first, second, np.zeros((*first.shape, 2), np.float32), 0.5, 5, 15, 3, 5, 1.1, 0
    )


def _lit_as(picture: np.ndarray, other: np.ndarray) -> np.ndarray:
    """``picture`` with the other's brightness and contrast: Farneback's flow takes a change of
    contrast for motion."""
    gain = float(other.std()) / max(float(picture.std()), 1e-3)
    lit = (picture - picture.mean()) * gain + other.mean()
    return np.clip(np.rint(lit), 0, 255).astype(np.uint8)


def _here(shape: tuple[int, ...]) -> np.ndarray:
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    return np.stack([columns, rows], axis=-1)


def _borders(flow: np.ndarray) -> np.ndarray:
    """Bool (H, W): where the flow of neighbours differs, so that a pixel's own is a guess."""
    steep = np.zeros(flow.shape[:2], np.float32)
    for order in ((1, 0), (0, 1)):
        slope = cv2.Sobel(flow, cv2.CV_32F, *order, ksize=3, scale=1 / 8)
        steep += _squared(slope)
    return steep > 0.01 * _squared(flow) + 0.002


def _squared(flow: np.ndarray) -> np.ndarray:
    """Float32 (H, W): the squared length of (H, W, 2)."""
    length: np.ndarray = flow[..., 0] ** 2 + flow[..., 1] ** 2
    return length
