# SPDX-License-Identifier: GPL-3.0-or-later
"""An MP4 or MOV written anew with another `moov`, its samples copied as they are."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from .build import Node, parse
from .errors import BoxError
from .read import Box, BoxFile
from .tables import Move, chunk_tables, move, widen

_PIECE = 8 << 20
# Padding that would only keep the movie's beginning from its player.
_PADDING = ("free", "skip", "wide")


def rewrite(
    source: Path,
    target: Path,
    change: Callable[[Node], None],
    *,
    faststart: bool = True,
    stop: Callable[[], None] = lambda: None,
) -> None:
    """Write ``source`` to ``target`` with its `moov` as ``change`` leaves it.

    Sizes of all boxes around a change and every chunk offset follow. ``faststart``: `moov` comes
    before the samples; else it stays where it is. ``stop`` is asked between pieces of data and may
    raise. Raises BoxError for a fragmented, encrypted or damaged file, OSError for the disk.
    """
    with source.open("rb") as file:
        name = str(source)
        boxes = BoxFile(file, name)
        moov_box = _checked(boxes)
        moov = parse(_whole(file, moov_box), name)[0]
        change(moov)
        kept = _order(boxes.boxes, moov_box, faststart)
        moov_bytes = _placed(moov, kept, moov_box, name)
        with target.open("wb") as out:
            for found in kept:
                if found is moov_box:
                    out.write(moov_bytes)
                else:
                    _copy(file, found, out, stop)


def _checked(boxes: BoxFile) -> Box:
    found = [box for box in boxes.boxes if box.kind == "moov"]
    if not found:
        raise BoxError(f'{boxes.name} has no "moov" box: it is no finished MP4 or MOV.')
    if len(found) > 1:
        raise BoxError(f'{boxes.name} is damaged: it has several "moov" boxes.')
    if any(box.kind in ("moof", "sidx", "mfra") for box in boxes.boxes) or found[0].find("mvex"):
        raise BoxError(
            f"{boxes.name} is fragmented: write it anew as a plain MP4 first (ffmpeg -c copy)."
        )
    for entry in found[0].all("trak", "mdia", "minf", "stbl", "stsd"):
        if any(child.kind in ("encv", "drmi") for child in entry.children):
            raise BoxError(f"{boxes.name} is encrypted: it can't be changed.")
    return found[0]


def _order(boxes: list[Box], moov: Box, faststart: bool) -> list[Box]:
    if not faststart:
        return boxes
    others = [box for box in boxes if box is not moov and box.kind not in _PADDING]
    at = 1 if others and others[0].kind == "ftyp" else 0
    return [*others[:at], moov, *others[at:]]


def _placed(moov: Node, kept: list[Box], moov_box: Box, name: str) -> bytes:
    """`moov` as bytes, its chunk offsets as the new order of boxes makes them."""
    original = copy.deepcopy(moov)
    data = _moved(moov, kept, moov_box, name)
    if data is None:
        widen(chunk_tables(original), name)
        data = _moved(original, kept, moov_box, name)
    assert data is not None
    return data


def _moved(moov: Node, kept: list[Box], moov_box: Box, name: str) -> bytes | None:
    size, at = len(moov.bytes()), 0
    moves: list[Move] = []
    for found in kept:
        if found is moov_box:
            at += size
        else:
            moves.append((found.start, found.end, at - found.start))
            at += found.size
    moves.sort()
    for table in chunk_tables(moov):
        if not move(table, moves, name):
            return None
    return moov.bytes()


def _whole(file: BinaryIO, found: Box) -> bytes:
    file.seek(found.start)
    data = file.read(found.size)
    if data[:4] == bytes(4):  # "to the end of the file" stands alone in what is parsed
        data = len(data).to_bytes(4, "big") + data[4:]
    return data


def _copy(file: BinaryIO, found: Box, out: BinaryIO, stop: Callable[[], None]) -> None:
    file.seek(found.start)
    left = found.size
    while left:  # a box "to the end of the file" was the last one, and still is
        stop()
        piece = file.read(min(_PIECE, left))
        if not piece:
            raise BoxError("The file grew shorter while it was copied: try again.")
        out.write(piece)
        left -= len(piece)
