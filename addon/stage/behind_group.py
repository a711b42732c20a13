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

from .curve_nodes import bent
from .nodes import Socket, Tree, stamped_group
from .relief_group import BENT, DEPTH, LENS, MATTE, RANGED, distance, store, switch

NAME, STAMP = "Second Eye Behind", "second_eye_behind"
VERSION = 2  # raise it when the nodes change
RELIEF, COLOUR, INVERSE = "Relief", "Colour", "Depth"
COLUMNS, ROWS, MATERIAL = "Columns", "Rows", "Material"
ROUNDS = 2
"""How many pixels the plate's depth goes on beyond its edge, so that no triangle there leads away
from the background."""
COARSER = 3.0
"""In the viewport only every third column and row is there: a ninth of the time a frame. A plate is
smooth but for its rim, which the material cuts by the pixel."""
_WAITS = "se_plate"


def behind_group() -> bpy.types.NodeTree:
    """The group of this version: found in the file, or built."""
    group, new_one = stamped_group(NAME, STAMP, VERSION)
    if not new_one:
        return group
    new = group.interface.new_socket
    for name, kind, description in (
        (RELIEF, "Object", "The relief that this stands behind: near, far and the like are its"),
        (COLOUR, "Image", "The background's colour; alpha says where there is a plate"),
        (INVERSE, "Image", "The background's inverse depth, in the unit of the project's own"),
        (MATERIAL, "Material", "Projects the background's colour through the camera"),
        ("Aspect", "Float", "Picture height over picture width"),
        (COLUMNS, "Int", "Points across the picture"),
        (ROWS, "Int", "Points up the picture"),
        ("Offset", "Int", "Timeline frame less scene frame"),
        ("First", "Int", "The shot's first timeline frame"),
        ("Last", "Int", "The shot's last timeline frame"),
    ):
        socket = f"NodeSocket{kind}"
        new(name, in_out="INPUT", socket_type=socket, description=description)
    _nodes(group)
    return group


def _nodes(group: bpy.types.NodeTree) -> None:
    t = Tree(group)
    given = t.node("NodeGroupInput").outputs
    relief = t.node("GeometryNodeObjectInfo", RELIEF, transform_space="ORIGINAL")
    t.link(given[RELIEF], relief.inputs["Object"])
    told = {name: _told(t, relief, name) for name in (LENS, DEPTH, MATTE, RANGED, BENT)}
    x, y, uv, grid = _grid(t, given)
    stored, there = _plate(t, given, uv)
    # Carried on beyond the edge: what a point without a plate has of those around it.
    waiting = store(
        t, grid, _WAITS, "FLOAT_VECTOR", t.combine(t.math("MULTIPLY", stored, there), there, 0.0)
    )
    blurred = t.node("GeometryNodeBlurAttribute", "Beyond the edge", data_type="FLOAT_VECTOR")
    source = _named(t, _WAITS)
    t.link(source, _enabled(blurred.inputs, "Value"))
    t.link(ROUNDS, blurred.inputs["Iterations"])
    total, weight, _ = t.separate(_enabled(blurred.outputs, "Value"))
    own, is_own, _ = t.separate(source)
    carried = t.math("DIVIDE", total, t.math("MAXIMUM", weight, 1e-9))
    value = switch(t, "FLOAT", t.math("GREATER_THAN", is_own, 0.5), own, carried)

    gain, offset, _ = t.separate(told[DEPTH])
    estimated = t.clamp(t.math("MULTIPLY_ADD", value, gain, offset))
    bias, contrast, _ = t.separate(told[BENT])
    near, far, strength = t.separate(told[RANGED])
    scale = {"Near": near, "Far": far, "Strength": strength}
    away = distance(t, scale, bent(t, estimated, bias, contrast))
    wide = t.math("DIVIDE", away, t.separate(told[LENS])[0])
    position = t.combine(
        t.math("MULTIPLY", x, wide), t.math("MULTIPLY", y, wide), t.math("MULTIPLY", away, -1.0)
    )
    for name in (LENS, MATTE):
        waiting = store(t, waiting, name, "FLOAT_VECTOR", told[name])
    # A relief of an older build tells no range: then nothing is shown, rather than something wrong.
    lacking = t.math("MULTIPLY", t.math("LESS_THAN", weight, 1e-9), 1.0)
    lacking = t.math("MAXIMUM", lacking, t.math("LESS_THAN", near, 1e-9))
    place = t.node("GeometryNodeSetPosition")
    t.link(waiting, place.inputs["Geometry"])
    t.link(position, place.inputs["Position"])
    t.link(t.math("SUBTRACT", 1.0, lacking), place.inputs["Selection"])
    # Looked at before the points move: fields speak of the geometry that they are used on, and
    # what is named on the grid goes with it.
    gone = t.node("GeometryNodeDeleteGeometry", domain="POINT")
    t.link(place.outputs[0], gone.inputs["Geometry"])
    t.link(lacking, gone.inputs["Selection"])
    clean = t.node("GeometryNodeRemoveAttribute")
    t.link(gone.outputs[0], clean.inputs["Geometry"])
    t.link(_WAITS, clean.inputs["Name"])
    painted = t.node("GeometryNodeSetMaterial")
    t.link(clean.outputs[0], painted.inputs["Geometry"])
    t.link(given[MATERIAL], painted.inputs["Material"])
    t.link(painted.outputs[0], t.node("NodeGroupOutput").inputs[0])
    t.arrange()


def _grid(t: Tree, given: Any) -> tuple[Socket, Socket, Socket, Socket]:
    """x and y on the picture plane, (u, v, 0), and the grid: points by the middles of pixels."""
    grid = t.node("GeometryNodeMeshGrid")
    viewport = t.node("GeometryNodeIsViewport").outputs[0]
    counts, inner = {}, {}
    for name in (COLUMNS, ROWS):
        few = t.math("CEIL", t.math("DIVIDE", given[name], COARSER))
        few = t.math("MAXIMUM", few, 2.0)
        counts[name] = switch(t, "INT", viewport, few, given[name])
        inner[name] = t.math("SUBTRACT", 1.0, t.math("DIVIDE", 1.0, counts[name]))
    t.link(inner[COLUMNS], grid.inputs["Size X"])
    t.link(t.math("MULTIPLY", inner[ROWS], given["Aspect"]), grid.inputs["Size Y"])
    t.link(counts[COLUMNS], grid.inputs["Vertices X"])
    t.link(counts[ROWS], grid.inputs["Vertices Y"])
    x, y, _ = t.separate(t.node("GeometryNodeInputPosition").outputs[0])
    v = t.math("ADD", t.math("DIVIDE", y, given["Aspect"]), 0.5)
    return x, y, t.combine(t.math("ADD", x, 0.5), v, 0.0), grid.outputs["Mesh"]


def _plate(t: Tree, given: Any, uv: Socket) -> tuple[Socket, Socket]:
    """V, and 1 where there is a plate. A picture that can't be read is none: nothing is shown."""
    frame = t.math("FLOOR", t.node("GeometryNodeInputSceneTime").outputs["Frame"])
    number = t.clamp(t.math("ADD", frame, given["Offset"]), given["First"], given["Last"])
    read = {}
    for name in (COLOUR, INVERSE):
        node = t.node("GeometryNodeImageTexture", name, interpolation="Closest", extension="EXTEND")
        t.link(given[name], node.inputs["Image"])
        t.link(uv, node.inputs["Vector"])
        t.link(number, node.inputs["Frame"])
        read[name] = node.outputs
    split = t.node("FunctionNodeSeparateColor")
    t.link(read[INVERSE]["Color"], split.inputs[0])
    both = t.math("MINIMUM", read[COLOUR]["Alpha"], read[INVERSE]["Alpha"])
    return split.outputs[0], t.math("GREATER_THAN", both, 0.5)


def _told(t: Tree, relief: Any, name: str) -> Socket:
    """One of the relief's attributes that are the same at all its points."""
    sample = t.node("GeometryNodeSampleIndex", name, data_type="FLOAT_VECTOR", domain="POINT")
    t.link(relief.outputs["Geometry"], sample.inputs["Geometry"])
    t.link(_named(t, name), _enabled(sample.inputs, "Value"))
    return _enabled(sample.outputs, "Value")


def _named(t: Tree, name: str) -> Socket:
    node = t.node("GeometryNodeInputNamedAttribute", name, data_type="FLOAT_VECTOR")
    t.link(name, node.inputs["Name"])
    return _enabled(node.outputs, "Attribute")


def _enabled(sockets: Any, name: str) -> Socket:
    """Of the sockets of one name for different types the one that is in use."""
    return next(s for s in sockets if s.name == name and s.enabled)
