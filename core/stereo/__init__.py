# SPDX-License-Identifier: GPL-3.0-or-later
"""Rig mathematics: numpy only, so that Blender's process may load it."""

from .rig import Eye, StereoRig, disparity, parallax
from .samples import sample_frames, sample_pixels
from .suggest import suggest_rig

__all__ = [
    "Eye",
    "StereoRig",
    "disparity",
    "parallax",
    "sample_frames",
    "sample_pixels",
    "suggest_rig",
]
