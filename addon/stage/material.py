# SPDX-License-Identifier: GPL-3.0-or-later
"""Materials: the plate projected through the footage camera, and the colour of points."""

from __future__ import annotations

from typing import Any

import bpy

from .images import Sequence
from .nodes import Socket, Tree
from .relief_group import COLOUR, DEPTH, LENS, MATTE


def plate_material(
    relief: str, plate: Sequence, depth: Sequence, pitch: tuple[float, float]
) -> bpy.types.Material:
    """Emission of the plate, with steps of the relief made transparent for views off the axis.

    ``relief``: the name of the object that wears it. ``pitch``: the distance between the relief's
    samples in picture widths and heights, over which a step is measured.
    """
    material, t = _empty(relief, relief)
    position = t.node("ShaderNodeTexCoord").outputs["Object"]
    lens = _attribute(t, LENS)
    uv = _project(t, position, lens)
    emission = t.node("ShaderNodeEmission")
    t.link(plate.texture(t, uv, "Linear", "MIRROR"), emission.inputs["Color"])

    matte, angle, _ = t.separate(_attribute(t, MATTE))
    away = t.math("MAXIMUM", _step(t, depth, uv, pitch), _outside(t, uv))
    transparent = t.node("ShaderNodeBsdfTransparent").outputs[0]
    cut = _mix(t, away, emission.outputs[0], transparent)
    # Mixed last: near the axis the factor is 0, and Cycles then skips the whole branch.
    off = t.math("MULTIPLY", _off_axis(t, position, angle), matte, label="Matte")
    _finish(t, _mix(t, off, emission.outputs[0], cut))
    return material


def point_material(relief: str) -> bpy.types.Material:
    """Emission of each point's own colour."""
    material, t = _empty(f"{relief} Points", relief)
    emission = t.node("ShaderNodeEmission")
    attribute = t.node("ShaderNodeAttribute", attribute_name=COLOUR)
    t.link(attribute.outputs["Color"], emission.inputs["Color"])
    _finish(t, emission.outputs[0])
    return material


def _empty(name: str, relief: str) -> tuple[bpy.types.Material, Tree]:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    tree: Any = material.node_tree
    tree.nodes.clear()
    # A relief is a lamp of 100,000 triangles to Cycles; sampling it as one costs 4 times the
    # render and lights nothing that the artist asked for.
    material["second_eye_relief"] = relief
    cycles: Any = material.cycles
    cycles.emission_sampling = "NONE"
    return material, Tree(tree)


def _finish(t: Tree, surface: Socket) -> None:
    t.link(surface, t.node("ShaderNodeOutputMaterial").inputs["Surface"])
    t.arrange()


def _mix(t: Tree, factor: Socket, first: Socket, second: Socket) -> Socket:
    node = t.node("ShaderNodeMixShader")
    for value, target in zip((factor, first, second), node.inputs, strict=True):
        t.link(value, target)
    return node.outputs[0]


def _attribute(t: Tree, name: str) -> Socket:
    return t.node("ShaderNodeAttribute", name, attribute_name=name).outputs["Vector"]


def _project(t: Tree, position: Socket, lens: Socket) -> Socket:
    """(u, v, 0) of a point in camera axes. Per shading point: coordinates that are interpolated
    over a triangle swim, since the triangle's corners lie at different depths."""
    x, y, z = t.separate(position)
    across, upward, _ = t.separate(lens)
    distance = t.math("MULTIPLY", z, -1.0)
    u = t.math("MULTIPLY_ADD", t.math("DIVIDE", x, distance), across, 0.5)
    v = t.math("MULTIPLY_ADD", t.math("DIVIDE", y, distance), upward, 0.5)
    return t.combine(u, v, 0.0)


def _step(t: Tree, depth: Sequence, uv: Socket, pitch: tuple[float, float]) -> Socket:
    """0 on a surface, 1 on a step: how much the depth changes from one sample to the next."""
    gain, offset, rate = t.separate(_attribute(t, DEPTH))

    def normalised(x: float, y: float) -> Socket:
        place = t.vector("ADD", uv, (x, y, 0.0)).outputs["Vector"]
        split = t.node("ShaderNodeSeparateColor")
        t.link(depth.texture(t, place, "Linear"), split.inputs[0])
        return t.clamp(t.math("MULTIPLY_ADD", split.outputs[0], gain, offset))

    wide, high = pitch[0] / 2, pitch[1] / 2
    across = t.math("SUBTRACT", normalised(wide, 0.0), normalised(-wide, 0.0))
    upward = t.math("SUBTRACT", normalised(0.0, high), normalised(0.0, -high))
    change = t.vector("LENGTH", t.combine(across, upward, 0.0)).outputs["Value"]
    return t.smoothstep(t.math("MULTIPLY", change, rate), 0.75, 1.25)


def _outside(t: Tree, uv: Socket) -> Socket:
    """1 on the apron around the picture, 0 inside."""
    centred = t.vector("ABSOLUTE", t.vector("SUBTRACT", uv, (0.5, 0.5, 0.0)).outputs["Vector"])
    u, v, _ = t.separate(centred.outputs["Vector"])
    return t.math("GREATER_THAN", t.math("MAXIMUM", u, v), 0.5)


def _off_axis(t: Tree, position: Socket, angle: Socket) -> Socket:
    """0 where the viewer looks along the footage camera's ray, 1 from twice ``angle`` off it."""
    turn = t.node(
        "ShaderNodeVectorTransform", vector_type="VECTOR", convert_from="WORLD", convert_to="OBJECT"
    )
    t.link(t.node("ShaderNodeNewGeometry").outputs["Incoming"], turn.inputs[0])
    viewer = turn.outputs[0]
    camera = t.vector("SCALE", t.vector("NORMALIZE", position).outputs["Vector"])
    camera.inputs["Scale"].default_value = -1.0
    ray = camera.outputs["Vector"]
    side = t.vector("LENGTH", t.vector("CROSS_PRODUCT", viewer, ray).outputs["Vector"])
    along = t.vector("DOT_PRODUCT", viewer, ray).outputs["Value"]
    off = t.math("ARCTAN2", side.outputs["Value"], along, label="Off axis")
    return t.smoothstep(off, angle, t.math("MULTIPLY", angle, 2.0))
