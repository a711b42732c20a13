# SPDX-License-Identifier: GPL-3.0-or-later
"""The foreground's soft rim in a relief's material: its own colour, with its alpha over what stands
behind it, where the project has layers (core/synthesis/matte.py).

The nodes are always there, and asleep: layers are made, and become stale, while a relief goes on.
"""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from .images import Sequence
from .nodes import Socket, Tree

LAYERED, FRONT, COVER = "Second Eye Layered", "Second Eye Front", "Second Eye Cover"
"""Names of a material's nodes: 1 with layers, the rim's pictures, the background plate's."""
OPENS_AT = 0.01
"""Of Matte Angle, where steps open with layers behind them: when what opens is a part of a pixel,
since nothing is missing there."""
_SOFT = 254.5 / 255.0


@dataclass(frozen=True)
class LayerSockets:
    """angle: what Matte Angle is to be multiplied by. opens: 1 where a step may open: everywhere
    without layers, with them where there is a plate to be seen. thin: how much of the foreground's
    rim is missing. is_rim, colour: 1 where the foreground has a colour of its own, and that."""

    angle: Socket
    opens: Socket
    thin: Socket
    is_rim: Socket
    colour: Socket


def layer_nodes(t: Tree, uv: Socket) -> LayerSockets:
    """What layers tell of the point at ``uv``; see `wake`."""
    layered = t.node("ShaderNodeValue", LAYERED)
    layered.name, there = LAYERED, layered.outputs[0]
    there.default_value = 0.0
    read = {}
    for name in (FRONT, COVER):
        # Not filtered: the smaller versions that EEVEE takes from afar mix the rim with nothing.
        node = t.node("ShaderNodeTexImage", name, interpolation="Closest", extension="EXTEND")
        node.name = name
        t.link(uv, node.inputs["Vector"])
        read[name] = node.outputs
    bare = t.math("SUBTRACT", 1.0, read[COVER]["Alpha"])
    alpha = read[FRONT]["Alpha"]
    covered = t.math("MULTIPLY", read[COVER]["Alpha"], there)
    thin = t.math("MULTIPLY", t.math("SUBTRACT", 1.0, alpha), covered)
    return LayerSockets(
        angle=t.math("MULTIPLY_ADD", there, OPENS_AT - 1.0, 1.0),
        opens=t.math("SUBTRACT", 1.0, t.math("MULTIPLY", bare, there)),
        thin=thin,
        is_rim=t.math("MULTIPLY", t.math("LESS_THAN", alpha, _SOFT), there),
        colour=read[FRONT]["Color"],
    )


def wake(material: bpy.types.Material, front: Sequence, cover: Sequence) -> None:
    """Let a relief's material show the rim; one of an older build has no nodes for it."""
    nodes = material.node_tree.nodes
    if LAYERED not in nodes:
        return
    for name, pictures in ((FRONT, front), (COVER, cover)):
        pictures.give(nodes[name])
    nodes[LAYERED].outputs[0].default_value = 1.0


def put_to_sleep(material: bpy.types.Material) -> None:
    """Layers are gone, or stale."""
    nodes = material.node_tree.nodes
    if LAYERED in nodes:
        nodes[LAYERED].outputs[0].default_value = 0.0
        for name in (FRONT, COVER):
            nodes[name].image = None
