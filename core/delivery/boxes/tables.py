# SPDX-License-Identifier: GPL-3.0-or-later
"""Chunk offset tables, stco and co64, moved along with what they point at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .build import Node
from .errors import BoxError

# (first byte, byte after the last, distance it moves).
Move = tuple[int, int, int]


def chunk_tables(moov: Node) -> list[Node]:
    """Every track's stco or co64."""
    tables = []
    for stbl in moov.all("trak", "mdia", "minf", "stbl"):
        tables += [child for child in stbl.children or () if child.kind in ("stco", "co64")]
    return tables


def offsets(table: Node, name: str) -> np.ndarray:
    """int64 (N,): where each chunk begins in the file. Raises BoxError."""
    size = 8 if table.kind == "co64" else 4
    count = int.from_bytes(table.data[4:8], "big")
    if len(table.data) < 8 + count * size:
        raise BoxError(f'{name} is damaged: its "{table.kind}" box is too short.')
    found = np.frombuffer(table.data, f">u{size}", count, 8)
    if count and int(found.max()) >= 1 << 62:
        raise BoxError(f'{name} is damaged: its "{table.kind}" box points behind the file.')
    return found.astype(np.int64)


def widen(tables: Sequence[Node], name: str) -> None:
    """Make every table a co64, for files that grow over 4 GB."""
    for table in tables:
        if table.kind == "stco":
            table.data = table.data[:8] + offsets(table, name).astype(">u8").tobytes()
            table.kind = "co64"


def move(table: Node, moves: Sequence[Move], name: str) -> bool:
    """Add to each offset the distance of the part of the file that it lies in (``moves``, sorted).

    False, and nothing is changed, where an offset no longer fits into 32 bits. Raises BoxError
    where one lies outside of all parts.
    """
    old = offsets(table, name)
    starts, ends, distances = np.array(moves, np.int64).reshape(-1, 3).T
    part = np.searchsorted(starts, old, side="right") - 1
    if len(old) and (part.min() < 0 or (old >= ends[part]).any()):
        raise BoxError(f"{name} is damaged: its samples lie outside of its data.")
    new = old + distances[part] if len(old) else old
    if table.kind == "stco" and len(new) and int(new.max()) >= 1 << 32:
        return False
    table.data = table.data[:8] + new.astype(">u4" if table.kind == "stco" else ">u8").tobytes()
    return True
