# SPDX-License-Identifier: GPL-3.0-or-later
"""The Geometry Nodes group "Second Eye Behind": the background plate that a step opens on.

A grid of its own, one point by the middle of each pixel of the plate's pictures, since a relief
has few points where its foreground is even. How far it lies is reckoned from what the relief tells
in each frame (attributes of its evaluated geometry): near, far, strength, curve, scale, shift and
range are the relief's, keys and all.
"""

from __future__ import annotations

from typing import Any

import bpy

from ..steps import Steps
from .curve_nodes import bent
from .nodes import Socket, Tree, stamped_group
from .relief_group import BENT, DEPTH, LENS, MATTE, RANGED, distance, store, switch

NAME, STAMP = "Second Eye Behind", "second_eye_behind"
VERSION = 3  # raise it when the nodes change
RELIEF, COLOUR, INVERSE, ESTIMATED = "Relief", "Colour", "Depth", "Picture Depth"
COLUMNS, ROWS, MATERIAL, FINEST = "Columns", "Rows", "Material", "Finest"
CARRIED = "se_behind"
"""Named attribute for the material: the plate's colour times how much of a plate there is, and that
as its alpha: 1 at a point of the plate, less by its edge, 0 elsewhere."""
ROUNDS = 2
"""How many points the plate goes on beyond its edge, so that no triangle there leads away
from the background."""
COARSER = 3.0
"""In the viewport only every third column and row is there: a ninth of the time a frame. A plate is
smooth but for its rim, which the material cuts by the pixel."""
APRON = 0.15
"""How far the outermost points lie beyond the picture's edges, in picture widths: what an eye
beside the footage camera sees there."""
_BEYOND = 1.01
"""The grid lies so many times as far as its depth says: behind the relief's triangles, which miss a
little of it; and of two surfaces in one place, both partly transparent, Cycles loses one."""
_WAITS = "se_plate"


def behind_group_steps() -> Steps[bpy.types.NodeTree]:
    """The group of this version: found in the file, or built; one that isn't built to its end is
    removed again."""
    group, new_one = stamped_group(NAME, STAMP, VERSION)
    if not new_one:
        return group
    new = group.interface.new_socket
    for name, kind, description in (
        (RELIEF, "Object", "The relief that this stands behind: near, far and the like are its"),
        (COLOUR, "Image", "The background's colour; alpha says where there is a plate"),
        (INVERSE, "Image", "The background's inverse depth, in the unit of the project's own"),
        (ESTIMATED, "Image", "The project's own inverse depth, for what lies around the plate"),
        (MATERIAL, "Material", "Projects the background's colour through the camera"),
        ("Aspect", "Float", "Picture height over picture width"),
        (COLUMNS, "Int", "Points across the picture"),
        (ROWS, "Int", "Points up the picture"),
        (FINEST, "Bool", "All points in the viewport, too"),
        ("Offset", "Int", "Timeline frame less scene frame"),
        ("First", "Int", "The shot's first timeline frame"),
        ("Last", "Int", "The shot's last timeline frame"),
    ):
        socket = f"NodeSocket{kind}"
        new(name, in_out="INPUT", socket_type=socket, description=description)
    try:
        yield
        yield from _nodes(group)
    except BaseException:
        bpy.data.node_groups.remove(group)
        raise
    return group


def _nodes(group: bpy.types.NodeTree) -> Steps[None]:
    t = Tree(group)
    given = t.node("NodeGroupInput").outputs
    relief = t.node("GeometryNodeObjectInfo", RELIEF, transform_space="ORIGINAL")
    t.link(given[RELIEF], relief.inputs["Object"])
    told = {name: _told(t, relief, name) for name in (LENS, DEPTH, MATTE, RANGED, BENT)}
    yield
    x, y, uv, grid = _grid(t, given)
    yield
    stored, there, colour, estimated = _pictures(t, given, uv)
    yield
    waiting, value, weight, shown = _carried(t, grid, stored, there, colour)
    yield

    gain, offset, _ = t.separate(told[DEPTH])
    covered = t.math("GREATER_THAN", weight, 1e-9)
    value = switch(t, "FLOAT", covered, value, estimated)
    normalised = t.clamp(t.math("MULTIPLY_ADD", value, gain, offset))
    bias, contrast, _ = t.separate(told[BENT])
    near, far, strength = t.separate(told[RANGED])
    scale = {"Near": near, "Far": far, "Strength": strength}
    away = distance(t, scale, bent(t, normalised, bias, contrast))
    # A relief of an older build tells no range: then nothing is shown, rather than something wrong.
    known = t.math("MULTIPLY", t.math("GREATER_THAN", near, 1e-9), _BEYOND)
    away = t.math("MULTIPLY", away, known)
    wide = t.math("DIVIDE", away, t.separate(told[LENS])[0])
    position = t.combine(
        t.math("MULTIPLY", x, wide), t.math("MULTIPLY", y, wide), t.math("MULTIPLY", away, -1.0)
    )
    yield
    # Before the points move: fields speak of the geometry that they are used on.
    for name in (LENS, MATTE):
        waiting = store(t, waiting, name, "FLOAT_VECTOR", told[name])
    waiting = store(t, waiting, CARRIED, "FLOAT_COLOR", shown)
    yield
    place = t.node("GeometryNodeSetPosition")
    t.link(waiting, place.inputs["Geometry"])
    t.link(position, place.inputs["Position"])
    clean = t.node("GeometryNodeRemoveAttribute")
    t.link(place.outputs[0], clean.inputs["Geometry"])
    t.link(_WAITS, clean.inputs["Name"])
    painted = t.node("GeometryNodeSetMaterial")
    t.link(clean.outputs[0], painted.inputs["Geometry"])
    t.link(given[MATERIAL], painted.inputs["Material"])
    t.link(painted.outputs[0], t.node("NodeGroupOutput").inputs[0])
    t.arrange()


def _grid(t: Tree, given: Any) -> tuple[Socket, Socket, Socket, Socket]:
    """x and y on the picture plane, (u, v, 0), and the grid: points by the middles of pixels, and
    around them one row and column more, which lie `APRON` beyond the picture's edges."""
    grid = t.node("GeometryNodeMeshGrid")
    few_will_do = t.node("GeometryNodeIsViewport").outputs[0]
    few_will_do = switch(t, "BOOLEAN", given[FINEST], False, few_will_do)
    counts, cell = {}, {}
    for name in (COLUMNS, ROWS):
        few = t.math("CEIL", t.math("DIVIDE", given[name], COARSER))
        few = t.math("MAXIMUM", few, 2.0)
        counts[name] = switch(t, "INT", few_will_do, few, given[name])
        cell[name] = t.math("DIVIDE", 1.0, counts[name])
    t.link(t.math("ADD", 1.0, cell[COLUMNS]), grid.inputs["Size X"])
    high = t.math("MULTIPLY", t.math("ADD", 1.0, cell[ROWS]), given["Aspect"])
    t.link(high, grid.inputs["Size Y"])
    t.link(t.math("ADD", counts[COLUMNS], 2.0), grid.inputs["Vertices X"])
    t.link(t.math("ADD", counts[ROWS], 2.0), grid.inputs["Vertices Y"])
    x, y, _ = t.separate(t.node("GeometryNodeInputPosition").outputs[0])
    x = _apart(t, x, 0.5)
    y = _apart(t, y, t.math("MULTIPLY", given["Aspect"], 0.5))
    v = t.math("ADD", t.math("DIVIDE", y, given["Aspect"]), 0.5)
    return x, y, t.combine(t.math("ADD", x, 0.5), v, 0.0), grid.outputs["Mesh"]


def _apart(t: Tree, place: Socket, half: Any) -> Socket:
    """``place``, `APRON` farther out where it is beyond ``half``."""
    outside = t.math("GREATER_THAN", t.math("ABSOLUTE", place), half)
    outside = t.math("MULTIPLY", outside, t.math("SIGN", place))
    return t.math("MULTIPLY_ADD", outside, APRON, place)


def _pictures(t: Tree, given: Any, uv: Socket) -> tuple[Socket, Socket, Socket, Socket]:
    """V, 1 where there is a plate, its colour, and the picture's own V. A picture that can't be
    read is no plate."""
    frame = t.math("FLOOR", t.node("GeometryNodeInputSceneTime").outputs["Frame"])
    number = t.clamp(t.math("ADD", frame, given["Offset"]), given["First"], given["Last"])
    read = {}
    for name in (COLOUR, INVERSE, ESTIMATED):
        node = t.node("GeometryNodeImageTexture", name, interpolation="Closest", extension="EXTEND")
        t.link(given[name], node.inputs["Image"])
        t.link(uv, node.inputs["Vector"])
        t.link(number, node.inputs["Frame"])
        read[name] = node.outputs
    both = t.math("MINIMUM", read[COLOUR]["Alpha"], read[INVERSE]["Alpha"])
    there = t.math("GREATER_THAN", both, 0.5)
    return (
        _first(t, read[INVERSE]["Color"]),
        there,
        read[COLOUR]["Color"],
        _first(t, read[ESTIMATED]["Color"]),
    )


def _first(t: Tree, colour: Socket) -> Socket:
    split = t.node("FunctionNodeSeparateColor")
    t.link(colour, split.inputs[0])
    return split.outputs[0]


def _carried(
    t: Tree, grid: Socket, stored: Socket, there: Socket, colour: Socket
) -> tuple[Socket, Socket, Socket, Socket]:
    """The grid, its V carried on beyond the plate's edge, how much of a plate there is by each
    point, and its colour as in `CARRIED`."""
    split = t.node("FunctionNodeSeparateColor")
    t.link(colour, split.inputs[0])
    parts = [t.math("MULTIPLY", part, there) for part in split.outputs[:3]]
    waiting = store(
        t, grid, _WAITS, "FLOAT_VECTOR", t.combine(t.math("MULTIPLY", stored, there), there, 0.0)
    )
    waiting = store(t, waiting, CARRIED, "FLOAT_COLOR", _colour(t, parts, there))
    total, weight, _ = t.separate(_blurred(t, "FLOAT_VECTOR", _WAITS))
    own, is_own, _ = t.separate(_named(t, _WAITS))
    beyond = t.math("DIVIDE", total, t.math("MAXIMUM", weight, 1e-9))
    inside = t.math("GREATER_THAN", is_own, 0.5)
    shown = switch(
        t, "RGBA", inside, _named(t, CARRIED, "FLOAT_COLOR"), _blurred(t, "FLOAT_COLOR", CARRIED)
    )
    return waiting, switch(t, "FLOAT", inside, own, beyond), weight, shown


def _blurred(t: Tree, kind: str, name: str) -> Socket:
    node = t.node("GeometryNodeBlurAttribute", "Beyond the edge", data_type=kind)
    t.link(_named(t, name, kind), _enabled(node.inputs, "Value"))
    t.link(ROUNDS, node.inputs["Iterations"])
    return _enabled(node.outputs, "Value")


def _colour(t: Tree, parts: list[Socket], alpha: Socket) -> Socket:
    node = t.node("FunctionNodeCombineColor")
    for value, target in zip((*parts, alpha), node.inputs, strict=True):
        t.link(value, target)
    return node.outputs[0]


def _told(t: Tree, relief: Any, name: str) -> Socket:
    """One of the relief's attributes that are the same at all its points."""
    sample = t.node("GeometryNodeSampleIndex", name, data_type="FLOAT_VECTOR", domain="POINT")
    t.link(relief.outputs["Geometry"], sample.inputs["Geometry"])
    t.link(_named(t, name), _enabled(sample.inputs, "Value"))
    return _enabled(sample.outputs, "Value")


def _named(t: Tree, name: str, kind: str = "FLOAT_VECTOR") -> Socket:
    node = t.node("GeometryNodeInputNamedAttribute", name, data_type=kind)
    t.link(name, node.inputs["Name"])
    return _enabled(node.outputs, "Attribute")


def _enabled(sockets: Any, name: str) -> Socket:
    """Of the sockets of one name for different types the one that is in use."""
    return next(s for s in sockets if s.name == name and s.enabled)
