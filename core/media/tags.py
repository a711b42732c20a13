# SPDX-License-Identifier: GPL-3.0-or-later
"""What a clip's coded values mean: primaries, transfer and matrix (ITU-T H.273), HDR metadata."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import cast

import av
from av.sidedata.sidedata import SideData
from av.video.codeccontext import VideoCodecContext

_UNSPECIFIED = 2
_BT709, _BT2020 = 1, 9
_PQ, _HLG = 16, 18
_BT2020_10 = 14  # transfer of BT.2020's 10-bit SDR
_WIDE = (9, 11, 12)  # primaries of BT.2020 and P3: tagged as BT.709 they would look pale
CHROMATICITY, LUMINANCE = 50_000, 10_000  # units of SMPTE ST 2086: 0.00002, and 0.0001 cd/m2


@dataclass(frozen=True)
class ColourTags:
    """``primaries``, ``transfer``, ``matrix``: numbers of H.273; the matrix is BT.709's or
    BT.2020's. ``mastering``: x and y of red, green, blue and white in 1/50000, then the brightest
    and the darkest luminance in 0.0001 cd/m2 (SMPTE ST 2086); ``light``: MaxCLL and MaxFALL in
    cd/m2 (CTA-861.3); empty where the clip doesn't tell them."""

    primaries: int = _BT709
    transfer: int = _BT709
    matrix: int = _BT709
    mastering: tuple[int, ...] = ()
    light: tuple[int, ...] = ()

    @property
    def hdr(self) -> str:
        """ "PQ", "HLG", or nothing."""
        return {_PQ: "PQ", _HLG: "HLG"}.get(self.transfer, "")


BT709 = ColourTags()


def tags_of(frame: av.VideoFrame, context: VideoCodecContext) -> ColourTags:
    """Of a clip's first picture. Plain SDR is BT.709, whatever its tags say of the differences
    between the SDR standards; HDR and wide gamut keep their own."""
    primaries = _told(frame.color_primaries, context.color_primaries)
    transfer = _told(frame.color_trc, context.color_trc)
    if transfer not in (_PQ, _HLG) and primaries not in _WIDE:
        return BT709
    if primaries == _UNSPECIFIED:  # PQ and HLG are BT.2100's, whose primaries are BT.2020's
        primaries = _BT2020
    if transfer == _UNSPECIFIED:
        transfer = _BT2020_10 if primaries == _BT2020 else _BT709
    matrix = _BT2020 if primaries == _BT2020 else _BT709
    if transfer not in (_PQ, _HLG):
        return ColourTags(primaries, transfer, matrix)
    return ColourTags(primaries, transfer, matrix, _mastering(frame), _light(frame))


def _told(of_frame: int, of_stream: int) -> int:
    known = [int(v) for v in (of_frame, of_stream) if v not in (None, 0, _UNSPECIFIED)]
    return known[0] if known else _UNSPECIFIED


def _mastering(frame: av.VideoFrame) -> tuple[int, ...]:
    """FFmpeg's AVMasteringDisplayMetadata: ten rationals, then whether colours and luminance are
    there."""
    data = _bytes(frame, "MASTERING_DISPLAY_METADATA")
    if len(data) < 88:
        return ()
    *fractions, has_colours, has_luminance = struct.unpack_from("=22i", data)
    pairs = list(zip(fractions[::2], fractions[1::2], strict=True))
    if not (has_colours and has_luminance) or any(over == 0 for _, over in pairs):
        return ()
    units = [CHROMATICITY] * 8 + [LUMINANCE] * 2
    values = [round(unit * p / q) for unit, (p, q) in zip(units, pairs, strict=True)]
    return (*values[:8], values[9], values[8])  # FFmpeg has the darkest first


def _light(frame: av.VideoFrame) -> tuple[int, ...]:
    data = _bytes(frame, "CONTENT_LIGHT_LEVEL")
    return struct.unpack_from("=2I", data) if len(data) >= 8 else ()


def _bytes(frame: av.VideoFrame, name: str) -> bytes:
    try:
        found = cast(SideData | None, frame.side_data.get(name))
    except ValueError:  # a kind of side data that PyAV has no name for
        return b""
    return bytes(found) if isinstance(found, SideData) else b""


def x265_parameters(tags: ColourTags) -> list[str]:
    """The HDR metadata as x265 takes them."""
    found = []
    if tags.mastering:
        rx, ry, gx, gy, bx, by, wx, wy, most, least = tags.mastering
        places = f"G({gx},{gy})B({bx},{by})R({rx},{ry})WP({wx},{wy})"
        found.append(f"master-display={places}L({most},{least})")
    if tags.light:
        found.append("max-cll={},{}".format(*tags.light))
    return found


def svt_parameters(tags: ColourTags) -> list[str]:
    """The HDR metadata as SVT-AV1 takes them: in plain units."""
    found = []
    if tags.mastering:
        rx, ry, gx, gy, bx, by, wx, wy = (v / CHROMATICITY for v in tags.mastering[:8])
        most, least = (v / LUMINANCE for v in tags.mastering[8:])
        places = f"G({gx:.5f},{gy:.5f})B({bx:.5f},{by:.5f})R({rx:.5f},{ry:.5f})"
        found.append(f"mastering-display={places}WP({wx:.5f},{wy:.5f})L({most:.4f},{least:.4f})")
    if tags.light:
        found.append("content-light={},{}".format(*tags.light))
    return found
