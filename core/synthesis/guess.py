# SPDX-License-Identifier: GPL-3.0-or-later
"""A frame's hidden background guessed from that frame alone, and the classic baseline."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from .band import Band
from .spread import spread

TELEA_RADIUS = 3


@dataclass(frozen=True)
class Guess:
    """colour float32 (h, w, 3) in 0..255, depth float32 (h, w) in 0..1, sure float32 (h, w) in
    0..1, 1 = sure; they have a meaning where the band is wanted."""

    colour: np.ndarray
    depth: np.ndarray
    sure: np.ndarray


Fill = Callable[[np.ndarray, np.ndarray, Band], Guess]
"""rgb uint8 (h, w, 3), inverse depth float32 (h, w) in 0..1 and its band to a guess."""


_DEPTHS = 16  # of backgrounds, each filled from what stands no nearer
_SHARE = 0.25  # of the way from a background to what hides it: nearer isn't that background
_SLACK = 0.02  # of the depth's range
_LONGEST = 640  # pixels of a side at which colours are spread
_BLURS = (2.0, 5.0, 11.0)  # pixels: farther from what is known, a wider mean of it


def first_guess(rgb: np.ndarray, depth: np.ndarray, band: Band) -> tuple[np.ndarray, np.ndarray]:
    """What the network begins with: colour float32 (h, w, 3) in 0..255 and depth float32 (h, w),
    both as given where they may be seen.

    Colour is half the nearest background's, blurred the more the farther it is, and half the
    background spread smoothly; depth is that of the background at the nearest step. Nothing of the
    foreground goes into either.
    """
    unseen = band.unseen
    colour, inverse = rgb.astype(np.float32), depth.astype(np.float32)
    if not unseen.any() or not band.bare.any():
        return colour, inverse
    # Behind one thing another may show that itself stands before the background in question:
    # what is looked at lies nearer to that background than to what hides it.
    before = np.maximum(band.sharp - band.nearness, 0.0)
    limit = band.nearness + np.float32(_SLACK) + np.float32(_SHARE) * before
    levels = np.unique(np.quantile(limit[unseen], np.arange(1, _DEPTHS + 1) / _DEPTHS))
    guessed, last = colour.copy(), -np.inf
    for level in levels:
        ours = unseen & (limit > last) & (limit <= level)
        behind = band.bare & (band.sharp <= level)
        told = _blurred(colour, behind if behind.any() else band.bare)
        np.copyto(guessed, told, where=ours[..., None])
        last = level
    return guessed, np.where(unseen, np.minimum(band.nearness, inverse), inverse)


def _blurred(colour: np.ndarray, source: np.ndarray) -> np.ndarray:
    """``colour`` of ``source`` on the whole picture: half the nearest's, half spread smoothly. Of
    pictures longer than `_LONGEST` a whole fraction of the size, enlarged again."""
    height, width = source.shape
    factor = -(-max(height, width) // _LONGEST)
    known: np.ndarray = colour
    weight: np.ndarray = source.astype(np.float32)
    if factor > 1:
        size = -(-width // factor), -(-height // factor)
        total = cv2.resize(colour * weight[..., None], size, interpolation=cv2.INTER_AREA)
        weight = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
        known = total / np.maximum(weight, np.float32(1e-6))[..., None]
        weight = (weight > 0).astype(np.float32)
    distance, label = cv2.distanceTransformWithLabels(
        (weight == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    at_source = np.zeros((int(label.max()) + 1, 3), np.float32)
    at_source[label[weight > 0]] = known[weight > 0]
    nearest = at_source[label]
    near = nearest
    for sigma in _BLURS:
        sigma = sigma / factor
        share = np.clip(distance / np.float32(sigma) - 1.0, 0.0, 1.0)[..., None]
        near = near + share * (cv2.GaussianBlur(nearest, (0, 0), sigma) - near)
    blurred: np.ndarray = np.float32(0.5) * (near + spread(known, weight))
    return cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR)


def telea_fill(rgb: np.ndarray, depth: np.ndarray, band: Band) -> Guess:
    """What the learned network is compared with: A. Telea, "An image inpainting technique based on
    the fast marching method" (Journal of Graphics Tools 9, 2004), of colour and of depth, with the
    foreground hidden from it. Nothing that ships fills by it."""
    mask = (band.unseen | band.front).astype(np.uint8)
    colour = rgb.astype(np.float32)
    inverse = depth.astype(np.float32)
    if mask.any() and not mask.all():
        colour = cv2.inpaint(rgb, mask, TELEA_RADIUS, cv2.INPAINT_TELEA).astype(np.float32)
        levels = np.rint(depth.clip(0, 1) * 65535).astype(np.uint16)
        inverse = cv2.inpaint(levels, mask, TELEA_RADIUS, cv2.INPAINT_TELEA) / np.float32(65535)
    return Guess(colour, inverse, np.full(depth.shape, 0.5, np.float32))
