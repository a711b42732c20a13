# SPDX-License-Identifier: GPL-3.0-or-later
"""Colours for a rasterised picture, with silhouettes that are not stepped."""

import cv2
import numpy as np

from .raster import Raster, rasterise

_BAND = 1 << 16  # pixels drawn at once: their numbers stay in a core's own cache
_ASIDE = np.float32(0.25)  # of a pixel: the two places in a new pixel that are looked at
_ONE_SURFACE = 1.0  # old columns: samples farther apart lie on two surfaces
_AT_END = 0.3  # old columns: samples nearer than the steepest stretch allows repeat an end pixel


def draw(rgb: np.ndarray, shift: np.ndarray, order: np.ndarray) -> tuple[np.ndarray, Raster]:
    """The picture, uint8 or uint16 (H, W, C), with its pixels moved right by ``shift`` (see
    ``rasterise``), and what each pixel shows; what stands in its holes has no meaning.

    Each new pixel is looked at in two places. Where both show one surface the picture is looked
    up once, at the pixel's centre, so that nothing loses sharpness; where they show two, their
    colours are mixed.
    """
    height, width = shift.shape
    picture = np.empty_like(rgb)
    source, seen = np.empty((2, height, width), np.float32)
    hole = np.empty((height, width), bool)
    rows = max(1, _BAND // width)
    for first in range(0, height, rows):  # a row knows nothing of the others
        band = slice(first, first + rows)
        picture[band], drawn = _draw(rgb[band], shift[band], order[band])
        source[band], seen[band], hole[band] = drawn.source, drawn.order, drawn.hole
    return picture, Raster(source, seen, hole)


def _draw(rgb: np.ndarray, shift: np.ndarray, order: np.ndarray) -> tuple[np.ndarray, Raster]:
    left, right = rasterise(shift + _ASIDE, order), rasterise(shift - _ASIDE, order)
    hole = left.hole & right.hole
    one, other = left.source, right.source
    np.copyto(one, other, where=left.hole)
    np.copyto(other, one, where=right.hole)
    apart = np.abs(one - other)
    centre = one + other
    centre *= np.float32(0.5)
    np.copyto(centre, np.rint(centre), where=apart < _AT_END)
    two = np.flatnonzero(apart > _ONE_SURFACE)
    looked = centre.copy()
    looked.ravel()[two] = one.ravel()[two]
    picture = _looked_up(rgb, looked)
    if two.size:
        pixels = picture.reshape(-1, rgb.shape[2])
        mixed = pixels[two].astype(np.uint32)
        mixed += _points(rgb, other.ravel()[two], two // rgb.shape[1])
        pixels[two] = (mixed + 1) >> 1
    farther = left.order
    np.copyto(farther, np.inf, where=left.hole)
    np.copyto(right.order, np.inf, where=right.hole)
    np.minimum(farther, right.order, out=farther)
    np.copyto(farther, np.float32(0.0), where=hole)
    return picture, Raster(centre, farther, hole)


def _looked_up(rgb: np.ndarray, source: np.ndarray) -> np.ndarray:
    """``rgb`` at the columns ``source``, float32 (H, W), of the same rows; bilinear."""
    rows = np.arange(rgb.shape[0], dtype=np.float32)[:, None]
    rows = np.ascontiguousarray(np.broadcast_to(rows, source.shape))
    return cv2.remap(rgb, source, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _points(rgb: np.ndarray, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """(N, channels): ``rgb`` at N places, as `_looked_up` has them."""
    across = 1 << 10  # OpenCV's sides end at 2**15
    places = np.zeros((2, -(-columns.size // across) * across), np.float32)
    places[0, : columns.size], places[1, : columns.size] = columns, rows
    x, y = places.reshape(2, -1, across)
    found = cv2.remap(rgb, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return found.reshape(-1, rgb.shape[2])[: columns.size]
