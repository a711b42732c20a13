# SPDX-License-Identifier: GPL-3.0-or-later
"""The compositor's part: the picture, multiplied by what the layer of shadows says.

Goes between the layer's picture and whatever an artist has linked it to; where the scene composites
nothing yet, straight to the output.
"""

from __future__ import annotations

from typing import Any

import bpy

from ...core.errors import SecondEyeError
from . import compat
from .nodes import Socket
from .shadow_material import MISSING
from .shadow_twin import TWIN_INDEX

ROLE = "second_eye_role"
PICTURE, SHADOWS, DENSITY, MULTIPLY = "picture", "shadows", "shadow density", "shadow multiply"
"""Values of the nodes' role: the layer's picture where it came with the catcher, what reckons the
shadows, the node whose factor is their density, the one that multiplies the picture."""
ALONE = "second_eye_nodes"
"""On a tree that was switched on for the shadows: how many nodes it had then."""
WAITED = "second_eye_waited"
"""On a tree of an artist that was switched off before: it is again, with its nodes, afterwards."""
DARKNESS = 0.7  # of a shadow whose light is all gone: outdoors the sky fills shadows
WHITE = (1.0, 1.0, 1.0, 1.0)


def check(scene: bpy.types.Scene, layer: bpy.types.ViewLayer) -> None:
    """Raises SecondEyeError where the scene's compositor shows something else than ``layer``."""
    tree = compat.compositor(scene) or compat.waiting_compositor(scene)
    if tree is not None and _picture(tree, layer) is None:
        raise SecondEyeError(
            f'The compositor doesn\'t show the view layer "{layer.name}": link its Render Layers '
            "node there, or delete its nodes, and try again."
        )


def add(scene: bpy.types.Scene, layer: bpy.types.ViewLayer, shadows: bpy.types.ViewLayer) -> None:
    """Multiply the picture of ``layer`` by the passes of ``shadows``."""
    tree, waiting = compat.compositor(scene), compat.waiting_compositor(scene)
    if waiting is not None:
        tree = compat.switch_compositor_on(scene)
        tree[WAITED] = True
    elif tree is None:
        tree = compat.switch_compositor_on(scene)
        output = compat.compositor_output(tree)
        if _picture(tree, layer) is None:
            tree.links.new(_layer_node(tree, scene, layer, PICTURE).outputs["Image"], output)
        tree[ALONE] = len(tree.nodes)
    picture = _picture(tree, layer)
    onward = [link.to_socket for link in picture.links]
    multiplied = _multiplied(scene, tree, picture, shadows)
    for target in onward:
        tree.links.new(multiplied, target)


def density(scene: bpy.types.Scene) -> Any | None:
    """The socket that says how dark a shadow is whose light is all gone, 0..1; it takes keys."""
    tree = compat.compositor(scene)
    nodes = tree.nodes if tree is not None else ()
    return next((node.inputs[0] for node in nodes if node.get(ROLE) == DENSITY), None)


def remove(scene: bpy.types.Scene) -> None:
    """Take the multiplication out again; a compositor that holds nothing else is switched off."""
    tree = compat.compositor(scene)
    if tree is None:
        return
    for node in [n for n in tree.nodes if n.get(ROLE) == MULTIPLY]:
        linked = [link for socket in node.inputs for link in socket.links]
        source = next(s.from_socket for s in linked if s.from_node.get(ROLE) != DENSITY)
        for target in [link.to_socket for out in node.outputs for link in out.links]:
            tree.links.new(source, target)
    for node in [n for n in tree.nodes if n.get(ROLE) in (SHADOWS, DENSITY, MULTIPLY)]:
        tree.nodes.remove(node)
    if tree.get(WAITED):
        del tree[WAITED]
        scene.use_nodes = False
    elif tree.get(ALONE) == len(tree.nodes):
        compat.switch_compositor_off(scene)


def _picture(tree: Any, layer: bpy.types.ViewLayer) -> Socket | None:
    """The picture of ``layer`` as the tree uses it."""
    for node in tree.nodes:
        ours = node.bl_idname == "CompositorNodeRLayers" and node.layer == layer.name
        if ours and node.outputs["Image"].is_linked:
            return node.outputs["Image"]
    return None


def _multiplied(
    scene: bpy.types.Scene, tree: Any, picture: Socket, shadows: bpy.types.ViewLayer
) -> Socket:
    render: Any = scene.render
    engine, render.engine = render.engine, "CYCLES"  # which alone has the pass
    told = _layer_node(tree, scene, shadows, SHADOWS)

    def mix(blend: str, first: Any, second: Any, role: str = SHADOWS) -> tuple[Any, Socket]:
        node, factor, one, other, result = compat.colour_mix(tree, blend)
        node[ROLE] = role
        factor.default_value = 1.0
        for value, socket in ((first, one), (second, other)):
            socket.default_value = WHITE  # what counts where a pass is not there
            if isinstance(value, bpy.types.NodeSocket):
                tree.links.new(value, socket)
        return factor, result

    # Cycles' pass lies above 1 where objects throw light on the ground, as noise does; footage
    # without shadows is to stay as it is. In EEVEE the socket is dead, and white counts.
    _, caught = mix("DARKEN", WHITE, told.outputs["Shadow Catcher"])
    # Through a step that is cut, that pass compares what lies behind it with the ground farther on:
    # so only where a twin is what is seen first.
    ground, caught = mix("MIX", WHITE, caught)
    index = compat.compositor_math(tree, "COMPARE")
    index[ROLE] = SHADOWS
    tree.links.new(compat.object_index(told), index.inputs[0])
    index.inputs[1].default_value, index.inputs[2].default_value = TWIN_INDEX, 0.5
    tree.links.new(index.outputs[0], ground)
    _, left = mix("SUBTRACT", WHITE, told.outputs[MISSING])  # EEVEE's; 0 in Cycles
    _, both = mix("MULTIPLY", caught, left)
    factor, thinned = mix("MIX", WHITE, both, DENSITY)
    factor.default_value = DARKNESS
    _, multiplied = mix("MULTIPLY", picture, thinned, MULTIPLY)
    render.engine = engine
    return multiplied


def _layer_node(tree: Any, scene: bpy.types.Scene, layer: bpy.types.ViewLayer, role: str) -> Any:
    node = tree.nodes.new("CompositorNodeRLayers")
    node.scene, node.layer, node[ROLE] = scene, layer.name, role
    return node
