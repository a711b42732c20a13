# SPDX-License-Identifier: GPL-3.0-or-later
"""Render set-up and resumable frames.

    configure_stereo_render(scene, packing="sbs")         # "sbs" | "half-sbs" | "top-bottom" | ...
    render_frames(scene, folder, first=None, last=None, *, report=None, cancelled=None)
                                                          -> RenderedFrames(folder, rendered, kept)
    frame_steps(scene, folder, first=None, last=None)     # one frame at a time
    make_plan(scene, camera, manifest, packing) -> Plan   # what Render makes of every frame
    picture_steps(scene, folder, frames, pictures, render)   # a step a picture; see render_now
Frames are timeline frames; the file of frame n is ``folder/000123.png``.
"""

from .frames import (
    RenderedFrames,
    frame_path,
    frame_steps,
    picture_steps,
    render_frames,
    render_now,
)
from .plan import Plan, make_plan
from .stereo_render import PACKINGS, configure_stereo_render

__all__ = [
    "PACKINGS",
    "Plan",
    "RenderedFrames",
    "configure_stereo_render",
    "frame_path",
    "frame_steps",
    "make_plan",
    "picture_steps",
    "render_frames",
    "render_now",
]
