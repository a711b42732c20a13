# SPDX-License-Identifier: GPL-3.0-or-later
"""Two eyes in one picture, side by side, one above the other, or through coloured glasses."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from ..errors import UsageError
from .anaglyph import red_cyan

Combine = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Packing:
    """``label`` for a person; ``columns`` and ``rows``: the packed picture's size in eyes."""

    label: str
    columns: int
    rows: int
    combine: Combine

    def size(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) of the packed picture of two eyes of ``width`` x ``height`` pixels."""
        return width * self.columns, height * self.rows


def _half_side_by_side(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return cv2.resize(np.hstack((left, right)), _size_of(left), interpolation=cv2.INTER_AREA)


def _half_top_bottom(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return cv2.resize(np.vstack((left, right)), _size_of(left), interpolation=cv2.INTER_AREA)


def _size_of(picture: np.ndarray) -> tuple[int, int]:
    return picture.shape[1], picture.shape[0]


PACKINGS: dict[str, Packing] = {
    "sbs": Packing("side by side, full size, left eye left", 2, 1, lambda a, b: np.hstack((a, b))),
    "half-sbs": Packing("side by side in one picture's width", 1, 1, _half_side_by_side),
    "top-bottom": Packing(
        "one above the other, full size, left eye on top", 1, 2, lambda a, b: np.vstack((a, b))
    ),
    "half-top-bottom": Packing(
        "one above the other in one picture's height", 1, 1, _half_top_bottom
    ),
    "anaglyph": Packing("red and cyan glasses, the left eye behind red", 1, 1, red_cyan),
}


def packing_named(name: str) -> Packing:
    """The packing of that name; raises UsageError, naming those that exist."""
    if name not in PACKINGS:
        raise UsageError(f'There is no format "{name}": the formats are {", ".join(PACKINGS)}.')
    return PACKINGS[name]


def pack(left: np.ndarray, right: np.ndarray, packing: str) -> np.ndarray:
    """Both eyes, uint8 (H, W, 3) each, as one picture of the named packing (see PACKINGS).

    Raises UsageError for an unknown packing, ValueError for eyes that differ in size or type.
    """
    chosen = packing_named(packing)
    if left.shape != right.shape or left.dtype != np.uint8 or right.dtype != np.uint8:
        raise ValueError(
            f"pack wants two uint8 eyes of one size, not {left.dtype} {left.shape} and "
            f"{right.dtype} {right.shape}"
        )
    return chosen.combine(left, right)
