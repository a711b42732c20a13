# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of an inspection that the streams tell: FFmpeg's headers and the first packets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from ...errors import SecondEyeError
from ...media.colour import bits_per_channel
from ...media.tags import ColourTags
from ..hevc.config import read_hvcc
from ..hevc.errors import BitstreamError
from ..hevc.nal import PREFIX_SEI, VPS, Nal, split_annex_b, split_prefixed
from ..hevc.sei import (
    FRAME_PACKING,
    SIDE_BY_SIDE,
    THREE_DIMENSIONAL_DISPLAYS,
    TOP_BOTTOM,
    messages,
    read_frame_packing,
    read_reference_displays,
)
from ..hevc.vps import read_vps
from .report import Hdr, Sound

# SEI stands in the first pictures; some encoders send an empty packet or two before.
_HEAD_PACKETS = 3
_H264_SEI = 6
_MASTERING, _LIGHT = 137, 144
# H.273, the values that video has; others are shown as numbers.
_PRIMARIES = {
    1: "BT.709",
    5: "BT.601 (625)",
    6: "BT.601 (525)",
    9: "BT.2020",
    11: "DCI-P3",
    12: "Display P3",
}
_TRANSFERS = {
    1: "BT.709",
    6: "BT.601",
    8: "linear",
    13: "sRGB",
    14: "BT.2020 10-bit",
    15: "BT.2020 12-bit",
    16: "PQ (HDR10)",
    18: "HLG",
}
_MATRICES = {0: "RGB", 1: "BT.709", 5: "BT.601", 6: "BT.601", 9: "BT.2020", 10: "BT.2020 constant"}
_RANGES = {1: "limited", 2: "full"}
_UNKNOWN = 2


@dataclass
class Sent:
    """What the coded stream's own headers say."""

    layers: int = 1
    frame_packing: str | None = None
    left_view: int | None = None
    hdr: Hdr | None = None


def colour_words(context: Any) -> dict[str, str]:
    """primaries, transfer, matrix, range: those that are told."""
    found = {}
    for key, value, words in (
        ("primaries", context.color_primaries, _PRIMARIES),
        ("transfer", context.color_trc, _TRANSFERS),
        ("matrix", context.colorspace, _MATRICES),
    ):
        if value not in (None, _UNKNOWN):
            found[key] = words.get(int(value), f"number {int(value)}")
    if context.color_range in _RANGES:
        found["range"] = _RANGES[int(context.color_range)]
    return found


def tag_words(tags: ColourTags) -> dict[str, str]:
    """The same of what a movie is to be tagged with; its range is limited."""
    return {
        "primaries": _PRIMARIES.get(tags.primaries, f"number {tags.primaries}"),
        "transfer": _TRANSFERS.get(tags.transfer, f"number {tags.transfer}"),
        "matrix": _MATRICES.get(tags.matrix, f"number {tags.matrix}"),
        "range": _RANGES[1],
    }


def bit_depth(context: Any) -> int:
    """Bits of the widest channel; 0 where the format is unknown."""
    try:
        return bits_per_channel(av.VideoFormat(context.pix_fmt)) if context.pix_fmt else 0
    except ValueError:
        return 0


def sound_of(container: InputContainer) -> list[Sound]:
    """Every audio stream."""
    found = []
    for stream in container.streams.audio:
        context = stream.codec_context
        if context is None:
            found.append(Sound("unknown", 0, 0, stream.language or ""))
            continue
        found.append(
            Sound(
                context.codec.canonical_name,
                context.sample_rate,
                context.channels,
                stream.language or "",
            )
        )
    return found


def rate_of(stream: VideoStream) -> Fraction | None:
    """Frames a second on average."""
    rate = stream.average_rate or stream.base_rate
    return Fraction(rate) if rate else None


def sent_by(container: InputContainer, stream: VideoStream) -> Sent:
    """From the parameter sets and the first packets; damage there is no error here."""
    sent = Sent()
    name = stream.codec_context.name
    if name not in ("hevc", "h264"):
        return sent
    head = bytes(stream.codec_context.extradata or b"")
    try:
        length = _length_bytes(name, head)
        units = _head_units(name, head)
        for packet in islice(container.demux(stream), _HEAD_PACKETS):
            data = bytes(packet) if packet.size else b""
            units += split_prefixed(data, length) if length else split_annex_b(data)
    except (BitstreamError, av.FFmpegError):
        return sent
    _take(sent, units, name)
    return sent


def _length_bytes(name: str, head: bytes) -> int:
    """Bytes of a NAL unit's length; 0: start codes."""
    if head[:1] != b"\1":
        return 0
    return read_hvcc(head).length_bytes if name == "hevc" else (head[4:5] or b"\3")[0] % 4 + 1


def _head_units(name: str, head: bytes) -> list[Nal]:
    if name != "hevc":
        return []
    return read_hvcc(head).units if head[:1] == b"\1" else split_annex_b(head)


def _take(sent: Sent, units: Iterable[Nal], name: str) -> None:
    for unit in units:
        try:
            if name == "h264":
                if unit.data[0] & 31 == _H264_SEI:
                    _take_sei(sent, Nal(b"\0" + unit.data).payload())
            elif unit.type == PREFIX_SEI:
                _take_sei(sent, unit.payload())
            elif unit.type == VPS and unit.layer == 0:
                sent.layers = max(sent.layers, read_vps(unit).layers)
        except BitstreamError:
            continue


def _take_sei(sent: Sent, rbsp: bytes) -> None:
    for kind, payload in messages(rbsp):
        if kind == FRAME_PACKING and (found := read_frame_packing(payload)):
            sent.frame_packing = _packing_word(*found)
        elif kind == THREE_DIMENSIONAL_DISPLAYS:
            sent.left_view = read_reference_displays(payload)[0]
        elif kind == _MASTERING and len(payload) >= 24:
            sent.hdr = Hdr(
                int.from_bytes(payload[16:20], "big") / 10_000,
                int.from_bytes(payload[20:24], "big") / 10_000,
                sent.hdr.content_light if sent.hdr else None,
            )
        elif kind == _LIGHT and len(payload) >= 4:
            levels = int.from_bytes(payload[:2], "big"), int.from_bytes(payload[2:4], "big")
            told = sent.hdr or Hdr()
            sent.hdr = Hdr(told.brightest, told.darkest, levels)


def _packing_word(arrangement: int, swapped: bool) -> str:
    if arrangement == SIDE_BY_SIDE:
        return "right-left" if swapped else "left-right"
    if arrangement == TOP_BOTTOM:
        return "bottom-top" if swapped else "top-bottom"
    return f"of an unknown kind ({arrangement})"


def frames_and_seconds(
    container: InputContainer, stream: VideoStream
) -> tuple[int | None, float | None]:
    """As the headers say."""
    if stream.duration and stream.time_base:
        seconds: float | None = float(stream.duration * stream.time_base)
    else:
        seconds = container.duration / av.time_base if container.duration else None
    return stream.frames or None, seconds


def codec_of(stream: VideoStream) -> tuple[str, str]:
    """(codec, profile), both "" where unknown."""
    context = stream.codec_context
    if context is None:
        raise SecondEyeError("its video is in a format that this build of FFmpeg doesn't know.")
    return context.codec.canonical_name, context.profile or ""
