# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a movie file ends before its container says it should (for those FFmpeg lets pass)."""

from __future__ import annotations

from pathlib import Path

_EBML = b"\x1aE\xdf\xa3"
_SEGMENT = b"\x18S\x80g"
_TRANSPORT_SYNC = 0x47


def ends_early(path: Path) -> bool:
    """True for a Matroska segment longer than the file, or a transport stream's cut packet."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(_EBML):
        at, header_size = _ebml_size(head, 4)
        segment = at + header_size
        if head[segment : segment + 4] != _SEGMENT:
            return False
        start, length = _ebml_size(head, segment + 4)
        return length >= 0 and start + length > size
    for packet in (188, 192):
        first = packet - 188
        if len(head) > first + 2 * packet and all(
            head[first + i * packet] == _TRANSPORT_SYNC for i in range(3)
        ):
            return size % packet != 0
    return False


def _ebml_size(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of an EBML element begins and its size; -1: unknown by design."""
    if at >= len(data) or data[at] == 0:
        return at, -1
    length = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + length], "big") & ((1 << 7 * length) - 1)
    return at + length, -1 if value == (1 << 7 * length) - 1 else value
