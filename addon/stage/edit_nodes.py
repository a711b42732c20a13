# SPDX-License-Identifier: GPL-3.0-or-later
"""The Geometry Nodes group "Second Eye Edit": a modifier after the relief that bends its depth.

One modifier an edit, so that Blender's own stack orders, mutes, renames and copies them. It moves
every point along its ray, by core.geometry.edits' formulas, and touches no topology.
"""

from __future__ import annotations

from typing import Any

import bpy

from ...core.geometry.edits import FLATTEST, KINDS, NEAREST, SOURCES
from ...core.project.edits import REACH
from .edit_inputs import (
    AMOUNT,
    FEATHER,
    KIND,
    LEVEL,
    OBJECT,
    PAINTED,
    PICTURES,
    PROJECTED,
    SHARE,
    SOURCE,
    TILT_X,
    TILT_Y,
    add_sockets,
)
from .nodes import Socket, Tree
from .relief_group import CUT, FLAT, LENS, NORMALISED, RANGED, distance, store, switch, texture

NAME, STAMP = "Second Eye Edit", "second_eye_edit"
VERSION = 2  # raise it when the nodes change
_EDITED = "se_edited"
_TINY = 1e-6
STEEPEST = 8.0  # as a relief's Step has it: `shot.STEEPEST`
_HARD = 14.0
"""No step counts for more, so that it is cut to the middle of the triangles beside it."""


def edit_group() -> bpy.types.NodeTree:
    """The group of this version: found in the file, or built."""
    for found in bpy.data.node_groups:
        if found.get(STAMP) == VERSION:
            return found
    group: Any = bpy.data.node_groups.new(NAME, "GeometryNodeTree")
    group[STAMP] = VERSION
    group.is_modifier = True
    add_sockets(group)
    _nodes(group)
    return group


def is_edit(modifier: bpy.types.Modifier) -> bool:
    """Whether a modifier is an edit of a relief."""
    group = modifier.node_group if isinstance(modifier, bpy.types.NodesModifier) else None
    return group is not None and bool(group.get(STAMP))


def _nodes(group: bpy.types.NodeTree) -> None:
    t = Tree(group)
    given = t.node("NodeGroupInput").outputs
    place = t.node("GeometryNodeInputPosition").outputs[0]
    x, y, z = t.separate(place)
    away = t.math("MULTIPLY", z, -1.0)
    ray = t.combine(t.math("DIVIDE", x, away), t.math("DIVIDE", y, away), -1.0)
    near, far, strength = t.separate(_named(t, RANGED, "FLOAT_VECTOR"))
    scale = {"Near": near, "Far": far, "Strength": strength}
    n = _named(t, NORMALISED, "FLOAT")
    across, upward, _ = t.separate(_named(t, LENS, "FLOAT_VECTOR"))
    u = t.math("MULTIPLY_ADD", t.math("DIVIDE", x, away), across, 0.5)
    v = t.math("MULTIPLY_ADD", t.math("DIVIDE", y, away), upward, 0.5)

    solid = t.math("GREATER_THAN", given[SOURCE], SOURCES.index("sphere") - 0.5)
    held = _Held(t, given, place, ray)
    shown = _pictured(t, given, t.combine(u, v, 0.0))
    weight = t.math("MULTIPLY", switch(t, "FLOAT", solid, held.weight(), shown), given[SHARE])
    plane = t.math("COMPARE", given[KIND], float(KINDS.index("plane")), 0.1)
    tilted = t.math(
        "MULTIPLY_ADD",
        t.math("SUBTRACT", v, 0.5),
        given[TILT_Y],
        t.math("MULTIPLY", t.math("SUBTRACT", u, 0.5), given[TILT_X]),
    )
    level = t.math("MULTIPLY_ADD", tilted, plane, given[LEVEL])
    target = switch(t, "FLOAT", solid, held.target(plane, scale), level)
    offset = t.math("COMPARE", given[KIND], float(KINDS.index("offset")), 0.1)
    by = switch(t, "FLOAT", offset, given[AMOUNT], t.math("SUBTRACT", target, n))
    edited = t.math("MULTIPLY_ADD", by, weight, n)

    kept = store(t, given["Geometry"], _EDITED, "FLOAT", edited)
    flattened = t.math("MULTIPLY", weight, t.math("SUBTRACT", 1.0, offset))
    flat = t.math("MAXIMUM", _named(t, FLAT, "FLOAT"), flattened)
    kept = store(t, kept, FLAT, "FLOAT", flat)
    new = _named(t, _EDITED, "FLOAT")
    place_in_picture = t.combine(t.math("DIVIDE", x, away), t.math("DIVIDE", y, away), 0.0)
    wide = t.vector("SCALE", place_in_picture)
    t.link(across, wide.inputs["Scale"])
    steep = _new_steps(t, new, n, wide.outputs["Vector"], strength)
    left = t.math("MULTIPLY", _named(t, CUT, "FLOAT"), t.math("SUBTRACT", 1.0, flattened))
    kept = store(t, kept, CUT, "FLOAT", t.math("MAXIMUM", left, steep))
    there = distance(t, scale, new)
    radius = t.node("GeometryNodeSetPointRadius")
    t.link(kept, radius.inputs[0])
    grown = t.math(
        "DIVIDE", t.math("MULTIPLY", there, t.node("GeometryNodeInputRadius").outputs[0]), away
    )
    t.link(grown, radius.inputs["Radius"])
    moved = t.node("GeometryNodeSetPosition")
    t.link(radius.outputs[0], moved.inputs["Geometry"])
    on_ray = t.vector("SCALE", ray)
    t.link(there, on_ray.inputs["Scale"])
    t.link(on_ray.outputs["Vector"], moved.inputs["Position"])
    told = store(t, moved.outputs[0], NORMALISED, "FLOAT", new)
    remove = t.node("GeometryNodeRemoveAttribute")
    t.link(told, remove.inputs["Geometry"])
    t.link(_EDITED, remove.inputs["Name"])
    t.link(remove.outputs["Geometry"], t.node("NodeGroupOutput").inputs[0])
    t.arrange()


def _new_steps(t: Tree, new: Socket, old: Socket, place: Socket, strength: Socket) -> Socket:
    """How steep a step is that this edit makes, as the material measures the estimate's: change of
    depth over three samples, in parts of Step. Along edges of the mesh, a mean of them a point."""
    ends = t.node("GeometryNodeInputMeshEdgeVertices").outputs

    def change(value: Socket) -> Socket:
        first, second = (_at(t, value, ends[f"Vertex Index {i}"], "FLOAT") for i in (1, 2))
        return t.math("ABSOLUTE", t.math("SUBTRACT", first, second))

    made = t.math("MINIMUM", change(new), change(t.math("SUBTRACT", new, old)))
    first, second = (_at(t, place, ends[f"Vertex Index {i}"], "FLOAT_VECTOR") for i in (1, 2))
    length = t.vector("DISTANCE", first, second).outputs["Value"]
    steep = t.math("DIVIDE", t.math("MULTIPLY", made, strength), t.math("MAXIMUM", length, _TINY))
    # Step is STEEPEST samples; of a point's edges about half lie along the step.
    steep = t.math("MULTIPLY", steep, 2.0 * 3.0 / STEEPEST)
    along = t.node("GeometryNodeFieldOnDomain", data_type="FLOAT", domain="EDGE")
    t.link(t.math("MINIMUM", steep, _HARD), along.inputs["Value"])
    return along.outputs[0]


def _at(t: Tree, value: Socket, index: Socket, kind: str) -> Socket:
    node = t.node("GeometryNodeFieldAtIndex", data_type=kind, domain="POINT")
    t.link(value, node.inputs["Value"])
    t.link(index, node.inputs["Index"])
    return node.outputs[0]


def _pictured(t: Tree, given: Socket, uv: Socket) -> Socket:
    """core.geometry.edits.mask_weight of the mask's pictures, or the painted image as it is."""
    frame = t.math("FLOOR", t.node("GeometryNodeInputSceneTime").outputs["Frame"])
    number = t.math("ADD", frame, given["Offset"])
    held = t.clamp(number, given["First"], given["Last"])
    within = t.math("COMPARE", number, held, 0.5)
    colour = texture(t, given[PICTURES], uv, held, "Closest", PICTURES)
    split = t.node("FunctionNodeSeparateColor")
    t.link(colour, split.inputs[0])
    coverage, close = split.outputs[0], split.outputs[1]
    far = t.math("MULTIPLY", t.math("SUBTRACT", 1.0, close), REACH)
    far = switch(t, "FLOAT", t.math("GREATER_THAN", close, 0.0), far, 1.0)
    out = t.math("DIVIDE", far, t.math("MAXIMUM", given[FEATHER], _TINY))
    outward = t.math("SUBTRACT", 1.0, t.smoothstep(out, 0.0, 1.0))
    feathered = t.math("MULTIPLY", outward, t.math("GREATER_THAN", given[FEATHER], 0.0))
    masked = t.math("MULTIPLY", t.math("MAXIMUM", coverage, feathered), within)
    paint = t.node("FunctionNodeSeparateColor")
    t.link(texture(t, given[PAINTED], uv, 1, "Closest", PAINTED), paint.inputs[0])
    by_hand = t.math("COMPARE", given[SOURCE], float(SOURCES.index("image")), 0.1)
    return switch(t, "FLOAT", by_hand, paint.outputs[0], masked)


class _Held:
    """What an object in the relief's own space, the footage camera's, says."""

    def __init__(self, t: Tree, given: Socket, place: Socket, ray: Socket) -> None:
        self._t, self._given, self._place, self._ray = t, given, place, ray
        info = t.node("GeometryNodeObjectInfo", OBJECT, transform_space="RELATIVE")
        t.link(given[OBJECT], info.inputs["Object"])
        self._matrix = info.outputs["Transform"]
        invert = t.node("FunctionNodeInvertMatrix")
        t.link(self._matrix, invert.inputs[0])
        self._inverse, self._solid = invert.outputs[0], invert.outputs["Invertible"]
        self._origin = self._point(self._matrix, (0.0, 0.0, 0.0))

    def weight(self) -> Socket:
        """volume_weight, or where Projected projected_weight, of core.geometry.edits."""
        t, given = self._t, self._given
        eye = self._point(self._inverse, (0.0, 0.0, 0.0))
        along = t.node("FunctionNodeTransformDirection")
        t.link(self._ray, along.inputs[0])
        t.link(self._inverse, along.inputs[1])
        way = along.outputs[0]
        squared = t.vector("DOT_PRODUCT", way, way).outputs["Value"]
        apart = t.vector("DOT_PRODUCT", way, eye).outputs["Value"]
        far = t.math("DIVIDE", t.math("MULTIPLY", apart, -1.0), t.math("MAXIMUM", squared, 1e-12))
        step = t.vector("SCALE", way)
        t.link(far, step.inputs["Scale"])
        closest = t.vector("ADD", eye, step.outputs["Vector"]).outputs["Vector"]
        ahead = t.math("GREATER_THAN", far, 0.0)
        seen = t.math("MULTIPLY", self._fade(closest), ahead)
        inside = self._fade(self._point(self._inverse, self._place))
        # An object that is gone has no place, one scaled to nothing no inside: nothing is edited.
        there = t.vector("LENGTH", self._origin).outputs["Value"]
        weight = switch(t, "FLOAT", given[PROJECTED], seen, inside)
        weight = t.math("MULTIPLY", weight, t.math("GREATER_THAN", there, 0.0))
        return t.math("MULTIPLY", weight, self._solid)

    def target(self, plane: Socket, scale: Any) -> Socket:
        """object_target of core.geometry.edits."""
        t = self._t
        tip = self._point(self._matrix, (0.0, 0.0, 1.0))
        normal = t.vector("SUBTRACT", tip, self._origin).outputs["Vector"]
        slope = t.vector("DOT_PRODUCT", normal, self._ray).outputs["Value"]
        height = t.vector("DOT_PRODUCT", normal, self._origin).outputs["Value"]
        tilted = t.math("DIVIDE", slope, _apart_from_zero(t, height))
        away = t.math("MULTIPLY", t.separate(self._origin)[2], -1.0)
        straight = t.math("DIVIDE", 1.0, _apart_from_zero(t, away))
        inverse = switch(t, "FLOAT", plane, tilted, straight)
        near, far = (t.math("DIVIDE", 1.0, scale[name]) for name in ("Near", "Far"))
        inverse = t.clamp(inverse, 0.0, t.math("MULTIPLY", near, NEAREST))
        reach = t.math("SUBTRACT", near, far)
        reached = t.math("DIVIDE", t.math("SUBTRACT", inverse, far), reach)
        strength = t.math("MAXIMUM", scale["Strength"], FLATTEST)
        return t.math("ADD", t.math("DIVIDE", t.math("SUBTRACT", reached, 0.5), strength), 0.5)

    def _point(self, matrix: Socket, point: Any) -> Socket:
        node = self._t.node("FunctionNodeTransformPoint")
        self._t.link(point, node.inputs[0])
        self._t.link(matrix, node.inputs[1])
        return node.outputs[0]

    def _fade(self, local: Socket) -> Socket:
        t, given = self._t, self._given
        x, y, z = t.separate(t.vector("ABSOLUTE", local).outputs["Vector"])
        most = t.math("MAXIMUM", t.math("MAXIMUM", x, y), z)
        radius = t.vector("LENGTH", local).outputs["Value"]
        box = t.math("COMPARE", given[SOURCE], float(SOURCES.index("box")), 0.1)
        out = t.math("SUBTRACT", switch(t, "FLOAT", box, most, radius), 1.0)
        out = t.math("DIVIDE", out, t.math("MAXIMUM", given[FEATHER], _TINY))
        return t.math("SUBTRACT", 1.0, t.smoothstep(out, 0.0, 1.0))


def _apart_from_zero(t: Tree, value: Socket) -> Socket:
    small = t.math("LESS_THAN", t.math("ABSOLUTE", value), 1e-9)
    return switch(t, "FLOAT", small, 1e-9, value)


def _named(t: Tree, name: str, kind: str) -> Socket:
    node = t.node("GeometryNodeInputNamedAttribute", name, data_type=kind)
    t.link(name, node.inputs["Name"])
    return node.outputs["Attribute"]
