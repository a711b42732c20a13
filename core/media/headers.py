# SPDX-License-Identifier: GPL-3.0-or-later
"""What the head and the tail of a picture file tell, without decoding it."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .metadata import FULL_FRAME_WIDTH

_TAIL = 1 << 16
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
_TIFF = (b"II*\0", b"MM\0*")
# TIFF and Exif tags, and the sizes of their value types.
_WIDTH, _HEIGHT, _ORIENTATION, _EXIF, _FOCAL_35MM = 0x100, 0x101, 0x112, 0x8769, 0xA405
# Of cameras that leave the 35 mm equivalent to be reckoned: focal length in mm, the picture as it
# was taken, and pixels of it per unit of length on the sensor.
_FOCAL, _TAKEN_WIDTH, _TAKEN_HEIGHT, _PER_UNIT, _UNIT = 0x920A, 0xA002, 0xA003, 0xA20E, 0xA210
_WANTED = (
    *(_WIDTH, _HEIGHT, _ORIENTATION, _EXIF, _FOCAL_35MM),
    *(_FOCAL, _TAKEN_WIDTH, _TAKEN_HEIGHT, _PER_UNIT, _UNIT),
)
_MILLIMETRES = {2: 25.4, 3: 10.0, 4: 1.0}
_SENSORS = (3.0, 70.0)  # mm along the longer side, of phones to medium format: else it's nonsense
_START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class PictureHeader:
    """``size``: (width, height) as shown, None where unknown; ``whole``: False when the file is
    cut short; ``focal_35mm``: focal length in mm on a 36 mm wide frame, None where not stated.
    """

    size: tuple[int, int] | None = None
    whole: bool = True
    focal_35mm: float | None = None


def read_header(path: Path) -> PictureHeader:
    """Header of a PNG, JPEG or TIFF file; of other formats only whether there are any bytes.

    Raises OSError when the file can't be read.
    """
    with path.open("rb") as file:
        start = file.read(8)
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - _TAIL))
        tail = file.read()
        try:
            if start == _PNG:
                return PictureHeader(_png_size(file), b"IEND" in tail)
            if start.startswith(_JPEG):
                return _jpeg_header(file, b"\xff\xd9" in tail)
            if start[:4] in _TIFF:
                file.seek(0)
                tags = _tags(file, 0)
                size = _shown(tags.get(_WIDTH, 0), tags.get(_HEIGHT, 0), tags)
                return PictureHeader(size, True, _focal_35mm(tags))
        except (struct.error, ValueError):
            return PictureHeader(whole=False)
    return PictureHeader(whole=end > 0)


def _png_size(file: BinaryIO) -> tuple[int, int]:
    file.seek(16)
    width, height = struct.unpack(">II", file.read(8))
    return width, height


def _jpeg_header(file: BinaryIO, whole: bool) -> PictureHeader:
    tags: dict[int, float] = {}
    for marker, at, length in _jpeg_segments(file):
        if marker == 0xE1 and not tags:
            file.seek(at)
            if file.read(6) == b"Exif\0\0":
                tags = _tags(file, at + 6)
        if marker in _START_OF_FRAME and length >= 5:
            file.seek(at + 1)
            height, width = struct.unpack(">HH", file.read(4))
            return PictureHeader(_shown(width, height, tags), whole, _focal_35mm(tags))
    return PictureHeader(whole=False)


def _jpeg_segments(file: BinaryIO) -> Iterator[tuple[int, int, int]]:
    """(marker, offset of the content, its length) up to the start of the picture data."""
    at = 2
    while True:
        file.seek(at)
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF or head[1] == 0xDA:
            return
        if head[1] == 0xFF:  # a fill byte
            at += 1
            continue
        length = int.from_bytes(head[2:], "big")
        yield head[1], at + 4, length - 2
        at += 2 + length


def _focal_35mm(tags: dict[int, float]) -> float | None:
    """As stated, else from the focal length and the sensor's size, as its longer side."""
    if tags.get(_FOCAL_35MM):
        return tags[_FOCAL_35MM]
    focal, density = tags.get(_FOCAL, 0.0), tags.get(_PER_UNIT, 0.0)
    side = max(tags.get(_TAKEN_WIDTH, 0.0), tags.get(_TAKEN_HEIGHT, 0.0))
    if not (focal > 0.0 and density > 0.0):
        return None
    sensor = side / density * _MILLIMETRES.get(int(tags.get(_UNIT, 2)), 0.0)
    return focal * FULL_FRAME_WIDTH / sensor if _SENSORS[0] <= sensor <= _SENSORS[1] else None


def _shown(width: float, height: float, tags: dict[int, float]) -> tuple[int, int]:
    width, height = int(width), int(height)
    return (height, width) if tags.get(_ORIENTATION, 1) in (5, 6, 7, 8) else (width, height)


def _tags(file: BinaryIO, base: int) -> dict[int, float]:
    """The wanted numbers of the TIFF structure at ``base``, its Exif part included."""
    file.seek(base)
    order = {b"II": "<", b"MM": ">"}.get(file.read(2), "")
    if not order:
        raise ValueError("no TIFF structure")
    _, offset = struct.unpack(order + "HI", file.read(6))
    tags = _directory(file, base, offset, order)
    if _EXIF in tags:
        tags = {**_directory(file, base, int(tags[_EXIF]), order), **tags}
    return tags


def _directory(file: BinaryIO, base: int, offset: int, order: str) -> dict[int, float]:
    file.seek(base + offset)
    (count,) = struct.unpack(order + "H", file.read(2))
    entries = [file.read(12) for _ in range(count)]
    tags: dict[int, float] = {}
    for entry in entries:
        tag, kind = struct.unpack(order + "HH", entry[:4])
        if tag not in _WANTED:
            continue
        if kind in (3, 4):
            tags[tag] = struct.unpack(order + "HI"[kind - 3], entry[8 : 10 if kind == 3 else 12])[0]
        elif kind == 5:
            file.seek(base + struct.unpack(order + "I", entry[8:])[0])
            # A wrong offset makes no focal length, but the picture may be whole.
            numerator, denominator = struct.unpack(order + "II", file.read(8).ljust(8, b"\0"))
            tags[tag] = numerator / denominator if denominator else 0.0
    return tags
