# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands beside an aim that was not reached: what was tried, and what would close it."""

from __future__ import annotations

# By aim: (what was tried, what would close it). Said only where the figures miss the aim.
POINTS = {
    "accuracy": (
        "a teacher with a pretrained encoder, distilled outputs and features, two recipes of "
        "renders (docs/network.md)",
        "more scenes and image steps: the teacher on the same frames, where it stands in the "
        "table, shows how far they carry",
    ),
    "ramp": (
        "views from human heights with tilt and roll in the renders, so that height in the picture "
        "alone doesn't tell depth",
        "renders that look like that set: its lenses, heights and tilts",
    ),
    "speed": (
        "folded norms, channels-last, a picture a thread, a frozen TorchScript trace, which "
        "gained nothing (docs/network.md)",
        "fewer channels in the decoder's finest stage, or the network's own size (the other rows)",
    ),
    "memory": (
        "as many pictures at once as a quarter of the free memory holds (core/depth/device.py)",
        "a smaller inference size, or one thread",
    ),
    "bits": (
        "fixed thread counts, a picture a thread",
        "finding the operation whose order of sums differs on that machine",
    ),
}


def point(aim: str) -> str:
    """A sentence to follow the verdict "NOT reached" on ``aim``."""
    tried, closes = POINTS[aim]
    return f" Tried: {tried}. Would close it: {closes}."
