# SPDX-License-Identifier: GPL-3.0-or-later
"""A few words to write node trees in, so that a formula reads like one."""

from __future__ import annotations

from typing import Any

import bpy

Socket = Any  # bpy.types.NodeSocket, whose default_value has no common type


def stamped_group(name: str, stamp: str, version: int) -> tuple[Any, bool]:
    """The modifier group that bears ``version`` under the property ``stamp``, and whether it is
    new: then it has a geometry to and from it, and nothing else."""
    for found in bpy.data.node_groups:
        if found.get(stamp) == version:
            return found, False
    group: Any = bpy.data.node_groups.new(name, "GeometryNodeTree")
    group[stamp] = version
    group.is_modifier = True
    for way in ("OUTPUT", "INPUT"):
        group.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    return group, True


class Tree:
    """Adds nodes to a node tree; every method returns an output socket."""

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        self.tree: Any = tree

    def node(self, kind: str, label: str = "", **settings: Any) -> Any:
        node = self.tree.nodes.new(kind)
        node.label = label
        for name, value in settings.items():
            setattr(node, name, value)
        return node

    def link(self, value: Any, target: Socket) -> None:
        """Feed a socket from an output socket, or from a constant."""
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, target)
        else:
            target.default_value = value

    def math(self, operation: str, *values: Any, label: str = "") -> Socket:
        node = self.node("ShaderNodeMath", label, operation=operation)
        for value, target in zip(values, node.inputs, strict=False):
            self.link(value, target)
        return node.outputs[0]

    def clamp(self, value: Any, low: Any = 0.0, high: Any = 1.0) -> Socket:
        node = self.node("ShaderNodeClamp")
        for given, target in zip((value, low, high), node.inputs, strict=True):
            self.link(given, target)
        return node.outputs[0]

    def smoothstep(self, value: Any, low: Any, high: Any) -> Socket:
        """0 below ``low``, 1 above ``high``, smooth between."""
        node = self.node("ShaderNodeMapRange", interpolation_type="SMOOTHSTEP")
        self.link(value, node.inputs["Value"])
        self.link(low, node.inputs["From Min"])
        self.link(high, node.inputs["From Max"])
        return node.outputs["Result"]

    def combine(self, x: Any, y: Any, z: Any) -> Socket:
        node = self.node("ShaderNodeCombineXYZ")
        for value, target in zip((x, y, z), node.inputs, strict=True):
            self.link(value, target)
        return node.outputs[0]

    def separate(self, vector: Socket) -> tuple[Socket, Socket, Socket]:
        node = self.node("ShaderNodeSeparateXYZ")
        self.link(vector, node.inputs[0])
        return node.outputs[0], node.outputs[1], node.outputs[2]

    def vector(self, operation: str, *values: Any) -> Any:
        """A vector operation; returns the node, since some answer in "Value", some in "Vector"."""
        node = self.node("ShaderNodeVectorMath", operation=operation)
        for value, target in zip(values, node.inputs, strict=False):
            self.link(value, target)
        return node

    def emission(self, colour: Any) -> Socket:
        """A shader that shows ``colour`` as it is."""
        node = self.node("ShaderNodeEmission")
        self.link(colour, node.inputs["Color"])
        return node.outputs[0]

    def mix_shader(self, factor: Any, first: Socket, second: Socket) -> Socket:
        """``first`` where the factor is 0, ``second`` where it is 1."""
        node = self.node("ShaderNodeMixShader")
        for value, target in zip((factor, first, second), node.inputs, strict=True):
            self.link(value, target)
        return node.outputs[0]

    def mix_colour(self, factor: Any, first: Any, second: Any) -> Socket:
        """``first`` where the factor is 0, ``second`` where it is 1."""
        node = self.node("ShaderNodeMix", data_type="RGBA")
        named = {s.identifier: s for s in (*node.inputs, *node.outputs)}
        self.link(factor, named["Factor_Float"])
        self.link(first, named["A_Color"])
        self.link(second, named["B_Color"])
        return named["Result_Color"]

    def arrange(self) -> None:
        """Columns by distance from the inputs, so that a curious artist can read the tree."""
        depth: dict[str, int] = {}
        # Once: a socket's own `links` goes through all links of the tree.
        before: dict[str, set[str]] = {node.name: set() for node in self.tree.nodes}
        for link in self.tree.links:
            before[link.to_node.name].add(link.from_node.name)
        waiting = list(before)
        while waiting:
            later = []
            for name in waiting:
                sources = before[name]
                if sources <= depth.keys():
                    depth[name] = max((depth[source] + 1 for source in sources), default=0)
                else:
                    later.append(name)
            if len(later) == len(waiting):
                break
            waiting = later
        rows: dict[int, int] = {}
        places: list[float] = []
        for name in before:
            column = depth.get(name, 0)
            row = rows.get(column, 0)
            places += (column * 220.0, row * -190.0)
            rows[column] = row + 1
        # All at once: Blender looks at the whole tree after each single one.
        nodes: Any = self.tree.nodes
        nodes.foreach_set("location", places)
