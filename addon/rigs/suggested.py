# SPDX-License-Identifier: GPL-3.0-or-later
"""The rig that a shot begins with, as convert has it too."""

from __future__ import annotations

from ...core.project import Project, Shot
from ...core.stereo import StereoRig, Viewing, find_viewing
from ...core.stereo.shot_rig import suggest_shot_rig
from ..stage.depth_tables import shot_depths


def suggested_rig(
    project: Project, shot: Shot, budget: float, screen: Viewing | None = None
) -> StereoRig:
    """Of the depth of all frames of ``shot``, with its near, far, strength and curve. ``budget`` in
    picture widths; within the limits of ``screen`` (the default one). Raises SecondEyeError."""
    focal, limits = project.manifest.lens.focal_over_width, (screen or find_viewing()).limits
    return suggest_shot_rig(shot_depths(project, shot), focal, budget, limits)
