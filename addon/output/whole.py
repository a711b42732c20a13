# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a picture on the disk is whole: a killed render or a full disk leaves halves."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO

_PNG_END = b"IEND\xaeB\x60\x82"
_EXR = 20000630
# Rows in a chunk by OpenEXR's number of the compression: none, RLE, ZIPS, ZIP, PIZ, PXR24, B44,
# B44A, DWAA, DWAB.
_ROWS = (1, 1, 1, 16, 32, 16, 32, 32, 32, 256)
_LONGEST = 1 << 16


def is_complete(file: Path, size: tuple[int, int]) -> bool:
    """Whether a whole PNG or EXR of this width and height stands there."""
    try:
        with open(file, "rb") as stream:
            if file.suffix == ".exr":
                return _whole_exr(stream, size)
            head = stream.read(24)
            stream.seek(-len(_PNG_END), os.SEEK_END)
            return stream.read() == _PNG_END and struct.unpack(">II", head[16:24]) == size
    except (OSError, struct.error, ValueError):
        return False


def _whole_exr(stream: BinaryIO, size: tuple[int, int]) -> bool:
    """By the table of chunks: every one has its place, and the last one ends with the file."""
    magic, version = struct.unpack("<II", stream.read(8))
    if magic != _EXR or version & 0x1A00:  # tiles, deep data and several parts are not ours
        return False
    told: dict[str, bytes] = {}
    while name := _text(stream):
        _text(stream)  # its type
        (length,) = struct.unpack("<I", stream.read(4))
        told[name] = stream.read(length) if length < _LONGEST else b""
    left, top, right, bottom = struct.unpack("<4i", told["dataWindow"])
    compression = told["compression"][0]
    if (right - left + 1, bottom - top + 1) != size or compression >= len(_ROWS):
        return False
    count = -(-size[1] // _ROWS[compression])
    offsets = struct.unpack(f"<{count}Q", stream.read(8 * count))
    if min(offsets) < stream.tell():
        return False
    stream.seek(max(offsets))
    _, length = struct.unpack("<iI", stream.read(8))
    start = stream.tell()
    return stream.seek(0, os.SEEK_END) == start + length


def _text(stream: BinaryIO) -> str:
    """A string up to its zero; raises ValueError where none comes."""
    letters = bytearray()
    while len(letters) < 256:
        letter = stream.read(1)
        if not letter:
            raise ValueError
        if letter == b"\0":
            return letters.decode("latin-1")
        letters += letter
    raise ValueError
