# SPDX-License-Identifier: GPL-3.0-or-later
"""The inputs of the Geometry Nodes group "Second Eye Relief", with what an artist reads of them."""

from __future__ import annotations

from typing import Any

from ...core.geometry import MOST_BENT

MATTE_ANGLE = "Matte Angle"
BIAS, CONTRAST = "Bias", "Contrast"
RANGE = ("Near", "Far", "Strength", BIAS, CONTRAST)
"""What makes a distance of a normalised inverse depth; `core.project.Shot` has the same names."""
REPAIR, SPLIT, DEPTH_VIEW = "Repair", "Split", "Depth View"
RAW, POINTS, EDITED, LAYERED = "Raw Depth", "Points", "Edited", "Layered"
VIEWPORT_LEVEL, RENDER_LEVEL, LEVELS = "Viewport Level", "Render Level", "Levels"
AUTO_VIEWPORT, AUTO_RENDER = "Auto Viewport", "Auto Render"
COARSER = tuple(f"Level {number}" for number in range(1, 6))
"""Objects that hold the coarser levels' meshes, the coarsest first. The finest is the relief's own
mesh, so that a grid needs none."""
_DEGREE = 0.017453292519943295
Row = tuple[str, float, float, str, str]
"""Name, default, least value, subtype, tooltip."""

_FLOATS: tuple[Row, ...] = (
    ("Scale", 1.0, -1e9, "NONE", "Inverse depth is Scale * V + Shift, V the depth file's value"),
    ("Shift", 0.0, -1e9, "NONE", "Inverse depth is Scale * V + Shift, V the depth file's value"),
    ("Low", 0.0, -1e9, "NONE", "Inverse depth that lands on Far"),
    ("High", 1.0, -1e9, "NONE", "Inverse depth that lands on Near"),
    ("Near", 2.0, 1e-4, "DISTANCE", "Distance of the shot's nearest point"),
    ("Far", 20.0, 1e-4, "DISTANCE", "Distance of the shot's farthest point"),
    ("Strength", 1.0, 0.0, "NONE", "0 is a flat card, 1 the depth as estimated"),
    ("Focal", 1.0, 1e-4, "NONE", "Focal length over sensor width of the footage camera"),
    ("Aspect", 1.0, 1e-6, "NONE", "Picture height over picture width"),
    ("Step", 0.08, 1e-6, "NONE", "Change of normalised depth between neighbours that is a step"),
    ("Matte", 1.0, 0.0, "FACTOR", "How far steps are cut away; 0 keeps the surface whole"),
    (MATTE_ANGLE, 3.0 * _DEGREE, 0.0, "ANGLE", "View angle at Near where cutting starts"),
    (
        "Point Size",
        1.5,
        0.0,
        "NONE",
        "Radius of a point: 1 just closes the picture for the footage camera, more also beside it",
    ),
)
_COMPARISON: tuple[Row, ...] = (
    (
        REPAIR,
        1.0,
        0.0,
        "FACTOR",
        "1 shows the repaired depth, 0 the network's own; give it keys to see before and after. "
        "Does nothing where the project keeps no raw depth (folder base)",
    ),
    (
        SPLIT,
        0.0,
        0.0,
        "FACTOR",
        "Left of this place in the picture the network's own depth is shown, right of it the "
        "repaired one; 0 is off",
    ),
    (
        DEPTH_VIEW,
        0.0,
        0.0,
        "FACTOR",
        "Shows the depth in colours in place of the footage: violet is far, yellow is near",
    ),
)
_CURVE: tuple[Row, ...] = (
    (
        BIAS,
        0.0,
        -MOST_BENT,
        "NONE",
        "Depth curve: above 0 what lies between Near and Far comes nearer, below 0 it moves back; "
        "both ends stay. -0.98 to 0.98, 0 leaves the depth as it is",
    ),
    (
        CONTRAST,
        0.0,
        -MOST_BENT,
        "NONE",
        "Depth curve: above 0 the middle distances get more of the depth and both ends less, below "
        "0 the reverse. -0.98 to 0.98, 0 leaves the depth as it is",
    ),
)
_INTEGERS = (
    ("Offset", 0, "Timeline frame less scene frame"),
    ("First", 1, "The shot's first timeline frame"),
    ("Last", 1, "The shot's last timeline frame"),
)


_DETAIL = (
    (
        VIEWPORT_LEVEL,
        0,
        "Level of detail in the viewport: 1 is the coarsest, 0 takes the one whose error stays "
        "below an eighth of a pixel of disparity",
    ),
    (
        RENDER_LEVEL,
        0,
        "Level of detail in renders: 1 is the coarsest, 0 takes the one whose error stays below a "
        "thirty-second of a pixel of disparity. Keys on it would make a rendered shot jump",
    ),
    (LEVELS, 1, "How many levels of detail there are"),
    (AUTO_VIEWPORT, 1, "The level that 0 stands for in the viewport"),
    (AUTO_RENDER, 1, "The level that 0 stands for in renders"),
)


def add_sockets(group: Any) -> None:
    """Give the empty group its inputs and its output."""
    new = group.interface.new_socket
    new("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    new("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    for row in _FLOATS:
        _float(new, *row)
    for name, default, description in _INTEGERS:
        _integer(new, name, default, description)
    for name, kind, description in (
        ("Depth", "NodeSocketImage", "The project's depth sequence"),
        ("Plate", "NodeSocketImage", "The project's plate sequence"),
        ("Relief Material", "NodeSocketMaterial", "Projects the plate through the camera"),
        ("Point Material", "NodeSocketMaterial", "The same, on points"),
        (POINTS, "NodeSocketBool", "A cloud of points instead of a surface"),
        # New inputs come last: the ones before keep their identifiers, which curves go by.
        (RAW, "NodeSocketImage", "The depth before repair; without one, the project's depth again"),
    ):
        new(name, in_out="INPUT", socket_type=kind, description=description)
    for row in _COMPARISON:
        _float(new, *row)
    for name, default, description in _DETAIL:
        _integer(new, name, default, description).min_value = default
    for name in COARSER:
        said = "Holds the mesh of a coarser level of detail"
        new(name, in_out="INPUT", socket_type="NodeSocketObject", description=said)
    for row in _CURVE:
        _float(new, *row).max_value = MOST_BENT
    said = "Stores what depth edits begin with; switched on by Add Depth Edit"
    new(EDITED, in_out="INPUT", socket_type="NodeSocketBool", description=said)
    said = "Tells the plate behind what makes a distance of its depth; switched on by Make Layers"
    new(LAYERED, in_out="INPUT", socket_type="NodeSocketBool", description=said)


def _integer(new: Any, name: str, default: int, description: str) -> Any:
    item = new(name, in_out="INPUT", socket_type="NodeSocketInt", description=description)
    item.default_value = default
    return item


def _float(
    new: Any, name: str, default: float, least: float, subtype: str, description: str
) -> Any:
    item = new(name, in_out="INPUT", socket_type="NodeSocketFloat", description=description)
    item.subtype = subtype
    item.default_value, item.min_value = default, least
    if subtype == "FACTOR":
        item.max_value = 1.0
    return item
