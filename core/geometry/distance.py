# SPDX-License-Identifier: GPL-3.0-or-later
"""From the normalised inverse depth of a picture to distance in the scene."""

import numpy as np
from numpy.typing import ArrayLike

from ..errors import UsageError
from .curve import bend

HORIZON, END = 1 / 200, 1 / 2000
"""In parts of 1 / near. A strength above 1 pushes the background past infinity; it stays at far or
at 200 times near, whichever is farther. And nothing stands beyond 2,000 times near: there nothing
moves by more than that part of what the nearest point does, so no eye gains, but a renderer's
floats lose: a triangle that reaches from 1 to 10,000 units is hit where it is not."""


def inverse_distance(
    n: ArrayLike,
    near: float,
    far: float,
    strength: float = 1.0,
    bias: float = 0.0,
    contrast: float = 0.0,
) -> np.ndarray:
    """Inverse distance 1/Z in 1/scene unit of a normalised inverse depth (0 = far, 1 = near).

    ``n' = 0.5 + strength * (n - 0.5)`` and ``1/Z = 1/far + n' * (1/near - 1/far)``, kept at or
    above ``max(min(1/far, HORIZON/near), END/near)`` since a strength above 1 may push the
    background past infinity. Strength 0 makes a flat card, 1 keeps the estimate. ``near`` and
    ``far`` are distances in scene units. ``bias`` and ``contrast``: of the curve (`bend`) that
    ``n`` goes through first.

    Floating input keeps its type and shape; anything else becomes float64.
    Raises UsageError unless 0 < near < far and strength >= 0, and as `bend` does.
    """
    if not (0.0 < near < far < np.inf):
        raise UsageError(
            f"Near {near:g} and far {far:g} make no range: near must be above 0 and below far."
        )
    if not (0.0 <= strength < np.inf):
        raise UsageError(f"The strength {strength:g} is not usable: give 0 or more.")
    values = bend(n, bias, contrast)
    step = 1.0 / near - 1.0 / far
    scale = values.dtype.type(strength * step)
    shift = values.dtype.type(1.0 / far + 0.5 * (1.0 - strength) * step)
    least = max(min(1.0 / far, HORIZON / near), END / near)
    return np.maximum(values * scale + shift, values.dtype.type(least))
