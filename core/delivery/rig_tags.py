# SPDX-License-Identifier: GPL-3.0-or-later
"""A stereo rig as the numbers that spatial video carries."""

from __future__ import annotations

import math

from ..stereo import StereoRig
from .spatial import Spatial

# Written where distances are only the artist's: the usual distance of a person's eyes, in metres,
# and that of Apple's own examples.
DEFAULT_BASELINE = 0.064


def rig_spatial(
    rig: StereoRig,
    metres_per_unit: float | None,
    layout: str,
    projection: str = "rectangular",
    *,
    parallel: bool = False,
) -> Spatial:
    """What the boxes say of pictures that ``rig`` made.

    ``metres_per_unit``: of the scene; None where no one knows it, and DEFAULT_BASELINE is written.
    ``parallel``: the pictures don't converge yet (Blender's PARALLEL mode); the shift is then left
    to the player. A projection that covers a fixed angle tells that one, not the lens's.
    """
    baseline = DEFAULT_BASELINE
    if metres_per_unit is not None and rig.interocular > 0:
        baseline = rig.interocular * metres_per_unit
    flat = projection == "rectangular"
    return Spatial(
        layout,
        projection,
        "left",
        baseline,
        disparity_adjustment(rig, parallel) if flat else None,
        math.degrees(2 * math.atan(0.5 / rig.focal_over_width)) if flat else None,
    ).with_projected_view()


def disparity_adjustment(rig: StereoRig, parallel: bool) -> float:
    """How far a player has to shift the eyes against each other, in picture widths.

    Positive moves all things away from the viewer: left picture left, right picture right, by half
    of it each. Pictures of parallel cameras show infinity at the screen and everything before it;
    the distance C comes to the screen when ``b * f/w / C`` is added to every parallax (see
    `core.stereo`). Off-axis pictures have it in them, so that 0 is left to do.
    """
    if not parallel:
        return 0.0
    shift = rig.interocular * rig.focal_over_width / rig.convergence
    return min(1.0, shift)
