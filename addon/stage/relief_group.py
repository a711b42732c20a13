# SPDX-License-Identifier: GPL-3.0-or-later
"""The Geometry Nodes group "Second Eye Relief": a picture plane becomes a relief, or points.

The plane's vertices lie at (u - 0.5, (v - 0.5) * height / width, 0). A relief is parented to the
footage camera without an offset, so its object space is that camera's space: x right, y up, looking
along -z, in scene units.
"""

from __future__ import annotations

from typing import Any

import bpy

from ...core.geometry import END, HORIZON
from .nodes import Socket, Tree

NAME = "Second Eye Relief"
VERSION = 1  # raise it when the nodes change: an older group in a .blend is then left alone
LENS, DEPTH, MATTE, COLOUR = "se_lens", "se_depth", "se_matte", "se_colour"
"""Named attributes for the material: (f/w, f/h, 0), (gain, offset, strength / step),
(matte, angle, near), and the colour of a point."""

MATTE_ANGLE = "Matte Angle"
_DEGREE = 0.017453292519943295
_FLOATS: tuple[tuple[str, float, float, str, str], ...] = (
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
    (
        MATTE_ANGLE,
        3.0 * _DEGREE,
        0.0,
        "ANGLE",
        "View angle at Near where cutting starts",
    ),
    ("Point Size", 1.0, 0.0, "NONE", "Radius of a point: 1 just closes the picture"),
)
_INTEGERS = (
    ("Offset", 0, "Timeline frame less scene frame"),
    ("First", 1, "The shot's first timeline frame"),
    ("Last", 1, "The shot's last timeline frame"),
)


def relief_group() -> bpy.types.NodeTree:
    """The group of this version: found in the file, or built."""
    for found in bpy.data.node_groups:
        if found.get("second_eye_relief") == VERSION:
            return found
    group: Any = bpy.data.node_groups.new(NAME, "GeometryNodeTree")
    group["second_eye_relief"] = VERSION
    group.is_modifier = True
    _sockets(group)
    _nodes(group)
    return group


def _sockets(group: Any) -> None:
    new = group.interface.new_socket
    new("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    new("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    for name, default, least, subtype, description in _FLOATS:
        item = new(name, in_out="INPUT", socket_type="NodeSocketFloat", description=description)
        item.subtype = subtype
        item.default_value, item.min_value = default, least
        if subtype == "FACTOR":
            item.max_value = 1.0
    for name, default, description in _INTEGERS:
        item = new(name, in_out="INPUT", socket_type="NodeSocketInt", description=description)
        item.default_value = default
    for name, kind, description in (
        ("Depth", "NodeSocketImage", "The project's depth sequence"),
        ("Plate", "NodeSocketImage", "The project's plate sequence"),
        ("Relief Material", "NodeSocketMaterial", "Projects the plate through the camera"),
        ("Point Material", "NodeSocketMaterial", "Shows the colour of each point"),
        ("Points", "NodeSocketBool", "A cloud of points instead of a surface"),
    ):
        new(name, in_out="INPUT", socket_type=kind, description=description)


def _nodes(group: bpy.types.NodeTree) -> None:
    t = Tree(group)
    given = t.node("NodeGroupInput").outputs
    x, y, _ = t.separate(t.node("GeometryNodeInputPosition").outputs[0])
    uv = t.combine(
        t.math("ADD", x, 0.5),
        t.math("ADD", t.math("DIVIDE", y, given["Aspect"]), 0.5),
        0.0,
    )
    frame = t.math("FLOOR", t.node("GeometryNodeInputSceneTime").outputs["Frame"])
    number = t.clamp(t.math("ADD", frame, given["Offset"]), given["First"], given["Last"])

    depth = _texture(t, given["Depth"], uv, number, "Closest", "Depth")
    split = t.node("FunctionNodeSeparateColor")
    t.link(depth, split.inputs[0])
    reach = t.math("SUBTRACT", given["High"], given["Low"])
    gain = t.math("DIVIDE", given["Scale"], reach)
    offset = t.math("DIVIDE", t.math("SUBTRACT", given["Shift"], given["Low"]), reach)
    normalised = t.clamp(t.math("MULTIPLY_ADD", split.outputs[0], gain, offset))
    distance = _distance(t, given, normalised)

    wide = t.math("DIVIDE", distance, given["Focal"])
    position = t.combine(
        t.math("MULTIPLY", x, wide),
        t.math("MULTIPLY", y, wide),
        t.math("MULTIPLY", distance, -1.0),
    )
    place = t.node("GeometryNodeSetPosition")
    t.link(given["Geometry"], place.inputs["Geometry"])
    t.link(position, place.inputs["Position"])
    facts = (
        (LENS, t.combine(given["Focal"], t.math("DIVIDE", given["Focal"], given["Aspect"]), 0.0)),
        (DEPTH, t.combine(gain, offset, t.math("DIVIDE", given["Strength"], given["Step"]))),
        (MATTE, t.combine(given["Matte"], given[MATTE_ANGLE], given["Near"])),
    )
    surface = place.outputs[0]
    for name, value in facts:
        surface = _store(t, surface, name, "FLOAT_VECTOR", value)
    points = _points(t, given, position, wide, uv, number)

    choose = t.node("GeometryNodeSwitch", input_type="GEOMETRY")
    t.link(given["Points"], choose.inputs["Switch"])
    t.link(_paint(t, surface, given["Relief Material"]), choose.inputs["False"])
    t.link(points, choose.inputs["True"])
    t.link(choose.outputs[0], t.node("NodeGroupOutput").inputs[0])
    t.arrange()


def _distance(t: Tree, given: Socket, normalised: Socket) -> Socket:
    """Z of core.geometry.inverse_distance, up to the horizon."""
    swing = t.math("SUBTRACT", normalised, 0.5)
    stretched = t.math("MULTIPLY_ADD", swing, given["Strength"], 0.5, label="n'")
    far = t.math("DIVIDE", 1.0, given["Far"])
    near = t.math("DIVIDE", 1.0, given["Near"])
    reach = t.math("SUBTRACT", near, far)
    inverse = t.math("MULTIPLY_ADD", stretched, reach, far, label="1/Z")
    horizon = t.math("MINIMUM", far, t.math("MULTIPLY", near, HORIZON))
    horizon = t.math("MAXIMUM", horizon, t.math("MULTIPLY", near, END))
    return t.math("DIVIDE", 1.0, t.math("MAXIMUM", inverse, horizon), label="Z")


def _points(
    t: Tree, given: Socket, position: Socket, wide: Socket, uv: Socket, number: Socket
) -> Socket:
    """One point a vertex, as large as its cell of the picture is at its distance.

    From the flat plane: the fields here speak of its positions, not of the relief's.
    """
    colour = _texture(t, given["Plate"], uv, number, "Linear", "Plate")
    coloured = _store(t, given["Geometry"], COLOUR, "FLOAT_COLOR", colour)
    cell = _cell(t, given)
    radius = t.math("MULTIPLY", t.math("MULTIPLY", wide, cell), given["Point Size"])
    cloud = t.node("GeometryNodeMeshToPoints")
    t.link(coloured, cloud.inputs["Mesh"])
    t.link(_inside(t, uv), cloud.inputs["Selection"])
    t.link(position, cloud.inputs["Position"])
    t.link(radius, cloud.inputs["Radius"])
    return _paint(t, cloud.outputs[0], given["Point Material"])


def _inside(t: Tree, uv: Socket) -> Socket:
    """Whether a vertex belongs to the picture: the apron around it gets no points."""
    half = t.node("ShaderNodeVectorMath", operation="SUBTRACT")
    t.link(uv, half.inputs[0])
    half.inputs[1].default_value = (0.5, 0.5, 0.0)
    u, v, _ = t.separate(half.outputs[0])
    far = t.math("MAXIMUM", t.math("ABSOLUTE", u), t.math("ABSOLUTE", v))
    return t.math("LESS_THAN", far, 0.50001)


def _cell(t: Tree, given: Socket) -> Socket:
    """Half the diagonal of a cell in picture widths: sqrt(aspect / vertices / 2)."""
    count = t.node("GeometryNodeAttributeDomainSize", component="MESH")
    t.link(given["Geometry"], count.inputs[0])
    area = t.math("DIVIDE", given["Aspect"], count.outputs["Point Count"])
    return t.math("SQRT", t.math("MULTIPLY", area, 0.5))


def _texture(
    t: Tree, image: Socket, uv: Socket, number: Socket, interpolation: str, label: str
) -> Socket:
    node = t.node(
        "GeometryNodeImageTexture", label, interpolation=interpolation, extension="EXTEND"
    )
    t.link(image, node.inputs["Image"])
    t.link(uv, node.inputs["Vector"])
    t.link(number, node.inputs["Frame"])
    return node.outputs["Color"]


def _store(t: Tree, geometry: Socket, name: str, kind: str, value: Socket) -> Socket:
    node = t.node("GeometryNodeStoreNamedAttribute", name, data_type=kind, domain="POINT")
    t.link(geometry, node.inputs["Geometry"])
    t.link(name, node.inputs["Name"])
    t.link(value, node.inputs["Value"])
    return node.outputs["Geometry"]


def _paint(t: Tree, geometry: Socket, material: Socket) -> Socket:
    node = t.node("GeometryNodeSetMaterial")
    t.link(geometry, node.inputs["Geometry"])
    t.link(material, node.inputs["Material"])
    return node.outputs["Geometry"]
