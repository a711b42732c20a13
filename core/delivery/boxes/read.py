# SPDX-License-Identifier: GPL-3.0-or-later
"""A strict, bounded reader of ISO BMFF boxes: MP4, MOV and their relatives.

Only headers are read on the way, so a `mdat` of 100 GB costs its 16 bytes. Depth, number of boxes
and the size of a payload asked for are limited; whatever a damaged file says ends in a BoxError.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from .errors import BoxError
from .kinds import fields_before_children

MOST_DEPTH = 16
MOST_BOXES = 100_000
MOST_PAYLOAD = 1 << 30
_LARGE, _TO_END = 1, 0
# Containers where QuickTime may end the list of children with four zero bytes.
_TERMINATOR = 4


@dataclass
class Box:
    """One box: ``start`` and ``size`` are of all of it, ``header`` its header's bytes."""

    kind: str
    start: int
    header: int
    size: int
    fields: int | None = None  # bytes between header and children; None: it holds no boxes
    children: list[Box] = field(default_factory=list)

    @property
    def end(self) -> int:
        return self.start + self.size

    @property
    def body(self) -> int:
        """Where the payload begins."""
        return self.start + self.header

    def find(self, *path: str) -> Box | None:
        """The first box at the end of ``path``, such as ("mdia", "hdlr")."""
        return next(self.all(*path), None)

    def all(self, *path: str) -> Iterator[Box]:
        """Every box at the end of ``path``."""
        for child in self.children:
            if child.kind == path[0]:
                if len(path) == 1:
                    yield child
                else:
                    yield from child.all(*path[1:])


class BoxFile:
    """The boxes of an open file; ``name`` is how sentences call it."""

    def __init__(self, source: BinaryIO, name: str) -> None:
        self._source = source
        self.name = name
        self.size = source.seek(0, os.SEEK_END)
        self._count = 0
        self._handler = ""
        self.boxes = self._list(0, self.size, "", 0)

    def payload(self, box: Box, most: int = MOST_PAYLOAD) -> bytes:
        """All bytes behind the box's header. Raises BoxError for more than ``most``."""
        size = box.end - box.body
        if size > most:
            raise BoxError(f'{self.name} is damaged: its "{box.kind}" box has {size} bytes.')
        return self._at(box.body, size)

    def name_of(self, box: Box) -> bytes:
        """The sixteen bytes that name a "uuid" box."""
        return self._at(box.body - 16, 16)

    def find(self, *path: str) -> Box | None:
        """The first box at the end of ``path``, from the file's own level on."""
        return next(self.all(*path), None)

    def all(self, *path: str) -> Iterator[Box]:
        """Every box at the end of ``path``, from the file's own level on."""
        return Box("", 0, 0, self.size, 0, self.boxes).all(*path)

    def _list(self, start: int, end: int, parent: str, depth: int) -> list[Box]:
        if depth > MOST_DEPTH:
            raise BoxError(f"{self.name} is damaged: its boxes are nested too deeply.")
        boxes: list[Box] = []
        while start < end:
            left = end - start
            if left < 8:
                if parent and left == _TERMINATOR and not any(self._at(start, left)):
                    break  # QuickTime's end of a list
                raise BoxError(f"{self.name} is cut off or damaged: a box ends at byte {end}.")
            box = self._box(start, end, parent, depth)
            boxes.append(box)
            start = box.end
        return boxes

    def _box(self, start: int, end: int, parent: str, depth: int) -> Box:
        self._count += 1
        if self._count > MOST_BOXES:
            raise BoxError(f"{self.name} is damaged: it has more than {MOST_BOXES} boxes.")
        head = self._at(start, 8)
        size, kind, header = int.from_bytes(head[:4], "big"), head[4:].decode("latin-1"), 8
        if size == _LARGE:
            if end - start < 16:
                raise BoxError(f"{self.name} is cut off or damaged: a box ends at byte {end}.")
            size, header = int.from_bytes(self._at(start + 8, 8), "big"), 16
        elif size == _TO_END:
            if parent:
                raise BoxError(f"{self.name} is damaged: {_shown(kind)} has no size.")
            size = end - start
        if kind == "uuid":
            header += 16
        if size < header or size > end - start:
            raise BoxError(
                f"{self.name} is cut off or damaged: {_shown(kind)} at byte {start} claims {size}"
                f" bytes, {end - start} are left."
            )
        box = Box(kind, start, header, size)
        if kind == "trak":
            self._handler = ""
        elif kind == "hdlr" and parent == "mdia" and size >= header + 12:
            self._handler = self._at(box.body + 8, 4).decode("latin-1")
        box.fields = fields_before_children(kind, parent, self._handler)
        if box.fields is not None:
            first = box.body + box.fields
            if first > box.end:
                raise BoxError(f"{self.name} is damaged: {_shown(kind)} is too short.")
            box.children = self._list(first, box.end, kind, depth + 1)
        return box

    def _at(self, start: int, size: int) -> bytes:
        self._source.seek(start)
        data = self._source.read(size)
        if len(data) != size:
            raise BoxError(f"{self.name} is cut off at byte {start + len(data)}.")
        return data


def looks_like_boxes(path: Path) -> bool:
    """Whether the file begins as MP4 or MOV files do."""
    with path.open("rb") as file:
        head = file.read(12)
    return head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp")


def _shown(kind: str) -> str:
    """A box's kind as a sentence may print it."""
    return f'its box "{kind}"' if kind.isprintable() and kind.isascii() else "a box"
