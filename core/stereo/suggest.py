# SPDX-License-Identifier: GPL-3.0-or-later
"""A rig that fits a shot: how far apart the eyes stand and what lands on the screen."""

import numpy as np
from numpy.typing import ArrayLike

from ..errors import UsageError
from .rig import StereoRig

NEAREST, FARTHEST = 99.0, 1.0  # percentiles of 1/Z: a few stray pixels must not set the rig
IN_FRONT = 0.25  # share of the parallax budget that stands before the screen
BEHIND = 60.0  # at least this percentage of the picture lies behind the screen
WIDEST = 1.0 / 30.0  # interocular over convergence: Blender's own start-up rig, 0.065 / 1.95


def suggest_rig(inverse_z: ArrayLike, focal_over_width: float, budget: float = 0.02) -> StereoRig:
    """A StereoRig for samples of inverse distance (any shape, 1/scene unit) of one shot.

    With N and F the near and far ends of the shot (robust: the 99th and 1st percentile of 1/Z),
    the parallax of its whole depth is ``b * f/w * (1/N - 1/F)`` picture widths; solved for the
    interocular b at ``budget`` picture widths. This is the depth range equation of L. Lipton,
    "Foundations of the Stereoscopic Cinema" (1982), and J. Bercovitz' formula for the stereo base
    ("Image-side perspective and stereoscopy", Proc. SPIE 3295, 1998) with a focal length that is
    short beside the distances. The convergence leaves a quarter of that range before the screen
    and at least 60 % of the picture behind it. A shallow shot would ask for eyes set very wide:
    b stays below C / 30, the rule of thumb that Blender's default rig follows.

    Raises UsageError without a finite positive sample, or on a budget of 0 or less.
    """
    if not (0.0 < budget < 1.0):
        raise UsageError(f"The parallax budget {budget:g} must lie between 0 and 1 picture widths.")
    samples = np.asarray(inverse_z, np.float64).ravel()
    samples = samples[np.isfinite(samples) & (samples > 0.0)]
    if samples.size == 0:
        raise UsageError("No rig can be suggested: the depth holds no finite distance above 0.")
    far, most, near = np.percentile(samples, [FARTHEST, BEHIND, NEAREST])
    convergence = 1.0 / max(near - IN_FRONT * (near - far), most)
    interocular = convergence * WIDEST
    if near > far:
        interocular = min(interocular, budget / (focal_over_width * (near - far)))
    return StereoRig(float(interocular), float(convergence), focal_over_width)
