# SPDX-License-Identifier: GPL-3.0-or-later
"""A frame's layers as they are stored: the plate behind the foreground, and its soft rim."""

from dataclasses import dataclass

import cv2
import numpy as np

from .carry import Memory, Shown
from .matte import find_matte


@dataclass(frozen=True)
class Layers:
    """All (h, w), the size of the depth.

    Attributes:
        plate: uint8 (h, w, 4): the background's colour; 255 where there is a plate, else 0.
        depth: float32, its normalised inverse depth, 0 where there is no plate.
        sure: float32 in 0..1, how surely the plate is right.
        seen: float32 in 0..1, how surely another frame shows it.
        front: uint8 (h, w, 4): the foreground's own colour in its soft rim, and its alpha; where
            alpha is 255 a pixel is wholly of its own depth, and the colour, but for the pixels
            beside the rim, is 0.
    """

    plate: np.ndarray
    depth: np.ndarray
    sure: np.ndarray
    seen: np.ndarray
    front: np.ndarray

    def memory(self) -> Memory:
        """The plate as the frame after it carries it along."""
        return Memory(self.plate[..., :3].astype(np.float32), self.depth, self.seen, self.sure)


def make_layers(frame: Shown, plate: Memory) -> Layers:
    """What is stored of ``frame`` and its plate, see `plate.make_plate`."""
    matte = find_matte(frame.rgb, frame.band)
    wanted = frame.band.wanted
    shown = (matte.weight * wanted)[..., None]
    colour = plate.colour + shown * (matte.behind - plate.colour)
    cover = (wanted * 255.0)[..., None]
    # And of the pixels beside it their own, since whoever enlarges the rim mixes it with them.
    beside = cv2.dilate((matte.alpha < 1.0).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    front = np.where(beside[..., None], matte.colour, 0.0)
    return Layers(
        _bytes(np.concatenate([colour * wanted[..., None], cover], -1)),
        plate.depth,
        plate.sure,
        plate.seen,
        _bytes(np.concatenate([front, matte.alpha[..., None] * 255.0], -1)),
    )


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.rint(values).clip(0, 255).astype(np.uint8)
