# SPDX-License-Identifier: GPL-3.0-or-later
"""HDR10's metadata as boxes of a sample entry (ISO/IEC 14496-12, 12.1.6 and 12.1.7)."""

from __future__ import annotations

import struct

from ..media import ColourTags
from .boxes import Node

KINDS = ("mdcv", "clli")


def mastering_boxes(colour: ColourTags) -> list[Node]:
    """mdcv: x and y of green, blue, red and white in 1/50000, the brightest and the darkest
    luminance in 0.0001 cd/m2; clli: MaxCLL and MaxFALL in cd/m2. None of what isn't known."""
    boxes = []
    if colour.mastering:
        red, green, blue, white = (colour.mastering[i : i + 2] for i in (0, 2, 4, 6))
        places = struct.pack(">8H", *green, *blue, *red, *white)
        boxes.append(Node("mdcv", places + struct.pack(">2I", *colour.mastering[8:])))
    if colour.light:
        boxes.append(Node("clli", struct.pack(">2H", *(min(v, 65535) for v in colour.light))))
    return boxes


def set_mastering(entry: Node, boxes: list[Node]) -> None:
    """Put ``boxes`` behind what the entry tells of colour, in place of those it had."""
    kinds = [box.kind for box in boxes]
    children = [child for child in entry.children or () if child.kind not in kinds]
    at = next((i for i, child in enumerate(children, 1) if child.kind == "colr"), len(children))
    entry.children = [*children[:at], *boxes, *children[at:]]
