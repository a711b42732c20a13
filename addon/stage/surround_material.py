# SPDX-License-Identifier: GPL-3.0-or-later
"""Materials of what lies around the picture: the dome's, and the soft edge that footage gets."""

from __future__ import annotations

import math
from typing import Any

import bpy

from .images import Sequence
from .material import attribute, empty_material, finish, project
from .nodes import Socket, Tree
from .relief_group import LENS

ROLE, EDGE = "second_eye_role", "surround edge"
GROUP = "Second Eye Edge"
FEATHER, DARKENING, REACH = "Feather", "Darkening", "Reach"
"""Labels of the values that an artist sets: of the group, and of the dome's material."""
SHOWN = "Shown"
"""Label of the group's value that is 0 where footage keeps its hard edge, as flat pictures do."""
SOFT, DARK, FAR = 0.04, 0.6, 70.0  # picture widths, share of the light, degrees


def dome_material(
    name: str,
    pictures: Sequence | None,
    half_angle: float,
    former: bpy.types.Material | None = None,
) -> bpy.types.Material:
    """Emission of ``pictures`` of the whole sphere, in the dome's own axes (a camera's: -z ahead);
    black without any. From ``half_angle`` on, in radians off the axis, they get darker. Made of the
    ``former`` one where there is one: its values stay, and so do their keys."""
    if former is None:
        material, t = empty_material(name)
    else:
        material, t = former, Tree(former.node_tree)
        for node in list(t.tree.nodes):
            if node.get(ROLE) not in (DARKENING, REACH):  # with a node go its keys
                t.tree.nodes.remove(node)
    dark = value_of(t.tree, DARKENING) or _value(t, DARKENING, DARK)
    reach = value_of(t.tree, REACH) or _value(t, REACH, FAR)
    if pictures is None:
        finish(t, t.emission((0.0, 0.0, 0.0, 1.0)))
        return material
    position = t.node("ShaderNodeTexCoord").outputs["Object"]
    x, y, z = t.separate(t.vector("NORMALIZE", position).outputs["Vector"])
    ahead = t.math("MULTIPLY", z, -1.0)
    # Interpolation goes on over a pole at the opposite one: so none comes nearer than 3 degrees.
    level = t.vector("LENGTH", t.combine(x, z, 0.0)).outputs["Value"]
    steepest = t.math("MULTIPLY", level, math.tan(math.radians(87.0)))
    upward = t.clamp(y, t.math("MULTIPLY", steepest, -1.0), steepest)
    light = pictures.around(t, t.combine(ahead, t.math("MULTIPLY", x, -1.0), upward))
    end = t.math("ADD", t.math("RADIANS", reach), half_angle)
    far = t.smoothstep(t.math("ARCCOSINE", ahead), half_angle, end)
    emission = t.node("ShaderNodeEmission")
    t.link(light, emission.inputs["Color"])
    t.link(t.math("SUBTRACT", 1.0, t.math("MULTIPLY", dark, far)), emission.inputs["Strength"])
    finish(t, emission.outputs[0])
    return material


def find_edge_group() -> bpy.types.NodeTree | None:
    return next((group for group in bpy.data.node_groups if group.get(ROLE) == EDGE), None)


def edge_group() -> bpy.types.NodeTree:
    """One group for all footage: how much of it is left at a place (u, v) of the picture, 1 inside,
    0 at its edge and beyond. Its one value says over how much of the width it fades."""
    found = find_edge_group()
    if found is not None:
        return found
    group: Any = bpy.data.node_groups.new(GROUP, "ShaderNodeTree")
    group[ROLE] = EDGE
    group.interface.new_socket("Place", in_out="INPUT", socket_type="NodeSocketVector")
    group.interface.new_socket("Aspect", in_out="INPUT", socket_type="NodeSocketFloat")
    group.interface.new_socket("Share", in_out="OUTPUT", socket_type="NodeSocketFloat")
    t = Tree(group)
    given = t.node("NodeGroupInput").outputs
    soft = t.math("MAXIMUM", _value(t, FEATHER, SOFT), 1e-4)
    u, v, _ = t.separate(given["Place"])
    shares = []
    for place, size in ((u, 1.0), (v, given["Aspect"])):
        within = t.math("MINIMUM", place, t.math("SUBTRACT", 1.0, place))
        shares.append(t.smoothstep(t.math("MULTIPLY", within, size), 0.0, soft))
    hidden = t.math("SUBTRACT", 1.0, _value(t, SHOWN, 1.0))
    share = t.math("MAXIMUM", t.math("MULTIPLY", *shares), hidden)
    t.link(share, t.node("NodeGroupOutput").inputs["Share"])
    t.arrange()
    return group


def value_of(tree: Any, label: str) -> Any | None:
    """The socket of a labelled value, which takes keys; None where there is none."""
    nodes = tree.nodes if tree is not None else ()
    return next((n.outputs[0] for n in nodes if n.get(ROLE) == label), None)


def soften(material: bpy.types.Material, aspect: float) -> None:
    """Let footage fade to nothing at the picture's edge; what lies beyond it is cut off."""
    tree: Any = material.node_tree
    harden(material)
    surface = _output(tree)
    if surface is None or not surface.links:
        return
    before = set(tree.nodes)
    t = Tree(tree)
    worn = surface.links[0].from_socket
    uv = project(t, t.node("ShaderNodeTexCoord").outputs["Object"], attribute(t, LENS))
    edge = t.node("ShaderNodeGroup", GROUP)
    edge.node_tree = edge_group()
    t.link(uv, edge.inputs["Place"])
    edge.inputs["Aspect"].default_value = aspect
    nothing = t.node("ShaderNodeBsdfTransparent").outputs[0]
    t.link(t.mix_shader(edge.outputs["Share"], nothing, worn), surface)
    for node in tree.nodes:
        if node not in before:
            node[ROLE] = EDGE
    t.arrange()


def harden(material: bpy.types.Material) -> None:
    """Take out what `soften` put in."""
    tree: Any = material.node_tree
    ours = [node for node in tree.nodes if node.get(ROLE) == EDGE]
    surface = _output(tree)
    if not ours or surface is None:
        return
    if surface.links and surface.links[0].from_node in ours:
        tree.links.new(_worn(surface.links[0].from_node), surface)
    for node in ours:
        tree.nodes.remove(node)


def _worn(mix: Any) -> Socket:
    return mix.inputs[2].links[0].from_socket


def _output(tree: Any) -> Any | None:
    outputs = (n for n in tree.nodes if n.bl_idname == "ShaderNodeOutputMaterial")
    return next((node.inputs["Surface"] for node in outputs), None)


def _value(t: Tree, label: str, value: float) -> Socket:
    """A value that an artist sets; its keys find it by its name."""
    node = t.node("ShaderNodeValue", label)
    node.name = node[ROLE] = label
    node.outputs[0].default_value = value
    return node.outputs[0]
