# SPDX-License-Identifier: GPL-3.0-or-later
"""What a difference of depth in a shot is worth to an eye."""

from __future__ import annotations

from ..geometry import disparity_gain
from ..project import Manifest, Shot

BUDGET = 0.02  # picture widths of disparity over a shot's whole depth, where no camera is baked


def shot_gain(manifest: Manifest, shot: Shot) -> float:
    """Pixels of disparity, at the clip's width, for a difference of 1 in normalised inverse depth.

    Of the baked camera where it is widest in the shot, else of a rig that gives the shot's whole
    depth ``BUDGET`` picture widths, as `suggest_rig` does.
    """
    if manifest.camera is None:
        return BUDGET * manifest.clip.width
    begin, end = shot.first - manifest.first, shot.last - manifest.first + 1
    widest = max(manifest.camera.interocular[begin:end])
    return disparity_gain(
        widest,
        manifest.lens.focal_over_width,
        shot.near,
        shot.far,
        shot.strength,
        manifest.clip.width,
    )
