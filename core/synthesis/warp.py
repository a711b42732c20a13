# SPDX-License-Identifier: GPL-3.0-or-later
"""One eye's picture from the footage and a shift per pixel: the fast path, without a render."""

from dataclasses import dataclass

import cv2
import numpy as np

from .edges import grow_foreground, near_side, steepen
from .fill import fill_holes
from .matte import rim_width
from .raster import Raster
from .sampling import draw

_SAME_SURFACE = 1.0  # pixels of shift
_GUESSED = np.float32(0.3)  # weight of a plate that no frame shows, beside a hole's own filling
_BESIDE = 1.5  # pixels of shift between a soft pixel and the foreground that it goes with


@dataclass(frozen=True)
class Behind:
    """What stands behind the foreground, and its soft rim, (h, w) of any size.

    ``plate``, ``front`` and ``seen`` as in `layers.Layers`; ``shift`` and ``order`` of the plate as
    those of `render_eye`.
    """

    plate: np.ndarray
    shift: np.ndarray
    order: np.ndarray
    front: np.ndarray
    seen: np.ndarray


def render_eye(
    rgb: np.ndarray, shift: np.ndarray, order: np.ndarray, behind: Behind | None = None
) -> np.ndarray:
    """What one eye sees, (H, W, 3) of the type of ``rgb``.

    ``rgb`` uint8 or full-scale uint16 (H, W, 3); ``shift`` float (h, w): how far right each point
    moves, in picture widths; ``order`` float (h, w): inverse distance >= 0, which decides
    what hides what. Both are resized to the picture where they are smaller or larger. A shift of 0
    everywhere returns the picture unchanged. With ``behind``, holes show it
    (where no other frame shows what it says, mixed with what is filled in from beside the hole),
    and the foreground's rim is blended over it. Raises ValueError when the shapes or the type
    don't fit.
    """
    if rgb.dtype not in (np.uint8, np.uint16) or rgb.ndim != 3 or rgb.shape[2] != 3:
        raise ValueError(f"render_eye wants (H, W, 3) of 8 or 16 bits, not {rgb.dtype} {rgb.shape}")
    if shift.shape != order.shape or shift.ndim != 2:
        raise ValueError(f"shift {shift.shape} and order {order.shape} must be one (h, w)")
    width = rgb.shape[1]
    pixels = _fitted(shift, rgb) * np.float32(width)
    nearness = _fitted(order, rgb)
    tolerance = _SAME_SURFACE * _order_per_pixel(pixels, nearness)
    pixels, nearness = steepen(pixels, nearness)
    if behind is None:
        picture, raster = draw(rgb, *grow_foreground(pixels, nearness))
        return fill_holes(picture, raster, tolerance)
    top = np.float32(np.iinfo(rgb.dtype).max)
    front, raster = _front(rgb, pixels, nearness, behind)
    back, back_raster = _back(rgb, pixels, nearness, behind)
    filled = fill_holes(np.ascontiguousarray(front[..., :3]), raster, tolerance)
    # Of two guesses the mean is nearer the truth; what another frame shows is none.
    trust = back[..., 3:].astype(np.float32) / top
    trust[back_raster.hole] = 0.0
    trust[~raster.hole & ~back_raster.hole] = 1.0
    background = filled + trust * (back[..., :3].astype(np.float32) - filled)
    share = front[..., 3:].astype(np.float32) / top
    share[raster.hole] = 0.0
    mixed = background + share * (front[..., :3].astype(np.float32) - background)
    picture = np.rint(mixed).astype(rgb.dtype)
    opaque = share[..., 0] == 1.0
    picture[opaque] = front[opaque][:, :3]
    return picture


def _front(
    rgb: np.ndarray, pixels: np.ndarray, nearness: np.ndarray, behind: Behind
) -> tuple[np.ndarray, Raster]:
    """The moved picture (H, W, 4), its soft rims in the foreground's own colour and with
    their alpha, and what is seen where."""
    height, width = rgb.shape[:2]
    alpha = _fitted(behind.front[..., 3], rgb)
    soft = np.rint(alpha) < 255
    # A rim is a line of some width; a soft pixel by itself would be moved out of its surface.
    soft &= cv2.blur(soft.astype(np.float32), (3, 3)) > 0.5
    # Only what decontamination changed is enlarged: the picture keeps its detail.
    small = rgb
    if behind.front.shape[:2] != (height, width):
        size = (behind.front.shape[1], behind.front.shape[0])
        small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    rim = (behind.front[..., 3:] < 255).astype(np.float32)
    scale = _per_level(rgb)
    change = (behind.front[..., :3].astype(np.float32) * scale - small) * rim
    change = cv2.resize(change, (width, height), interpolation=cv2.INTER_LINEAR)
    own = rgb + change * soft[..., None]
    front = np.dstack([own, np.where(soft, alpha, 255.0) * scale])
    front = np.rint(front).clip(0, np.iinfo(rgb.dtype).max).astype(rgb.dtype)
    near_shift, near_order = near_side(pixels, nearness, rim_width(width))
    grown = grow_foreground(pixels, nearness)
    beside = soft & (np.abs(near_shift - pixels) > _BESIDE)
    return draw(
        front, np.where(beside, near_shift, grown[0]), np.where(beside, near_order, grown[1])
    )


def _back(
    rgb: np.ndarray, pixels: np.ndarray, nearness: np.ndarray, behind: Behind
) -> tuple[np.ndarray, Raster]:
    """The moved background (H, W, 4), the plate in the place of what it lies behind, and how
    far it is to be trusted; and what is seen where."""
    height, width = rgb.shape[:2]
    share = (behind.plate[..., 3:] > 0).astype(np.float32)
    trust = _GUESSED + (np.float32(1.0) - _GUESSED) * behind.seen
    plate = np.dstack(
        [behind.plate[..., :3], trust * np.float32(255.0), behind.shift, behind.order]
    )
    plate[..., :4] *= _per_level(rgb)
    plate = np.dstack([plate * share, share]).astype(np.float32)
    plate = np.dstack(
        [
            cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR)
            for part in (plate[..., :4], plate[..., 4:])
        ]
    )
    covered = plate[..., 6] > 0.5
    plate = plate[..., :6] / np.maximum(plate[..., 6:], np.float32(1e-6))
    whole = np.dstack([rgb, np.full((height, width), np.iinfo(rgb.dtype).max, rgb.dtype)])
    return draw(
        np.where(covered[..., None], np.rint(plate[..., :4]), whole).astype(rgb.dtype),
        np.where(covered, plate[..., 4] * np.float32(width), pixels),
        np.where(covered, np.maximum(plate[..., 5], 0.0), nearness),
    )


def _per_level(rgb: np.ndarray) -> np.float32:
    """How much of ``rgb`` one level of the layers' 8 bits is."""
    return np.float32(np.iinfo(rgb.dtype).max / 255)


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
