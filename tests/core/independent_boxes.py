# SPDX-License-Identifier: GPL-3.0-or-later
"""Movies as pymp4 and MediaInfo read them: neither shares anything with the code under test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pymediainfo import MediaInfo
from pymp4.parser import Box

# Behind what pymp4 takes of a SampleEntry; then the children of a VisualSampleEntry begin.
_VISUAL_FIELDS = 70
_AVC1 = b"xvc1"
_CONTAINERS = {"sv3d", "proj", "vexu", "eyes", "cams", "cmfy", "pack"}


def _all(data: bytes) -> list[Any]:
    boxes, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size > 8:  # pymp4 stumbles over an empty box, such as FFmpeg's "free"
            boxes.append(Box.parse(data[at : at + size]))
        at += size
    return boxes


def top(path: Path) -> list[Any]:
    """The file's boxes."""
    # pymp4 keeps nothing of an H.264 entry but its avcC: under another name it keeps all.
    return _all(path.read_bytes().replace(b"avc1", _AVC1))


def find(boxes: list[Any], *kinds: str) -> Any:
    """The first box at the end of the path."""
    for box in boxes:
        if box.type == kinds[0].encode():
            return box if len(kinds) == 1 else find(box.children, *kinds[1:])
    raise KeyError(kinds[0])


def video_entry(path: Path) -> tuple[str, dict[str, bytes], list[str]]:
    """(kind of the sample entry, every box in it at any depth by its path, the order at the top).

    Paths are like "vexu/eyes/stri"; values are payloads, version and flags of full boxes included.
    """
    table = find(top(path), "moov", "trak", "mdia", "minf", "stbl")
    entry = find(table.children, "stsd").entries[0]
    found: dict[str, bytes] = {}
    order = [name for name, _ in _inside(entry.data[_VISUAL_FIELDS:], "", found)]
    return entry.format.replace(_AVC1, b"avc1").decode(), found, order


def _inside(data: bytes, path: str, found: dict[str, bytes]) -> list[tuple[str, bytes]]:
    names = []
    at = 0
    while at < len(data):
        box = Box.parse(data[at:])
        name, payload = box.type.decode(), data[at + 8 : at + box.end]
        found[path + name] = payload
        names.append((name, payload))
        if name in _CONTAINERS:
            _inside(payload, f"{path}{name}/", found)
        at += box.end
    return names


def mediainfo(path: Path) -> dict[str, Any]:
    """What MediaInfo says of the video."""
    tracks = MediaInfo.parse(path).tracks
    return next(track.to_data() for track in tracks if track.track_type == "Video")


def chunk_offsets(path: Path) -> list[list[int]]:
    """Of every track."""
    moov = find(top(path), "moov")
    offsets = []
    for track in moov.children:
        if track.type == b"trak":
            table = find(track.children, "mdia", "minf", "stbl")
            kind = "stco" if any(box.type == b"stco" for box in table.children) else "co64"
            offsets.append([entry.chunk_offset for entry in find(table.children, kind).entries])
    return offsets
