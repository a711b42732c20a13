# SPDX-License-Identifier: GPL-3.0-or-later
"""HDR metadata that neither boxes nor SEI tell, as FFmpeg gives it with the first picture.

AV1 keeps it in its own units, and Matroska in the container.
"""

from __future__ import annotations

import struct
from itertools import islice

import av
from av.container import InputContainer
from av.sidedata.sidedata import SideData
from av.video.stream import VideoStream

from ...media.tags import LUMINANCE, ColourTags
from .report import Hdr

_PQ, _HLG = 16, 18  # H.273
_PACKETS = 64  # looked at for a first picture
# Of FFmpeg's AVMasteringDisplayMetadata: ten rationals of colours, then two of luminance, and
# whether each of the two kinds is there.
_LUMINANCE, _HAS_LUMINANCE = 64, 84


def mastering_of(container: InputContainer, stream: VideoStream) -> Hdr | None:
    """Of a stream whose transfer is PQ or HLG, read from its beginning; None: nothing is told."""
    if stream.codec_context.color_trc not in (_PQ, _HLG):
        return None
    try:
        container.seek(0)
        for packet in islice(container.demux(stream), _PACKETS):
            for frame in packet.decode():
                return _of_frame(frame)
    except (av.FFmpegError, ValueError):  # damage, or side data that PyAV has no name for
        return None
    return None


def told_by(colour: ColourTags) -> Hdr | None:
    """The same of what a movie is to tell."""
    brightest = darkest = levels = None
    if colour.mastering:
        brightest, darkest = (value / LUMINANCE for value in colour.mastering[8:])
    if colour.light:
        levels = (colour.light[0], colour.light[1])
    return Hdr(brightest, darkest, levels) if colour.mastering or colour.light else None


def _of_frame(frame: av.VideoFrame) -> Hdr | None:
    mastering = _bytes(frame, "MASTERING_DISPLAY_METADATA")
    light = _bytes(frame, "CONTENT_LIGHT_LEVEL")
    brightest = darkest = levels = None
    if len(mastering) >= 88 and struct.unpack_from("=i", mastering, _HAS_LUMINANCE)[0]:
        low, low_over, high, high_over = struct.unpack_from("=4i", mastering, _LUMINANCE)
        if low_over and high_over:
            darkest, brightest = low / low_over, high / high_over
    if len(light) >= 8:
        levels = struct.unpack_from("=2I", light)
    return Hdr(brightest, darkest, levels) if mastering or light else None


def _bytes(frame: av.VideoFrame, name: str) -> bytes:
    found = frame.side_data.get(name)
    return bytes(found) if isinstance(found, SideData) else b""
