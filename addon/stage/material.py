# SPDX-License-Identifier: GPL-3.0-or-later
"""Materials: the plate projected through the footage camera, on surfaces and on points."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import bpy

from ..steps import Steps, at_once
from . import compat
from .comparison import Comparison
from .front import layer_nodes
from .images import Sequence
from .nodes import Socket, Tree
from .relief_group import BALL, CUT, DEPTH, FLAT, LENS, MATTE

_NO_FACE = (1.4, 2.2)
"""Steps a sample from which on no face recedes so fast, and what does is a step."""


def plate_material(
    relief: str,
    plate: Sequence,
    depth: Sequence,
    raw: Sequence | None,
    pitch: tuple[float, float],
) -> bpy.types.Material:
    """See `plate_material_steps`."""
    return at_once(plate_material_steps(relief, plate, depth, raw, pitch))


def plate_material_steps(
    relief: str,
    plate: Sequence,
    depth: Sequence,
    raw: Sequence | None,
    pitch: tuple[float, float],
) -> Steps[bpy.types.Material]:
    """Emission of the plate, with steps of the relief made transparent for views off the axis.

    Points wear it, too: those of a plain are wide, and of one colour each they would show the plate
    as a mosaic.

    How far off is one number for the whole picture: the angle between viewer and footage camera as
    seen from the distance Near. Two eyes stay below it and see whole surfaces.

    ``relief``: the name of the object that wears it. ``pitch``: the distance between the relief's
    samples in picture widths and heights, over which a step is measured. ``raw``: the depth before
    repair, whose steps are cut where the relief shows it.
    """
    material, t = empty_material(relief)
    try:
        yield from _plate_nodes(t, plate, depth, raw, pitch)
    except BaseException:
        bpy.data.materials.remove(material)
        raise
    return material


def _plate_nodes(
    t: Tree,
    plate: Sequence,
    depth: Sequence,
    raw: Sequence | None,
    pitch: tuple[float, float],
) -> Steps[None]:
    position = t.node("ShaderNodeTexCoord").outputs["Object"]
    viewer, sight = viewer_in_camera(t)
    matte, angle, near = t.separate(attribute(t, MATTE))
    aside = t.math("DIVIDE", t.vector("LENGTH", viewer).outputs["Value"], near)
    uv = project(t, _steady(t, position, sight, aside), attribute(t, LENS))
    comparison = Comparison(t)

    def shown(colour: Socket) -> Socket:
        return comparison.with_line(comparison.with_depth_view(t.emission(colour)), uv)

    colour = plate.texture(t, uv, "Linear", "MIRROR")
    picture = shown(colour)
    yield
    transparent = t.node("ShaderNodeBsdfTransparent").outputs[0]
    beside = outside(t, uv)
    made = t.smoothstep(_number(t, CUT), 0.6 * 3.0, 1.4 * 3.0)
    whole = t.math("SUBTRACT", 1.0, _number(t, FLAT))

    def cut(pictures: Sequence) -> Socket:
        step = t.math("MULTIPLY", _step(t, pictures, uv, pitch), whole)
        away = t.math("MAXIMUM", t.math("MAXIMUM", step, made), beside)
        return t.mix_shader(away, picture, transparent)

    # Mixed last: where a factor is 0, Cycles skips the whole branch.
    balls = cut(depth)
    if raw is not None:
        balls = t.mix_shader(comparison.raw_part(uv), balls, cut(raw))
    yield
    steep, change, told, opening = _steepness(t, position, sight, pitch[0])
    layers = layer_nodes(t, uv)
    yield
    # A face that the viewer sees no more of than the footage camera did hides behind the near side,
    # whose edge is cleaner whole. From far aside it would stick out again behind a thin thing.
    far_off = t.smoothstep(t.math("ARCTANGENT", aside), angle, t.math("MULTIPLY", angle, 2.0))
    # A face that recedes as fast as a small step is none, and stays until it is stretched.
    surely = t.math("MULTIPLY", t.smoothstep(change, *_NO_FACE), far_off)
    steep = t.math("MAXIMUM", t.math("MULTIPLY", steep, opening), surely)
    away = t.math("MAXIMUM", t.math("MULTIPLY", steep, layers.opens), layers.thin)
    rim = shown(t.mix_colour(layers.is_rim, colour, layers.colour))
    faces = t.mix_shader(t.math("MAXIMUM", away, beside), rim, transparent)
    is_face = t.math("SUBTRACT", 1.0, t.math("GREATER_THAN", _number(t, BALL), 0.5))
    opened = t.mix_shader(t.math("MULTIPLY", is_face, told), balls, faces)
    angle = t.math("MULTIPLY", angle, layers.angle)
    off = t.smoothstep(t.math("ARCTANGENT", aside), angle, t.math("MULTIPLY", angle, 2.0))
    yield
    finish(t, t.mix_shader(t.math("MULTIPLY", off, matte, label="Matte"), picture, opened))


def plate_material_like(
    other: bpy.types.Material, relief: str, sequences: Iterable[Sequence]
) -> bpy.types.Material:
    """A copy of a `plate_material` of the same build, for another shot: its nodes show those of
    ``sequences`` that have their pictures. To copy nodes takes Blender a twentieth of the time."""
    material = other.copy()
    material.name = material["second_eye_relief"] = relief
    shown = {sequence.image.name_full: sequence for sequence in sequences}
    for node in material.node_tree.nodes:
        image = node.image if isinstance(node, bpy.types.ShaderNodeTexImage) else None
        if image is not None and image.name_full in shown:
            shown[image.name_full].give(node)
    return material


def empty_material(relief: str) -> tuple[bpy.types.Material, Tree]:
    material = bpy.data.materials.new(relief)
    if material.node_tree is None:  # Blender 5 makes it with the material
        material.use_nodes = True
    tree: Any = material.node_tree
    tree.nodes.clear()
    # A relief is a lamp of 100,000 triangles to Cycles; sampling it as one costs 4 times the
    # render and lights nothing that the artist asked for.
    material["second_eye_relief"] = relief
    cycles = compat.cycles_of(material)
    if cycles is not None:
        cycles.emission_sampling = "NONE"
    return material, Tree(tree)


def finish(t: Tree, surface: Socket) -> None:
    t.link(surface, t.node("ShaderNodeOutputMaterial").inputs["Surface"])
    t.arrange()


def attribute(t: Tree, name: str) -> Socket:
    return t.node("ShaderNodeAttribute", name, attribute_name=name).outputs["Vector"]


def project(t: Tree, position: Socket, lens: Socket) -> Socket:
    """(u, v, 0) of a point in camera axes. Per shading point: coordinates that are interpolated
    over a triangle swim, since the triangle's corners lie at different depths."""
    x, y, z = t.separate(position)
    across, upward, _ = t.separate(lens)
    distance = t.math("MULTIPLY", z, -1.0)
    u = t.math("MULTIPLY_ADD", t.math("DIVIDE", x, distance), across, 0.5)
    v = t.math("MULTIPLY_ADD", t.math("DIVIDE", y, distance), upward, 0.5)
    return t.combine(u, v, 0.0)


def _number(t: Tree, name: str) -> Socket:
    return t.node("ShaderNodeAttribute", name, attribute_name=name).outputs["Fac"]


def _steepness(
    t: Tree, position: Socket, sight: Socket, pitch: float
) -> tuple[Socket, Socket, Socket, Socket]:
    """0 on a surface, 1 on a face that spans a step; how many steps a sample that is; whether the
    relief tells what a step is; and 1 where the viewer sees much more of the face than the footage
    camera does.

    Inverse distance is linear over a face's picture: with N its normal and P a point of it in
    camera axes, 1/Z = (N . ray) / (N . P). So the face itself says how fast its depth changes,
    edits and repair and all, and no pixel beside a step is cut with it.
    """
    geometry = t.node("ShaderNodeNewGeometry").outputs
    turned = _to_object(t, "WORLD", "NORMAL")
    t.link(geometry["True Normal"], turned.inputs[0])
    x, y, _ = t.separate(turned.outputs[0])
    across, _, wanted = t.separate(attribute(t, LENS))
    sideways = t.vector("LENGTH", t.combine(x, y, 0.0)).outputs["Value"]
    away = t.vector("DOT_PRODUCT", turned.outputs[0], position).outputs["Value"]
    away = t.math("MAXIMUM", t.math("ABSOLUTE", away), 1e-9)
    slope = t.math("DIVIDE", sideways, t.math("MULTIPLY", away, across))
    change = t.math("MULTIPLY", t.math("MULTIPLY", slope, pitch), wanted)
    # The normal is turned to the viewer: turned back, it is that of the face's front.
    front = t.math("MULTIPLY_ADD", geometry["Backfacing"], -2.0, 1.0)
    seen = []
    for way in (sight, position):
        along = t.vector("NORMALIZE", way).outputs["Vector"]
        facing = t.vector("DOT_PRODUCT", turned.outputs[0], along).outputs["Value"]
        seen.append(t.math("MULTIPLY", facing, front))
    viewer, footage = (t.math("MULTIPLY", value, -1.0) for value in seen)
    stretch = t.math("DIVIDE", viewer, t.math("MAXIMUM", footage, 1e-5))
    opening = t.smoothstep(stretch, 2.5, 3.5)
    return t.smoothstep(change, 0.6, 1.4), change, t.math("GREATER_THAN", wanted, 0.0), opening


def _step(t: Tree, depth: Sequence, uv: Socket, pitch: tuple[float, float]) -> Socket:
    """0 on a surface, 1 on a step: how much the depth changes from one sample to the next, for
    points, whose faces are those of balls.

    Measured over three samples: networks work at a fraction of the picture's size, and their
    enlarged slopes are staircases that would be cut into combs.
    """
    gain, offset, rate = t.separate(attribute(t, DEPTH))

    def normalised(x: float, y: float) -> Socket:
        place = t.vector("ADD", uv, (x, y, 0.0)).outputs["Vector"]
        split = t.node("ShaderNodeSeparateColor")
        t.link(depth.texture(t, place, "Linear"), split.inputs[0])
        return t.clamp(t.math("MULTIPLY_ADD", split.outputs[0], gain, offset))

    wide, high = 1.5 * pitch[0], 1.5 * pitch[1]
    across = t.math("SUBTRACT", normalised(wide, 0.0), normalised(-wide, 0.0))
    upward = t.math("SUBTRACT", normalised(0.0, high), normalised(0.0, -high))
    change = t.vector("LENGTH", t.combine(across, upward, 0.0)).outputs["Value"]
    return t.smoothstep(t.math("MULTIPLY", change, rate), 0.6 * 3.0, 1.4 * 3.0)


def outside(t: Tree, uv: Socket, overlap: float = 0.0) -> Socket:
    """1 on the apron around the picture and ``overlap`` of its size inside, 0 in the rest."""
    centred = t.vector("ABSOLUTE", t.vector("SUBTRACT", uv, (0.5, 0.5, 0.0)).outputs["Vector"])
    u, v, _ = t.separate(centred.outputs["Vector"])
    return t.math("GREATER_THAN", t.math("MAXIMUM", u, v), 0.5 - overlap)


def viewer_in_camera(t: Tree) -> tuple[Socket, Socket]:
    """Where the viewer stands and what it looks along, in the footage camera's axes.

    In multiview renders each eye is a viewer of its own.
    """
    place = _to_object(t, "CAMERA", "POINT")
    place.inputs[0].default_value = (0.0, 0.0, 0.0)
    along = _to_object(t, "WORLD", "VECTOR")
    t.link(t.node("ShaderNodeNewGeometry").outputs["Incoming"], along.inputs[0])
    sight = t.vector("SCALE", along.outputs[0])
    sight.inputs["Scale"].default_value = -1.0
    return place.outputs[0], sight.outputs["Vector"]


def _to_object(t: Tree, space: str, kind: str) -> Any:
    return t.node(
        "ShaderNodeVectorTransform", vector_type=kind, convert_from=space, convert_to="OBJECT"
    )


def _steady(t: Tree, position: Socket, sight: Socket, aside: Socket) -> Socket:
    """The hit point, or for a viewer in the footage camera's place any point on its ray.

    Where a step falls from 1 to 1,000 units within a pixel of depth, the hit point's rounding
    moves it by pixels of the plate; the ray itself is exact. Only on such steps, which the viewer
    sees edge-on, and not in mirrors, whose rays come from elsewhere.
    """
    geometry = t.node("ShaderNodeNewGeometry").outputs
    facing = t.vector("DOT_PRODUCT", geometry["True Normal"], geometry["Incoming"]).outputs["Value"]
    edge_on = t.math("LESS_THAN", t.math("ABSOLUTE", facing), 0.05)
    direct = t.node("ShaderNodeLightPath").outputs["Is Camera Ray"]
    there = t.math("LESS_THAN", aside, 1e-4)
    use = t.math("MULTIPLY", t.math("MULTIPLY", edge_on, direct), there)
    parts = []
    for vector, weight in ((sight, use), (position, t.math("SUBTRACT", 1.0, use))):
        node = t.vector("SCALE", vector)
        t.link(weight, node.inputs["Scale"])
        parts.append(node.outputs["Vector"])
    return t.vector("ADD", *parts).outputs["Vector"]
