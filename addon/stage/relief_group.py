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
from ..steps import Steps, at_once
from .curve_nodes import bent
from .group_inputs import (
    AUTO_RENDER,
    AUTO_VIEWPORT,
    BIAS,
    COARSER,
    CONTRAST,
    DEPTH_VIEW,
    EDITED,
    LAYERED,
    LEVELS,
    MATTE_ANGLE,
    RAW,
    RENDER_LEVEL,
    REPAIR,
    SPLIT,
    VIEWPORT_LEVEL,
    add_sockets,
)
from .nodes import Socket, Tree

NAME = "Second Eye Relief"
VERSION = 8  # raise it when the nodes change: an older group in a .blend is then left alone
LENS, DEPTH, MATTE, COLOUR = "se_lens", "se_depth", "se_matte", "se_colour"
"""Named attributes for the material: (f/w, f/h, 1 / (step * range of 1/Z)), (gain, offset,
strength / step), (matte, angle, near), and the colour of a point."""
RADIUS = "se_radius"
"""Named attribute of the planes: how far a point reaches in the picture, in picture widths."""
COMPARE, NORMALISED, RANGED = "se_compare", "se_normalised", "se_range"
"""(1 - Repair, Split, Depth View), the depth that Depth View shows, and (near, far, strength).
Stored only where one of them is not 0 (a material reads a missing attribute as 0), the last two
where the relief is Edited."""
BENT = "se_curve"
"""(bias, contrast, 0), stored with the range where the relief is Layered."""


BALL = "se_ball"
"""1 on points, which are drawn as balls; missing, and so 0, on surfaces."""
GROWN = 1.5
"""Pixels of the depth by which vertices move over a step's edge, see `_outward`."""
RETREAT = 0.5
"""... and those on its far side away from it, so that nothing of a mixed pixel stays there."""
FLAT, CUT = "se_flat", "se_cut"
"""How far an edit flattened a point (0..1): steps of the estimate are gone there, and
stay uncut. And how steep a step is that edits made, as the material measures it."""


def relief_group() -> bpy.types.NodeTree:
    """The group of this version: found in the file, or built."""
    return at_once(relief_group_steps())


def relief_group_steps() -> Steps[bpy.types.NodeTree]:
    """As `relief_group`; one that isn't built to its end is removed again."""
    for found in bpy.data.node_groups:
        if found.get("second_eye_relief") == VERSION:
            return found
    group: Any = bpy.data.node_groups.new(NAME, "GeometryNodeTree")
    try:
        group.is_modifier = True
        add_sockets(group)
        yield
        yield from _nodes(group)
        group["second_eye_relief"] = VERSION  # the mark of a whole one
    except BaseException:
        bpy.data.node_groups.remove(group)
        raise
    return group


def _nodes(group: bpy.types.NodeTree) -> Steps[None]:
    t = Tree(group)
    given = t.node("NodeGroupInput").outputs
    plane = _level(t, given)
    x, y, _ = t.separate(t.node("GeometryNodeInputPosition").outputs[0])
    uv = t.combine(
        t.math("ADD", x, 0.5),
        t.math("ADD", t.math("DIVIDE", y, given["Aspect"]), 0.5),
        0.0,
    )
    frame = t.math("FLOOR", t.node("GeometryNodeInputSceneTime").outputs["Frame"])
    number = t.clamp(t.math("ADD", frame, given["Offset"]), given["First"], given["Last"])

    stored = _stored_depth(t, given, uv, number)
    yield
    reach = t.math("SUBTRACT", given["High"], given["Low"])
    gain = t.math("DIVIDE", given["Scale"], reach)
    offset = t.math("DIVIDE", t.math("SUBTRACT", given["Shift"], given["Low"]), reach)
    estimated = t.clamp(t.math("MULTIPLY_ADD", stored, gain, offset))
    normalised = bent(t, estimated, given[BIAS], given[CONTRAST])
    away = distance(t, given, normalised)

    wide = t.math("DIVIDE", away, given["Focal"])
    outward = yield from _outward(t, given, uv, number, stored, gain)
    yield
    grown = t.vector("ADD", t.combine(x, y, 0.0), outward).outputs["Vector"]
    along, up, _ = t.separate(grown)
    position = t.combine(
        t.math("MULTIPLY", along, wide),
        t.math("MULTIPLY", up, wide),
        t.math("MULTIPLY", away, -1.0),
    )
    span = t.math(
        "SUBTRACT", t.math("DIVIDE", 1.0, given["Near"]), t.math("DIVIDE", 1.0, given["Far"])
    )
    steepest = t.math("DIVIDE", 1.0, t.math("MULTIPLY", span, given["Step"]))
    upward = t.math("DIVIDE", given["Focal"], given["Aspect"])
    lens = t.combine(given["Focal"], upward, steepest)
    flat = _compared(t, given, plane, normalised)
    yield
    facts = (
        (LENS, lens),
        (DEPTH, t.combine(gain, offset, t.math("DIVIDE", given["Strength"], given["Step"]))),
        (MATTE, t.combine(given["Matte"], given[MATTE_ANGLE], given["Near"])),
    )
    for name, value in facts:
        flat = store(t, flat, name, "FLOAT_VECTOR", value)
    place = t.node("GeometryNodeSetPosition")
    t.link(flat, place.inputs["Geometry"])
    t.link(position, place.inputs["Position"])
    yield
    points = _points(t, given, flat, position, wide, uv, number)
    yield

    painted = _paint(t, place.outputs[0], given["Relief Material"])
    shown = switch(t, "GEOMETRY", given["Points"], points, painted)
    t.link(shown, t.node("NodeGroupOutput").inputs[0])
    t.arrange()


def _level(t: Tree, given: Socket) -> Socket:
    """The plane of the level asked for: one for the viewport, one for renders, the same in every
    frame. Switches are lazy: of the other levels nothing is read."""
    shown = t.node("GeometryNodeIsViewport").outputs[0]
    asked = switch(t, "INT", shown, given[VIEWPORT_LEVEL], given[RENDER_LEVEL])
    auto = switch(t, "INT", shown, given[AUTO_VIEWPORT], given[AUTO_RENDER])
    level = switch(t, "INT", t.math("GREATER_THAN", asked, 0.5), asked, auto)
    plane = given["Geometry"]
    for number, name in reversed(list(enumerate(COARSER, 1))):
        held = t.node("GeometryNodeObjectInfo", name)
        t.link(given[name], held.inputs["Object"])
        coarse = t.math("LESS_THAN", level, number + 0.5)
        plane = switch(t, "GEOMETRY", coarse, held.outputs["Geometry"], plane)
    coarser = t.math("LESS_THAN", level, given[LEVELS])
    return switch(t, "GEOMETRY", coarser, plane, given["Geometry"])


def _stored_depth(t: Tree, given: Socket, uv: Socket, number: Socket) -> Socket:
    """V of the repaired depth, with the raw one mixed in by Repair and Split.

    The switch is lazy: the raw pictures are read only where they are shown.
    """
    repaired = _value(t, texture(t, given["Depth"], uv, number, "Closest", "Depth"))
    raw = _value(t, texture(t, given[RAW], uv, number, "Closest", RAW))
    # Of the apron, too: kept inside 0..1, so that a Split of 0 or 1 has nothing on its other side.
    u = t.clamp(t.separate(uv)[0], 0.0, 0.99999)
    right = t.math("SUBTRACT", 1.0, t.math("LESS_THAN", u, given[SPLIT]))
    part = t.math("MULTIPLY", given[REPAIR], right, label="Part of the repaired")
    # Both products, not a sum and a difference: exact at 0 and at 1.
    rest = t.math("MULTIPLY", raw, t.math("SUBTRACT", 1.0, part))
    mixed = t.math("MULTIPLY_ADD", repaired, part, rest)
    needed = t.math("MAXIMUM", t.math("SUBTRACT", 1.0, given[REPAIR]), given[SPLIT])
    return switch(t, "FLOAT", needed, mixed, repaired)


def _outward(
    t: Tree, given: Socket, uv: Socket, number: Socket, stored: Socket, gain: Socket
) -> Steps[Socket]:
    """How far a vertex on the near side of a step moves over it, on the picture plane, and one on
    its far side away from it.

    From its pixel's middle to the far edge of the next pixel: those that mix both sides go with
    the foreground, as on the fast path (`core.synthesis.edges.grow_foreground`); left behind, they
    would draw its outline a second time. Only where there are layers, and off the axis alone is it
    seen: the picture is projected.
    """
    size = t.node("GeometryNodeImageInfo")
    t.link(given["Depth"], size.inputs["Image"])
    t.link(number, size.inputs["Frame"])
    width = t.math("MAXIMUM", size.outputs["Width"], 1.0)
    height = t.math("MAXIMUM", size.outputs["Height"], 1.0)
    pixel = t.combine(t.math("DIVIDE", 1.0, width), t.math("DIVIDE", 1.0, height), 0.0)
    ways = []
    for x, y in ((1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)):
        way = t.vector("MULTIPLY", pixel, (x, y, 0.0)).outputs["Vector"]
        there = t.vector("ADD", uv, way).outputs["Vector"]
        beside = _value(t, texture(t, given["Depth"], there, number, "Closest", "Beside"))
        drop = t.math("MULTIPLY", t.math("SUBTRACT", stored, beside), gain)
        drop = t.math("MULTIPLY", drop, given["Strength"])
        over = t.math("GREATER_THAN", drop, given["Step"])
        back = t.math("LESS_THAN", drop, t.math("MULTIPLY", given["Step"], -1.0))
        ways.append(t.math("SUBTRACT", over, t.math("MULTIPLY", back, RETREAT / GROWN)))
        yield
    right, left, up, down = ways
    # x and y of the plane are both in picture widths.
    reach = t.math("DIVIDE", GROWN, width)
    moved = t.combine(
        t.math("MULTIPLY", t.math("SUBTRACT", right, left), reach),
        t.math("MULTIPLY", t.math("SUBTRACT", up, down), reach),
        0.0,
    )
    return switch(t, "VECTOR", given[LAYERED], moved, t.combine(0.0, 0.0, 0.0))


def _compared(t: Tree, given: Socket, geometry: Socket, normalised: Socket) -> Socket:
    """The flat plane with what the materials need to know of Repair, Split and Depth View."""
    view, split = given[DEPTH_VIEW], given[SPLIT]
    missing = t.math("SUBTRACT", 1.0, given[REPAIR])
    needed = t.math("MAXIMUM", t.math("MAXIMUM", missing, split), view)
    facts = t.combine(missing, split, view)
    told = store(t, geometry, COMPARE, "FLOAT_VECTOR", facts)
    told = switch(t, "GEOMETRY", needed, told, geometry)
    # Edits begin with the depth and with what makes a distance of it.
    scale = t.combine(given["Near"], given["Far"], given["Strength"])
    ranged = store(t, told, RANGED, "FLOAT_VECTOR", scale)
    told = switch(t, "GEOMETRY", given[EDITED], ranged, told)
    curve = t.combine(given[BIAS], given[CONTRAST], 0.0)
    layered = store(t, ranged, BENT, "FLOAT_VECTOR", curve)
    told = switch(t, "GEOMETRY", given[LAYERED], layered, told)
    shown = t.math("MAXIMUM", view, given[EDITED])
    return switch(t, "GEOMETRY", shown, store(t, told, NORMALISED, "FLOAT", normalised), told)


def switch(t: Tree, kind: str, when: Socket, then: Socket, otherwise: Socket) -> Socket:
    node = t.node("GeometryNodeSwitch", input_type=kind)
    t.link(when, node.inputs["Switch"])
    t.link(otherwise, node.inputs["False"])
    t.link(then, node.inputs["True"])
    return node.outputs[0]


def _value(t: Tree, colour: Socket) -> Socket:
    split = t.node("FunctionNodeSeparateColor")
    t.link(colour, split.inputs[0])
    return split.outputs[0]


def distance(t: Tree, given: Any, normalised: Socket) -> Socket:
    """Z of core.geometry.inverse_distance, up to the horizon; ``given``: Near, Far, Strength."""
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
    t: Tree, given: Socket, flat: Socket, position: Socket, wide: Socket, uv: Socket, number: Socket
) -> Socket:
    """One point a vertex, as large as its part of the picture is at its distance.

    From the flat plane: the fields here speak of its positions, not of the relief's.
    """
    colour = texture(t, given["Plate"], uv, number, "Linear", "Plate")
    coloured = store(t, flat, COLOUR, "FLOAT_COLOR", colour)
    cell = t.node("GeometryNodeInputNamedAttribute", RADIUS, data_type="FLOAT")
    t.link(RADIUS, cell.inputs["Name"])
    reach = t.math("MULTIPLY", wide, cell.outputs[0])
    radius = t.math("MULTIPLY", reach, given["Point Size"])
    cloud = t.node("GeometryNodeMeshToPoints")
    t.link(coloured, cloud.inputs["Mesh"])
    t.link(_inside(t, uv), cloud.inputs["Selection"])
    t.link(position, cloud.inputs["Position"])
    t.link(radius, cloud.inputs["Radius"])
    ball = store(t, cloud.outputs[0], BALL, "FLOAT", 1.0)
    return _paint(t, ball, given["Point Material"])


def _inside(t: Tree, uv: Socket) -> Socket:
    """Whether a vertex belongs to the picture: the apron around it gets no points."""
    half = t.node("ShaderNodeVectorMath", operation="SUBTRACT")
    t.link(uv, half.inputs[0])
    half.inputs[1].default_value = (0.5, 0.5, 0.0)
    u, v, _ = t.separate(half.outputs[0])
    far = t.math("MAXIMUM", t.math("ABSOLUTE", u), t.math("ABSOLUTE", v))
    return t.math("LESS_THAN", far, 0.50001)


def texture(
    t: Tree, image: Socket, uv: Socket, number: Socket, interpolation: str, label: str
) -> Socket:
    node = t.node(
        "GeometryNodeImageTexture", label, interpolation=interpolation, extension="EXTEND"
    )
    t.link(image, node.inputs["Image"])
    t.link(uv, node.inputs["Vector"])
    t.link(number, node.inputs["Frame"])
    return node.outputs["Color"]


def store(t: Tree, geometry: Socket, name: str, kind: str, value: Socket) -> Socket:
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
