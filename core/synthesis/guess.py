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
    source = ~unseen & ~band.front
    if not unseen.any() or not source.any():
        return colour, inverse
    distance, label = cv2.distanceTransformWithLabels(
        (~source).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    at_source = np.zeros((int(label.max()) + 1, 3), np.float32)
    at_source[label[source]] = colour[source]
    nearest = at_source[label]
    near = nearest
    for sigma in _BLURS:
        share = np.clip(distance / np.float32(sigma) - 1.0, 0.0, 1.0)[..., None]
        near = near + share * (cv2.GaussianBlur(nearest, (0, 0), sigma) - near)
    smooth = spread(colour, source.astype(np.float32))
    return (
        np.where(unseen[..., None], np.float32(0.5) * (near + smooth), colour),
        np.where(unseen, np.minimum(band.nearness, inverse), inverse),
    )


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
