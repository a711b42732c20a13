# SPDX-License-Identifier: GPL-3.0-or-later
"""Geometry Nodes groups that turn a relief into what other programs can read.

A relief's material projects the plate and cuts steps pixel by pixel; files know neither. So an
export gets texture coordinates, a colour on every point, and loses the faces that span a step.
"""

from __future__ import annotations

from typing import Any

import bpy

from .behind_group import CARRIED
from .nodes import Socket, Tree
from .relief_group import BENT, COMPARE, CUT, DEPTH, FLAT, LENS, MATTE, NORMALISED, RADIUS, RANGED

UV_MAP, COLOUR = "UVMap", "displayColor"
"""Attributes of what is exported; USD knows the second by that name."""
STEEPEST = 8.0
"""Change of near / Z over a picture's width from which on a face spans a step."""
_PLACE, _SLOPE, _OUTSIDE, _BARE = "se_place", "se_slope", "se_outside", "se_bare"
_OWN = (
    _PLACE,
    _SLOPE,
    _OUTSIDE,
    _BARE,
    CARRIED,
    LENS,
    DEPTH,
    MATTE,
    COMPARE,
    NORMALISED,
    RADIUS,
    RANGED,
    FLAT,
    CUT,
    BENT,
)


def surface_group(
    plate: bpy.types.Image, by_corner: bool, covered: bool = False
) -> bpy.types.NodeTree:
    """To follow a relief's own group, or a background plate's, in the footage camera's axes.
    Inputs: Offset, First, Last as the relief's; Cut, whether faces across steps go.

    ``by_corner``: 8-bit colours of faces' corners, the only ones that Alembic's exporter writes;
    ``covered``: faces go where ``plate`` has an alpha of 0.
    """
    group, t = _group("Second Eye Export Surface")
    for name, kind in (("Offset", "Int"), ("First", "Int"), ("Last", "Int"), ("Cut", "Bool")):
        group.interface.new_socket(name, in_out="INPUT", socket_type=f"NodeSocket{kind}")
    given = t.node("NodeGroupInput").outputs
    place = t.node("GeometryNodeInputPosition").outputs[0]
    x, y, z = t.separate(place)
    across, upward, _ = t.separate(_named(t, LENS))
    distance = t.math("MULTIPLY", z, -1.0)
    # The picture plane in picture widths, and u, v.
    wide = t.math("MULTIPLY", t.math("DIVIDE", x, distance), across)
    high = t.math("MULTIPLY", t.math("DIVIDE", y, distance), across)
    v = t.math("MULTIPLY", t.math("DIVIDE", y, distance), upward)
    uv = t.combine(t.math("ADD", wide, 0.5), t.math("ADD", v, 0.5), 0.0)
    # Readers of PLY may want faces of one kind, and a plate is a grid.
    triangles = t.node("GeometryNodeTriangulate")
    t.link(given["Geometry"], triangles.inputs[0])
    told = _store(t, triangles.outputs[0], _PLACE, "FLOAT_VECTOR", "POINT", place)
    told = _store(t, told, UV_MAP, "FLOAT2", "CORNER", uv)
    kind, domain = ("BYTE_COLOR", "CORNER") if by_corner else ("FLOAT_COLOR", "POINT")
    shown = _shown(t, given, plate, uv, "Closest" if covered else "Linear")
    colour = _carried(t) if covered else shown["Color"]
    told = _store(t, told, COLOUR, kind, domain, colour)
    if covered:
        bare = t.math("LESS_THAN", shown["Alpha"], 0.5)
        told = _store(t, told, _BARE, "FLOAT", "FACE", bare)
    # A face's middle lies outside the picture: the apron, which shows nothing of its own.
    u, v, _ = t.separate(t.vector("ABSOLUTE", t.combine(wide, v, 0.0)).outputs["Vector"])
    outside = t.math("GREATER_THAN", t.math("MAXIMUM", u, v), 0.5)
    told = _store(t, told, _OUTSIDE, "FLOAT", "FACE", outside)
    # Laid out as (x, y) in the picture and near / Z, a face's normal tells how fast that changes.
    near = t.separate(_named(t, MATTE))[2]
    laid = t.node("GeometryNodeSetPosition")
    t.link(told, laid.inputs["Geometry"])
    t.link(t.combine(wide, high, t.math("DIVIDE", near, distance)), laid.inputs["Position"])
    nx, ny, nz = t.separate(t.node("GeometryNodeInputNormal").outputs[0])
    sideways = t.vector("LENGTH", t.combine(nx, ny, 0.0)).outputs["Value"]
    slope = t.math("DIVIDE", sideways, t.math("MAXIMUM", t.math("ABSOLUTE", nz), 1e-9))
    told = _store(t, laid.outputs[0], _SLOPE, "FLOAT", "FACE", slope)
    back = t.node("GeometryNodeSetPosition")
    t.link(told, back.inputs["Geometry"])
    t.link(_named(t, _PLACE), back.inputs["Position"])
    steep = t.math("MULTIPLY", t.math("GREATER_THAN", _number(t, _SLOPE), STEEPEST), given["Cut"])
    gone = t.node("GeometryNodeDeleteGeometry", domain="FACE")
    t.link(back.outputs[0], gone.inputs["Geometry"])
    nothing = t.math("MAXIMUM", _number(t, _OUTSIDE), _number(t, _BARE))
    t.link(t.math("MAXIMUM", steep, nothing), gone.inputs["Selection"])
    clean = gone.outputs[0]
    for name in _OWN:
        remove = t.node("GeometryNodeRemoveAttribute")
        t.link(clean, remove.inputs["Geometry"])
        t.link(name, remove.inputs["Name"])
        clean = remove.outputs[0]
    t.link(clean, t.node("NodeGroupOutput").inputs[0])
    t.arrange()
    return group


def world_group(relief: bpy.types.Object) -> bpy.types.NodeTree:
    """For an object at the origin: the geometry of ``relief`` in world space."""
    group, t = _group("Second Eye Export World")
    t.node("NodeGroupInput")
    info = t.node("GeometryNodeObjectInfo", transform_space="RELATIVE")
    t.link(relief, info.inputs["Object"])
    t.link(info.outputs["Geometry"], t.node("NodeGroupOutput").inputs[0])
    t.arrange()
    return group


def _group(name: str) -> tuple[bpy.types.NodeTree, Tree]:
    group: Any = bpy.data.node_groups.new(name, "GeometryNodeTree")
    group.is_modifier = True
    for way in ("OUTPUT", "INPUT"):
        group.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    return group, Tree(group)


def _shown(t: Tree, given: Socket, plate: bpy.types.Image, uv: Socket, interpolation: str) -> Any:
    frame = t.math("FLOOR", t.node("GeometryNodeInputSceneTime").outputs["Frame"])
    number = t.clamp(t.math("ADD", frame, given["Offset"]), given["First"], given["Last"])
    texture = t.node("GeometryNodeImageTexture", interpolation=interpolation, extension="EXTEND")
    t.link(plate, texture.inputs["Image"])
    t.link(uv, texture.inputs["Vector"])
    t.link(number, texture.inputs["Frame"])
    return texture.outputs


def _carried(t: Tree) -> Socket:
    """A plate's colour at its points, and beyond its edge, where its pictures have none."""
    node = t.node("GeometryNodeInputNamedAttribute", CARRIED, data_type="FLOAT_COLOR")
    t.link(CARRIED, node.inputs["Name"])
    times = next(s for s in node.outputs if s.name == "Attribute" and s.enabled)
    split, whole = t.node("FunctionNodeSeparateColor"), t.node("FunctionNodeCombineColor")
    t.link(times, split.inputs[0])
    share = t.math("MAXIMUM", split.outputs[3], 1e-6)
    for number in range(3):
        t.link(t.math("DIVIDE", split.outputs[number], share), whole.inputs[number])
    return whole.outputs[0]


def _named(t: Tree, name: str) -> Socket:
    node = t.node("GeometryNodeInputNamedAttribute", name, data_type="FLOAT_VECTOR")
    t.link(name, node.inputs["Name"])
    return node.outputs["Attribute"]


def _number(t: Tree, name: str) -> Socket:
    node = t.node("GeometryNodeInputNamedAttribute", name, data_type="FLOAT")
    t.link(name, node.inputs["Name"])
    return node.outputs["Attribute"]


def _store(t: Tree, geometry: Socket, name: str, kind: str, domain: str, value: Socket) -> Socket:
    node = t.node("GeometryNodeStoreNamedAttribute", name, data_type=kind, domain=domain)
    t.link(geometry, node.inputs["Geometry"])
    t.link(name, node.inputs["Name"])
    t.link(value, node.inputs["Value"])
    return node.outputs["Geometry"]
