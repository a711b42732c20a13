# SPDX-License-Identifier: GPL-3.0-or-later
"""Red and cyan glasses: E. Dubois, "A projection method to generate anaglyph stereo images",
Proc. IEEE ICASSP 2001, with his least-squares matrices for red-cyan filters on an sRGB screen.

The method works on light, so pictures are taken out of the sRGB curve (IEC 61966-2-1) and put
back. Each row of the two matrices together sums to 1: what both eyes see alike in grey stays grey.
"""

from functools import cache

import cv2
import numpy as np

LEFT = np.array(
    [[0.456, 0.500, 0.176], [-0.040, -0.038, -0.016], [-0.015, -0.021, -0.005]], np.float32
)
RIGHT = np.array(
    [[-0.043, -0.088, -0.002], [0.378, 0.734, -0.018], [-0.072, -0.113, 1.226]], np.float32
)
_STEPS = 4095  # of light in the table back to sRGB: finer than 8 bits everywhere


def red_cyan(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The anaglyph, uint8 (H, W, 3), of two eyes uint8 (H, W, 3)."""
    to_light, to_srgb = _tables()
    light = cv2.transform(to_light[left], LEFT) + cv2.transform(to_light[right], RIGHT)
    return to_srgb[np.rint(light.clip(0.0, 1.0) * _STEPS).astype(np.uint16)]


@cache
def _tables() -> tuple[np.ndarray, np.ndarray]:
    """Float32 (256,) from sRGB to light, uint8 (_STEPS + 1,) back."""
    code = np.arange(256) / 255.0
    light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    steps = np.arange(_STEPS + 1) / _STEPS
    back = np.where(steps <= 0.0031308, steps * 12.92, 1.055 * steps ** (1 / 2.4) - 0.055)
    return light.astype(np.float32), np.rint(back * 255.0).astype(np.uint8)
