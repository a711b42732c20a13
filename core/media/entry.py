# SPDX-License-Identifier: GPL-3.0-or-later
"""Which key packets decoding may begin at without any difference to decoding from the start.

A container marks as key what a player may start at, and that is not always exact: an H.264
stream may refresh its picture over many frames, or refer across an I picture. So the bitstream
is asked: IDR pictures and, in HEVC, every random access picture are exact by their standards for
all that follows in output order; an H.264 recovery point is where it says so (ITU-T H.264,
D.2.8: recovery_frame_cnt 0 and exact_match_flag 1). Codecs not named here begin at the start.
"""

from __future__ import annotations

from collections.abc import Iterator

from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

# In these a key picture resets all that later pictures can refer to (in output order).
_CLEAN_KEYS = frozenset(
    {
        "av1", "flv1", "h263", "mpeg1video", "mpeg2video", "mpeg4", "theora", "vp8", "vp9",
        "libdav1d", "libaom-av1", "libvpx", "libvpx-vp9",
    }
)  # fmt: skip
_H264_IDR, _H264_SEI = 5, 6
_RECOVERY_POINT = 6
_HEVC_RANDOM_ACCESS = range(16, 22)


def is_exact_entry(context: VideoCodecContext, packet: Packet[VideoStream]) -> bool:
    """Whether decoding from this key packet gives the same pictures from its time on."""
    name = context.codec.canonical_name
    if name == "h264":
        return _h264_exact(bytes(packet), context.extradata)
    if name == "hevc":
        units = nal_units(bytes(packet), context.extradata, 21)
        return any((unit[0] >> 1) & 63 in _HEVC_RANDOM_ACCESS for unit in units)
    return context.codec.intra_only or name in _CLEAN_KEYS


def _h264_exact(data: bytes, extradata: bytes | None) -> bool:
    for unit in nal_units(data, extradata, 4):
        kind = unit[0] & 31
        if kind == _H264_IDR:
            return True
        if kind == _H264_SEI and _exact_recovery_point(unit):
            return True
    return False


def nal_units(data: bytes, extradata: bytes | None, length_at: int) -> Iterator[bytes]:
    """Non-empty NAL units of a packet, with start codes or with lengths.

    ``length_at``: the byte of the decoder configuration (avcC 4, hvcC 21) whose two low bits
    are the size of a length minus one; start codes are used where there is no configuration.
    """
    if extradata and len(extradata) > length_at and extradata[0] == 1:
        size = (extradata[length_at] & 3) + 1
        at = 0
        while at + size < len(data):
            length = int.from_bytes(data[at : at + size], "big")
            unit = data[at + size : at + size + length]
            if unit:
                yield unit
            at += size + length
        return
    for piece in data.split(b"\x00\x00\x01")[1:]:
        if piece:
            yield piece


def _exact_recovery_point(unit: bytes) -> bool:
    """Whether an H.264 SEI unit holds a recovery point that is exact at once."""
    payload = unit[1:].replace(b"\x00\x00\x03", b"\x00\x00")
    at = 0
    while at + 2 < len(payload):
        kind, at = _sei_number(payload, at)
        size, at = _sei_number(payload, at)
        if kind == _RECOVERY_POINT and size:
            # ue(v) recovery_frame_cnt is a single 1 bit for zero; then exact_match_flag.
            return payload[at] & 0xC0 == 0xC0
        at += size
    return False


def _sei_number(payload: bytes, at: int) -> tuple[int, int]:
    value = 0
    while at < len(payload) and payload[at] == 0xFF:
        value += 255
        at += 1
    return (value + payload[at] if at < len(payload) else value), at + 1
