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
    """The picture uint8 (H, W, 3) with its pixels moved right by ``shift`` (see ``rasterise``),
    and what each pixel shows; what stands in its holes has no meaning.

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
    sources = (
        np.where(left.hole, right.source, left.source),
        np.where(right.hole, left.source, right.source),
    )
    apart = np.abs(sources[0] - sources[1])
    centre = np.float32(0.5) * (sources[0] + sources[1])
    centre = np.where(apart < _AT_END, np.rint(centre), centre)
    two = apart > _ONE_SURFACE
    picture = _looked_up(rgb, np.where(two, sources[0], centre))
    if two.any():
        other = _looked_up(rgb, sources[1])[two]
        picture[two] = (picture[two].astype(np.uint16) + other + 1) >> 1
    farther = np.minimum(
        np.where(left.hole, np.inf, left.order), np.where(right.hole, np.inf, right.order)
    )
    return picture, Raster(centre, np.where(hole, np.float32(0.0), farther), hole)


def _looked_up(rgb: np.ndarray, source: np.ndarray) -> np.ndarray:
    """``rgb`` at the columns ``source``, float32 (H, W), of the same rows; bilinear."""
    rows = np.arange(rgb.shape[0], dtype=np.float32)[:, None]
    return cv2.remap(
        rgb,
        source,
        np.ascontiguousarray(np.broadcast_to(rows, source.shape)),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
