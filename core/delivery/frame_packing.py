# SPDX-License-Identifier: GPL-3.0-or-later
"""Frame packing SEI written into an H.264 or HEVC stream that exists, no picture encoded again."""

from __future__ import annotations

from av.packet import Packet
from av.video.stream import VideoStream

from .hevc.config import read_hvcc
from .hevc.nal import (
    PREFIX_SEI,
    Nal,
    escape,
    join_annex_b,
    join_prefixed,
    split_annex_b,
    split_prefixed,
    unescape,
)
from .hevc.sei import (
    FRAME_PACKING,
    SIDE_BY_SIDE,
    TOP_BOTTOM,
    frame_packing,
    message,
    messages,
)
from .remux import replaced

# Layout -> (arrangement, whether the right eye comes first).
ARRANGEMENTS = {
    "left-right": (SIDE_BY_SIDE, False),
    "right-left": (SIDE_BY_SIDE, True),
    "top-bottom": (TOP_BOTTOM, False),
}
CODECS = ("h264", "hevc")
_H264_SEI, _H264_SLICES = 6, range(1, 6)
_TRAILING = b"\x80"


class FramePackingWriter:
    """Changes packets of one video stream: whatever they say of frame packing goes, and every key
    frame says ``layout`` ("mono": nothing). Raises BitstreamError for a stream it can't read.
    """

    def __init__(self, stream: VideoStream, layout: str) -> None:
        self._hevc = stream.codec_context.name == "hevc"
        head = bytes(stream.codec_context.extradata or b"")
        self._length_bytes = 0
        if head[:1] == b"\1":
            if self._hevc:
                self._length_bytes = read_hvcc(head).length_bytes
            elif len(head) > 4:
                self._length_bytes = (head[4] & 3) + 1
        self._message = None
        if layout in ARRANGEMENTS:
            self._message = self._sei(frame_packing(*ARRANGEMENTS[layout], hevc=self._hevc))

    def __call__(self, packet: Packet) -> Packet:
        """The packet to write. Raises BitstreamError."""
        data, size = bytes(packet), self._length_bytes
        units = split_prefixed(data, size) if size else split_annex_b(data)
        kept = [unit for unit in map(self._without, units) if unit is not None]
        if packet.is_keyframe and self._message is not None:
            at = next((n for n, unit in enumerate(kept) if self._is_slice(unit)), len(kept))
            kept.insert(at, self._message)
        return replaced(packet, join_prefixed(kept, size) if size else join_annex_b(kept))

    def _without(self, unit: Nal) -> Nal | None:
        """The unit less its words on frame packing; None where nothing is left."""
        if not self._is_sei(unit):
            return unit
        head = unit.data[: 2 if self._hevc else 1]
        found = messages(unescape(unit.data[len(head) :]))
        rest = [(kind, payload) for kind, payload in found if kind != FRAME_PACKING]
        if len(rest) == len(found):
            return unit
        if not rest:
            return None
        return Nal(head + escape(b"".join(message(*one) for one in rest) + _TRAILING))

    def _sei(self, content: bytes) -> Nal:
        head = bytes([PREFIX_SEI << 1, 1]) if self._hevc else bytes([_H264_SEI])
        return Nal(head + escape(content + _TRAILING))

    def _is_sei(self, unit: Nal) -> bool:
        if self._hevc:
            return unit.type == PREFIX_SEI and unit.layer == 0
        return unit.data[0] & 31 == _H264_SEI

    def _is_slice(self, unit: Nal) -> bool:
        return unit.is_slice if self._hevc else unit.data[0] & 31 in _H264_SLICES
