# SPDX-License-Identifier: GPL-3.0-or-later
"""The two eyes of an off-axis stereo rig, in formulas.

Signs, used everywhere: *disparity* is x_left - x_right, positive in front of the screen;
*parallax* is x_right - x_left, positive behind it. Both in picture widths.
Source: A. Woods, T. Docherty, R. Koch, "Image distortions in stereoscopic video systems",
Proc. SPIE 1915 (1993), for parallel cameras with shifted sensors.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ..errors import UsageError

Eye = Literal["left", "right"]


def disparity(
    inverse_z: ArrayLike, interocular: float, convergence: float, focal_over_width: float
) -> np.ndarray:
    """``(b * f/w) * (1/Z - 1/C)``: x_left - x_right in picture widths, positive before the screen.

    ``inverse_z`` in 1/scene unit (any shape, kept); b and C in scene units.
    """
    inverse = np.asarray(inverse_z)
    return (inverse - 1.0 / convergence) * (interocular * focal_over_width)


def parallax(
    inverse_z: ArrayLike, interocular: float, convergence: float, focal_over_width: float
) -> np.ndarray:
    """x_right - x_left in picture widths, positive behind the screen: minus the disparity."""
    return -disparity(inverse_z, interocular, convergence, focal_over_width)


@dataclass(frozen=True)
class StereoRig:
    """Two parallel cameras with shifted sensors (Blender's OFFAXIS).

    ``interocular`` b >= 0 and ``convergence`` C > 0 in scene units (C: the distance that lands on
    the screen), ``focal_over_width`` f/w > 0. ``pivot``: 0, each eye stands b/2 from the camera;
    -1, the left one stands there and the right one b beside it; 1, the other way round. ``shift``:
    of both sensors to the right, in picture widths. Raises UsageError on other values.
    """

    interocular: float
    convergence: float
    focal_over_width: float
    pivot: float = 0.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        if not (0.0 <= self.interocular < math.inf):
            raise UsageError(f"The interocular {self.interocular:g} is not usable: give 0 or more.")
        if not (0.0 < self.convergence < math.inf):
            raise UsageError(
                f"The convergence distance {self.convergence:g} is not usable: give more than 0."
            )
        if not (0.0 < self.focal_over_width < math.inf):
            raise UsageError(
                f"Focal length over sensor width is {self.focal_over_width:g}: give more than 0."
            )
        if not (-1.0 <= self.pivot <= 1.0) or not math.isfinite(self.shift):
            raise UsageError(
                f"The pivot {self.pivot:g} or the shift {self.shift:g} is not usable: a pivot lies "
                "in -1..1."
            )

    def disparity(self, inverse_z: ArrayLike) -> np.ndarray:
        """x_left - x_right in picture widths, the shape of ``inverse_z`` (1/scene unit)."""
        return disparity(inverse_z, self.interocular, self.convergence, self.focal_over_width)

    def parallax(self, inverse_z: ArrayLike) -> np.ndarray:
        """x_right - x_left in picture widths, the shape of ``inverse_z`` (1/scene unit)."""
        return parallax(inverse_z, self.interocular, self.convergence, self.focal_over_width)

    def eye_shift(self, inverse_z: ArrayLike, eye: Eye, lateral_offset: float = 0.0) -> np.ndarray:
        """How far right, in picture widths, one eye sees a point of the footage camera's picture.

        Plus (left) or minus (right) half the disparity, less ``lateral_offset * f/w * 1/Z`` for a
        rig that stands so many scene units to the right of the footage camera. An eye that stands
        x to the right of its camera sees ``-x * f/w * (1/Z - 1/C)``, whatever the pivot.
        """
        if eye not in ("left", "right"):
            raise UsageError(f'There is no eye "{eye}": give "left" or "right".')
        return self.view_shift(inverse_z, -1.0 if eye == "left" else 1.0, lateral_offset)

    def view_shift(
        self, inverse_z: ArrayLike, position: float, lateral_offset: float = 0.0
    ) -> np.ndarray:
        """As `eye_shift`, for a viewer between the eyes: ``position`` -1 is the left one, 1 the
        right one, 0 their middle."""
        shift = 0.5 * (self.pivot - position) * self.disparity(inverse_z) - self.shift
        if lateral_offset:
            shift = shift - np.asarray(inverse_z) * (lateral_offset * self.focal_over_width)
        return shift
