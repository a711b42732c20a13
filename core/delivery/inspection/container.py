# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of an inspection that MP4's and MOV's boxes tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..boxes import Box, BoxError, BoxFile, Node, parse
from ..entry import SPHERICAL_V1
from ..spatial import Read, read_spatial
from .report import BoxLine, Hdr

# Sample entries are small; a bigger one is damage.
_MOST_ENTRY = 1 << 20
_MOST_LINES = 400


@dataclass
class Contents:
    """What the boxes of one file say; see `Inspection` for the names."""

    sample_entry: str | None = None
    second_configuration: bytes | None = None
    spatial: Read = field(default_factory=Read)
    hdr: Hdr | None = None
    faststart: bool | None = None
    lines: list[BoxLine] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_contents(path: Path) -> Contents:
    """Raises BoxError."""
    with path.open("rb") as file:
        boxes = BoxFile(file, str(path))
        found = Contents(lines=_lines(boxes.boxes), faststart=_faststart(boxes))
        entry = _video_entry(boxes)
        if entry is not None:
            data = boxes.payload(entry, _MOST_ENTRY)[entry.fields or 0 :]
            children = parse(data, str(path))
            found.sample_entry = entry.kind
            found.spatial = read_spatial(children)
            found.hdr = _hdr(children)
            found.second_configuration = next(
                (child.data for child in children if child.kind == "lhvC"), None
            )
            found.notes = _order_notes([child.kind for child in children])
        found.notes += _v1_notes(boxes)
    return found


def _video_entry(boxes: BoxFile) -> Box | None:
    """The sample entry of the first video track: the one whose fields were known."""
    for entry in boxes.all("moov", "trak", "mdia", "minf", "stbl", "stsd"):
        for child in entry.children:
            if child.fields is not None:
                return child
    return None


def _faststart(boxes: BoxFile) -> bool | None:
    kinds = [box.kind for box in boxes.boxes]
    if "moov" not in kinds:
        raise BoxError(f'{boxes.name} has no "moov" box: it is no finished MP4 or MOV.')
    return "mdat" not in kinds[: kinds.index("moov")] if "mdat" in kinds else None


def _lines(boxes: list[Box], depth: int = 0) -> list[BoxLine]:
    lines: list[BoxLine] = []
    for box in boxes:
        if len(lines) >= _MOST_LINES:
            break
        lines.append(BoxLine(depth, box.kind, box.start, box.size))
        lines += _lines(box.children, depth + 1)
    return lines[:_MOST_LINES]


def _hdr(children: list[Node]) -> Hdr | None:
    """mdcv: 50,000ths for chromaticity, then luminance in 0.0001 cd/m2; clli: two levels."""
    boxes = {child.kind: child.data for child in children}
    mastering, light = boxes.get("mdcv", b""), boxes.get("clli", b"")
    brightest = darkest = levels = None
    if len(mastering) >= 24:
        brightest = int.from_bytes(mastering[16:20], "big") / 10_000
        darkest = int.from_bytes(mastering[20:24], "big") / 10_000
    if len(light) >= 4:
        levels = int.from_bytes(light[:2], "big"), int.from_bytes(light[2:4], "big")
    return Hdr(brightest, darkest, levels) if mastering or light else None


def _v1_notes(boxes: BoxFile) -> list[str]:
    """A uuid's header holds its name, so the payload begins with the XML."""
    for found in boxes.all("moov", "trak", "uuid"):
        if boxes.name_of(found) == SPHERICAL_V1:
            return ["A track holds Spherical Video V1 (XML) too: `tag` takes it out."]
    return []


def _order_notes(kinds: list[str]) -> list[str]:
    if "vexu" in kinds and "st3d" in kinds and kinds.index("vexu") < kinds.index("st3d"):
        return ["vexu stands before st3d: FFmpeg refuses such a file."]
    return []
