# SPDX-License-Identifier: GPL-3.0-or-later
"""Render set-up and resumable frames.

    configure_stereo_render(scene, packing="sbs")         # "sbs" | "half-sbs" | "top-bottom" | ...
    render_frames(scene, folder, first=None, last=None, *, report=None, cancelled=None)
                                                          -> RenderedFrames(folder, rendered, kept)
    frame_steps(scene, folder, first=None, last=None)     # one frame at a time, for modal operators
Frames are timeline frames; the file of frame n is ``folder/000123.png``.
"""

from .frames import RenderedFrames, frame_path, frame_steps, render_frames
from .stereo_render import PACKINGS, configure_stereo_render

__all__ = [
    "PACKINGS",
    "RenderedFrames",
    "configure_stereo_render",
    "frame_path",
    "frame_steps",
    "render_frames",
]
