# SPDX-License-Identifier: GPL-3.0-or-later
"""The inputs of an edit's modifier, with what an artist reads of them."""

from __future__ import annotations

from typing import Any

from ...core.project.edits import REACH

SHARE, AMOUNT, FEATHER, LEVEL = "Strength", "Amount", "Feather", "Level"
TILT_X, TILT_Y = "Tilt X", "Tilt Y"
KEYED = (SHARE, AMOUNT, FEATHER, LEVEL, TILT_X, TILT_Y)
SOURCE, KIND, PROJECTED, OBJECT = "Source", "Kind", "Projected", "Object"
PICTURES, PAINTED, MASK, LAYER, FOLDER = "Mask Pictures", "Painted Image", "Mask", "Layer", "Folder"

_FLOATS = (
    (SHARE, 1.0, 0.0, 1.0, "How much of the edit is felt: 0 is none of it, 1 all"),
    (
        AMOUNT,
        0.1,
        -4.0,
        4.0,
        "Of an offset: how far things come nearer (above 0) or move back (below 0), in parts of "
        "the depth from Far to Near",
    ),
    (
        FEATHER,
        0.0,
        0.0,
        10.0,
        f"How far beyond its outline the edit fades out: of a mask in picture widths, up to "
        f"{REACH}; of a sphere or box in parts of its size. A painted mask has none",
    ),
    (LEVEL, 0.5, -4.0, 4.0, "Depth that a mask is flattened to: 0 is Far, 1 is Near"),
    (
        TILT_X,
        0.0,
        -8.0,
        8.0,
        "Of a plane: how much nearer it is at the right edge than at the left",
    ),
    (TILT_Y, 0.0, -8.0, 8.0, "Of a plane: how much nearer it is at the top than at the bottom"),
)
_INTEGERS = (
    (SOURCE, 0, "0 a mask, 1 a painted image, 2 a sphere, 3 a box"),
    (KIND, 0, "0 an offset, 1 flattened to one depth, 2 flattened to a plane"),
    ("Offset", 0, "Timeline frame less scene frame"),
    ("First", 1, "The first timeline frame with a picture of the mask"),
    ("Last", 1, "The last timeline frame with a picture of the mask"),
)
_OTHERS = (
    (PROJECTED, "Bool", "All that is seen through the object, whatever its depth, not only what "
     "lies inside it"),
    (OBJECT, "Object", "Its sphere of radius 1 or box from -1 to 1, as its own scale, rotation and "
     "place have it"),
    (PICTURES, "Image", "The mask's pictures in the depth project"),
    (PAINTED, "Image", "A picture painted by hand: red 1 is edited, 0 is not"),
    (MASK, "String", "The mask that the pictures were made of"),
    (LAYER, "String", "The mask's layer; empty: all of them"),
    (FOLDER, "String", "Of the pictures, in the depth project's folder edits"),
)  # fmt: skip


def add_sockets(group: Any) -> None:
    """Give the empty group its inputs and its output. New ones come last: curves go by number."""
    new = group.interface.new_socket
    new("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    new("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    for name, default, least, most, said in _FLOATS:
        item = new(name, in_out="INPUT", socket_type="NodeSocketFloat", description=said)
        item.subtype = "FACTOR" if name == SHARE else "NONE"
        item.default_value, item.min_value, item.max_value = default, least, most
    for name, number, said in _INTEGERS:
        item = new(name, in_out="INPUT", socket_type="NodeSocketInt", description=said)
        item.default_value = number
    for name, kind, said in _OTHERS:
        new(name, in_out="INPUT", socket_type=f"NodeSocket{kind}", description=said)
