# SPDX-License-Identifier: GPL-3.0-or-later
"""The depth curve: a monotone remapping of normalised inverse depth, by two numbers."""

import numpy as np
from numpy.typing import ArrayLike

from ..errors import UsageError

MOST_BENT = 0.98
"""How far bias and contrast may go: a slope of 99 at most, and never a flat or falling piece."""


def bend(n: ArrayLike, bias: float = 0.0, contrast: float = 0.0) -> np.ndarray:
    """The curve of a normalised inverse depth (0 = far, 1 = near); 0, 1 and their order stay.

    ``bias`` above 0 brings what lies between the two ends nearer, below 0 farther:
    ``n' = (1 + bias) n / (1 - bias + 2 bias n)``. ``contrast`` above 0 stretches the middle
    distances and squeezes both ends, below 0 the reverse; with m the distance of n' to the end
    that is closer, ``m' = (1 - contrast) m / (1 + contrast - 4 contrast m)``. These are the bias
    and gain of Schlick (Fast Alternatives to Perlin's Bias and Gain Functions, Graphics Gems IV,
    1994), written so that 0 is no change at all, bit for bit, and +x undoes -x.

    Floating input keeps its type and shape. Where either is not 0, n is held in 0..1 first.
    Raises UsageError unless both lie in -0.98..0.98.
    """
    for name, value in (("bias", bias), ("contrast", contrast)):
        if not -MOST_BENT - 1e-6 <= value <= MOST_BENT + 1e-6:  # Blender keeps 32 bits
            raise UsageError(
                f"The curve's {name} {value:g} is not usable: give -{MOST_BENT} to {MOST_BENT}."
            )
    values = np.asarray(n)
    if not np.issubdtype(values.dtype, np.floating):
        values = values.astype(np.float64)
    if bias == 0.0 and contrast == 0.0:
        return values
    number = values.dtype.type
    b, c, one = number(bias), number(contrast), number(1.0)
    values = values.clip(0.0, 1.0)
    values = values * (one + b) / (values * (b + b) + (one - b))
    m = np.minimum(values, one - values)
    m = m * (one - c) / ((one + c) - m * (number(4.0) * c))
    return np.where(values < number(0.5), m, one - m)
