# SPDX-License-Identifier: GPL-3.0-or-later
"""Rig mathematics and comfort: numpy only, so that Blender's process may load it."""

from .comfort import Border, FrameComfort, measure, measure_frame, share_inside
from .frame_depth import FrameDepth, frame_depth, frame_depths, range_of
from .rig import Eye, StereoRig, disparity, parallax
from .suggest import suggest_rig
from .viewing import EYES, SETUPS, Limits, Viewing, find_viewing

__all__ = [
    "EYES",
    "SETUPS",
    "Border",
    "Eye",
    "FrameComfort",
    "FrameDepth",
    "Limits",
    "StereoRig",
    "Viewing",
    "disparity",
    "find_viewing",
    "frame_depth",
    "frame_depths",
    "measure",
    "measure_frame",
    "parallax",
    "range_of",
    "share_inside",
    "suggest_rig",
]
