# SPDX-License-Identifier: GPL-3.0-or-later
"""Red and cyan glasses, the left eye behind red: six ways to mix two pictures into one.

"dubois" is E. Dubois, "A projection method to generate anaglyph stereo images", Proc. IEEE ICASSP
2001, with the least-squares matrices that he gives for red and cyan filters before a CRT or plasma
screen ("LeastSquaresHowToPhotoshop", his page). The spectra in W. Sanders and D. McAllister,
"Producing anaglyphs from synthetic images", SPIE 5006 (2003), lead to the same numbers, which a
test works out. It works on light, so pictures are taken out of the sRGB curve (IEC 61966-2-1) and
put back. Each row of its two matrices together sums to 1: what both eyes see alike in grey stays
grey.

The others are P. Wimmer's ("Anaglyph methods comparison", 3dtv.at/Knowhow/AnaglyphComparison_en),
his luma that of ITU-R BT.601: weights of the coded values, so no curve is taken off. His
"optimised" leaves red out of the left eye, which then sees little that the right one doesn't, and
brightens what it sees by a gamma of 1.5.
"""

from functools import cache

import cv2
import numpy as np

_LUMA = [0.299, 0.587, 0.114]  # BT.601
_NONE, _RED, _GREEN, _BLUE = [0.0] * 3, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]

# Of light: each row gives one channel of the anaglyph out of R, G, B of an eye.
DUBOIS_LEFT = np.array(
    [[0.456, 0.500, 0.176], [-0.040, -0.038, -0.016], [-0.015, -0.021, -0.005]], np.float32
)
DUBOIS_RIGHT = np.array(
    [[-0.043, -0.088, -0.002], [0.378, 0.734, -0.018], [-0.072, -0.113, 1.226]], np.float32
)
# Of coded values: (left, right).
CODED = {
    "true": ([_LUMA, _NONE, _NONE], [_NONE, _NONE, _LUMA]),
    "grey": ([_LUMA, _NONE, _NONE], [_NONE, _LUMA, _LUMA]),
    "colour": ([_RED, _NONE, _NONE], [_NONE, _GREEN, _BLUE]),
    "half-colour": ([_LUMA, _NONE, _NONE], [_NONE, _GREEN, _BLUE]),
    "optimised": ([[0.0, 0.7, 0.3], _NONE, _NONE], [_NONE, _GREEN, _BLUE]),
}
GAMMA = {"optimised": 1.5}
"""Of the anaglyph's red, where it is not 1."""
_STEPS = 4095  # of light in the table back to sRGB: finer than 8 bits everywhere
_DEEP_STEPS = 65535 * 16


def dubois(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The anaglyph (H, W, 3) of two eyes (H, W, 3), uint8 or full-scale uint16 in sRGB."""
    to_light, to_srgb = _deep_tables() if left.dtype == np.uint16 else _tables()
    light = cv2.transform(to_light[left], DUBOIS_LEFT) + cv2.transform(
        to_light[right], DUBOIS_RIGHT
    )
    return to_srgb[np.rint(light.clip(0.0, 1.0) * (to_srgb.size - 1)).astype(np.int32)]


def coded(method: str, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """As `dubois`, by a method of CODED; for coded values of any curve."""
    matrices = [np.array(rows, np.float32) for rows in CODED[method]]
    eyes = (left.astype(np.float32), right.astype(np.float32))
    mixed = cv2.transform(eyes[0], matrices[0]) + cv2.transform(eyes[1], matrices[1])
    top = np.iinfo(left.dtype).max
    if (gamma := GAMMA.get(method)) is not None:
        mixed[..., 0] = top * (mixed[..., 0] / top) ** (1.0 / gamma)
    return np.rint(mixed).clip(0, top).astype(left.dtype)


@cache
def _tables() -> tuple[np.ndarray, np.ndarray]:
    """Float32 (256,) from sRGB to light, uint8 (_STEPS + 1,) back."""
    back = _from_light(np.arange(_STEPS + 1) / _STEPS) * 255.0
    return _to_light(np.arange(256) / 255.0), np.rint(back).astype(np.uint8)


@cache
def _deep_tables() -> tuple[np.ndarray, np.ndarray]:
    """The same for uint16: 65,536 and _DEEP_STEPS + 1 entries."""
    back = _from_light(np.arange(_DEEP_STEPS + 1) / _DEEP_STEPS) * 65535.0
    return _to_light(np.arange(65536) / 65535.0), np.rint(back).astype(np.uint16)


def _to_light(code: np.ndarray) -> np.ndarray:
    light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


def _from_light(light: np.ndarray) -> np.ndarray:
    curved: np.ndarray = 1.055 * light ** (1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, light * 12.92, curved)
