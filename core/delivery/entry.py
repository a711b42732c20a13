# SPDX-License-Identifier: GPL-3.0-or-later
"""The video track's sample entry in a `moov`: found, and given its boxes."""

from __future__ import annotations

from collections.abc import Sequence

from .boxes.build import Node
from .boxes.errors import BoxError
from .spatial import KINDS

# Google's first way (Spherical Video V1): XML in a box of the track, which contradicts the new one.
SPHERICAL_V1 = bytes.fromhex("ffcc8263f8554a938814587a02521fdd")
_CONFIGURATIONS = ("hvcC", "lhvC")


def video_entries(moov: Node, name: str) -> list[Node]:
    """The sample entries of the first video track. Raises BoxError where there is none."""
    for track in moov.all("trak"):
        handler = track.find("mdia", "hdlr")
        if handler is None or handler.data[8:12] != b"vide":
            continue
        stsd = track.find("mdia", "minf", "stbl", "stsd")
        entries = [e for e in (stsd.children if stsd else None) or () if e.children is not None]
        if entries:
            return entries
    raise BoxError(f"{name} has no video track: give a movie.")


def drop_spherical_v1(moov: Node) -> None:
    """Take XML of Spherical Video V1 out of every track."""
    for track in moov.all("trak"):
        track.children = [
            child
            for child in track.children or ()
            if not (child.kind == "uuid" and child.data.startswith(SPHERICAL_V1))
        ]


def set_spatial(entry: Node, boxes: Sequence[Node]) -> None:
    """Replace what the entry tells of stereo and projection."""
    children = [child for child in entry.children or () if child.kind not in KINDS]
    entry.children = [*children, *boxes]


def set_configurations(entry: Node, base: bytes, second: bytes) -> None:
    """Replace hvcC, and put lhvC behind it."""
    children = [child for child in entry.children or () if child.kind not in _CONFIGURATIONS]
    entry.children = [Node("hvcC", base), Node("lhvC", second), *children]
    entry.kind = "hvc1"  # parameter sets stand in the entry alone
