# SPDX-License-Identifier: GPL-3.0-or-later
"""Boxes as bytes, and a tree of them that can be changed and written again."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

from .read import Box, BoxFile


def box(kind: str, *parts: bytes) -> bytes:
    """A box around ``parts``."""
    payload = b"".join(parts)
    size = 8 + len(payload)
    if size < 1 << 32:
        return size.to_bytes(4, "big") + kind.encode("latin-1") + payload
    return b"\0\0\0\1" + kind.encode("latin-1") + (size + 8).to_bytes(8, "big") + payload


def full_box(kind: str, *parts: bytes) -> bytes:
    """A box with version 0 and no flags."""
    return box(kind, bytes(4), *parts)


@dataclass
class Node:
    """A box in memory: ``data`` is the payload, or what stands before the ``children``."""

    kind: str
    data: bytes
    children: list[Node] | None = None

    def bytes(self) -> bytes:
        """The whole box; its size and its parents' come from what they hold now."""
        inner = b"".join(child.bytes() for child in self.children or ())
        return box(self.kind, self.data, inner)

    def all(self, *path: str) -> Iterator[Node]:
        """Every box at the end of ``path``."""
        for child in self.children or ():
            if child.kind == path[0]:
                if len(path) == 1:
                    yield child
                else:
                    yield from child.all(*path[1:])

    def find(self, *path: str) -> Node | None:
        """The first box at the end of ``path``."""
        return next(self.all(*path), None)


def parse(data: bytes, name: str) -> list[Node]:
    """The boxes in ``data`` as a tree that writes the same bytes again. Raises BoxError."""
    file = BoxFile(io.BytesIO(data), name)
    return [_node(data, found) for found in file.boxes]


def _node(data: bytes, found: Box) -> Node:
    # A uuid's sixteen bytes of name go with the payload.
    start = found.start + (16 if data[found.start : found.start + 4] == b"\0\0\0\1" else 8)
    if found.fields is None:
        return Node(found.kind, data[start : found.end])
    first = found.body + found.fields
    return Node(found.kind, data[start:first], [_node(data, child) for child in found.children])
