# SPDX-License-Identifier: GPL-3.0-or-later
"""The foreground's soft rim: how much of each pixel it covers, and its own colour there.

Along a depth step the colours of foreground and background are both known a little way off. A
pixel of the rim lies between the two; how far along is its alpha, the projection of M. Ruzon and C.
Tomasi, "Alpha estimation in natural images" (CVPR 2000), with one colour a side. Where the two
colours are alike, or the pixel lies off the line between them, the step itself decides.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from .band import Band
from .spread import spread

_RIM = 1.0 / 160.0  # of the picture width: how far on either side of the step is soft
_SURE = 4  # rims: as far as this the colours of a side are taken from
_MIXED = 1.0 / 960.0  # of the picture width: how far beyond its step a foreground smears anyway
_ALIKE = 24.0  # grey levels between the colours of both sides by which they tell little
_OFF = 16.0  # grey levels off the line between them by which a pixel is of neither
_PATTERN = 4.0  # variances of a side's colours that count as doubt: a pattern looks like a mix
_EVIDENCE = 0.6  # what is told less surely than this isn't told
_LEAST = 0.1  # alpha below which nothing of the foreground is there


@dataclass(frozen=True)
class Matte:
    """alpha float32 (h, w): 1 where a pixel belongs wholly to the depth it has, less in the soft
    rim of the foreground; colour float32 (h, w, 3) in 0..255: the foreground's alone, meaningful
    where alpha is below 1; behind float32 (h, w, 3): the background's alone, with weight float32
    (h, w) in 0..1 of how much of it shows."""

    alpha: np.ndarray
    colour: np.ndarray
    behind: np.ndarray
    weight: np.ndarray


def rim_width(width: int) -> int:
    """Pixels on either side of a step that are soft, in a picture so wide."""
    return max(2, round(width * _RIM))


def find_matte(rgb: np.ndarray, band: Band) -> Matte:
    """The soft rim of rgb uint8 (h, w, 3) along the steps of ``band``."""
    colour = rgb.astype(np.float32)
    width = rgb.shape[1]
    rim = rim_width(width)
    near = band.distance <= rim
    around = (band.distance > rim) & (band.distance <= _SURE * rim)
    if not near.any():
        one = np.ones(rgb.shape[:2], np.float32)
        return Matte(one, colour, colour, np.zeros_like(one))
    front, front_spread = _side(colour, band.front & around)
    back, back_spread = _side(colour, ~band.front & around)
    apart = front - back
    squared = np.square(apart).sum(-1)
    along = ((colour - back) * apart).sum(-1) / np.maximum(squared, 1.0)
    along = along.clip(0.0, 1.0)
    off = np.square(colour - back - along[..., None] * apart).sum(-1)
    doubt = 3 * _ALIKE**2 + _PATTERN * (front_spread + back_spread)
    told = squared / (squared + doubt) * np.exp(-off / (2 * 3 * _OFF**2))
    step = (band.front | (band.distance < max(1.0, width * _MIXED))).astype(np.float32)
    # Towards the outer ends of the rim the step is right: no seam between soft and hard.
    told = told * (1.0 - (band.distance / rim).clip(0.0, 1.0) ** 2)
    told = np.where(told > _EVIDENCE, told, 0.0)
    alpha = cv2.medianBlur((told * along + (1.0 - told) * step).astype(np.float32), 3)
    alpha = np.where(near, alpha, np.float32(1.0))
    # What the background alone shows beyond the step stays there, opaque.
    whole = near & ~band.front & ((alpha < _LEAST) | band.steep)
    alpha = np.where(whole, np.float32(1.0), alpha)
    # A rim is a line of some width; a soft pixel by itself would be a hole in its surface.
    lonely = cv2.blur((alpha < 1.0).astype(np.float32), (3, 3)) <= 0.5
    alpha = np.where(lonely, np.float32(1.0), alpha)
    soft = near & (alpha < 1.0)
    share = alpha[..., None]
    own = (colour - (1.0 - share) * back) / np.maximum(share, _LEAST)
    own = share * own.clip(0.0, 255.0) + (1.0 - share) * front
    rest = (colour - share * front) / np.maximum(1.0 - share, _LEAST)
    weight = np.where(soft, ((0.6 - alpha) / 0.4).clip(0.0, 1.0), 0.0)
    return Matte(
        alpha.astype(np.float32),
        np.where(soft[..., None], own, colour).astype(np.float32),
        np.where(whole[..., None], colour, rest.clip(0.0, 255.0)).astype(np.float32),
        np.where(whole, 1.0, weight).astype(np.float32),
    )


def _side(colour: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A side's colour float32 (h, w, 3) and its variance (h, w) over all channels, spread."""
    weight = mask.astype(np.float32)
    both = spread(np.dstack([colour, np.square(colour).sum(-1)]), weight)
    mean = both[..., :3]
    return mean, np.maximum(both[..., 3] - np.square(mean).sum(-1), 0.0)
