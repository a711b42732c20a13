# SPDX-License-Identifier: GPL-3.0-or-later
"""Two eyes in one picture: side by side, one above the other, by rows, through coloured glasses."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from ..errors import UsageError
from . import anaglyph

Combine = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Packing:
    """``label`` for a person; ``columns`` and ``rows``: the packed picture's size in eyes.

    ``layout``: the name that tags have for it (`spatial.LAYOUTS`), None where there is none.
    ``in_light``: mixes light by the sRGB curve, so it is of no use for HDR's coded values.
    """

    label: str
    columns: int
    rows: int
    combine: Combine
    layout: str | None = None
    in_light: bool = False

    def size(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) of the packed picture of two eyes of ``width`` x ``height`` pixels."""
        return width * self.columns, height * self.rows


def _beside(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.hstack((left, right))


def _above(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.vstack((left, right))


def _half_side_by_side(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return cv2.resize(_beside(left, right), _size_of(left), interpolation=cv2.INTER_AREA)


def _half_top_bottom(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return cv2.resize(_above(left, right), _size_of(left), interpolation=cv2.INTER_AREA)


def _rows(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Rows 0, 2, 4... are the left eye's. An eye keeps every other row, so what is finer than that
    is taken off first: centred on its own row, or the eyes would stand at different heights."""
    kernel = np.array([[0.25], [0.5], [0.25]], np.float32)
    woven, other = (
        cv2.filter2D(eye, -1, kernel, borderType=cv2.BORDER_REPLICATE) for eye in (left, right)
    )
    woven[1::2] = other[1::2]
    return woven


def _size_of(picture: np.ndarray) -> tuple[int, int]:
    return picture.shape[1], picture.shape[0]


def _anaglyph(label: str, combine: Combine, in_light: bool = False) -> Packing:
    return Packing(f"red and cyan glasses, {label}", 1, 1, combine, None, in_light)


PACKINGS: dict[str, Packing] = {
    "sbs": Packing("side by side, full size, left eye left", 2, 1, _beside, "left-right"),
    "half-sbs": Packing("side by side in one width", 1, 1, _half_side_by_side, "left-right"),
    "top-bottom": Packing("full size, left eye on top", 1, 2, _above, "top-bottom"),
    "half-top-bottom": Packing("left on top in one height", 1, 1, _half_top_bottom, "top-bottom"),
    "interlaced": Packing("by rows, the left eye's first", 1, 1, _rows),
    "anaglyph": _anaglyph("Dubois' least squares", anaglyph.dubois, in_light=True),
    "anaglyph-true": _anaglyph("red and blue alone", partial(anaglyph.coded, "true")),
    "anaglyph-grey": _anaglyph("grey", partial(anaglyph.coded, "grey")),
    "anaglyph-colour": _anaglyph("colours kept", partial(anaglyph.coded, "colour")),
    "anaglyph-half-colour": _anaglyph("left eye grey", partial(anaglyph.coded, "half-colour")),
    "anaglyph-optimised": _anaglyph("no red", partial(anaglyph.coded, "optimised")),
}


def packing_named(name: str) -> Packing:
    """The packing of that name; raises UsageError, naming those that exist."""
    if name not in PACKINGS:
        raise UsageError(f'There is no format "{name}": the formats are {", ".join(PACKINGS)}.')
    return PACKINGS[name]


def pack(left: np.ndarray, right: np.ndarray, packing: str) -> np.ndarray:
    """Both eyes, (H, W, 3) of uint8 or uint16, as one picture of the named packing (see PACKINGS).

    Raises UsageError for an unknown packing, ValueError for eyes that differ in size or type.
    """
    chosen = packing_named(packing)
    known = left.dtype in (np.uint8, np.uint16)
    if left.shape != right.shape or left.dtype != right.dtype or not known:
        raise ValueError(
            "pack wants two eyes of one size in uint8 or uint16, not "
            f"{left.dtype} {left.shape} and {right.dtype} {right.shape}"
        )
    return chosen.combine(left, right)
