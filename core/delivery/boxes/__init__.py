# SPDX-License-Identifier: GPL-3.0-or-later
"""ISO BMFF boxes: read strictly, changed in place, written again."""

from .build import Node, box, full_box, parse
from .edit import rewrite
from .errors import BoxError
from .read import Box, BoxFile, looks_like_boxes

__all__ = [
    "Box",
    "BoxError",
    "BoxFile",
    "Node",
    "box",
    "full_box",
    "looks_like_boxes",
    "parse",
    "rewrite",
]
