# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that differs between Blender 4.2 and 5.2, in one place."""

from __future__ import annotations

from typing import Any

import bpy


def input_identifier(group: Any, name: str) -> str:
    """The identifier ("Socket_3") of a node group's input, by its name."""
    for item in group.interface.items_tree:
        if item.item_type == "SOCKET" and item.in_out == "INPUT" and item.name == name:
            return item.identifier
    raise KeyError(name)


def has_input(modifier: Any, name: str) -> bool:
    """Whether the modifier's group has an input of that name: groups of older builds lack some."""
    items = modifier.node_group.interface.items_tree
    return any(i.item_type == "SOCKET" and i.in_out == "INPUT" and i.name == name for i in items)


def _typed_inputs(modifier: Any) -> Any | None:
    """Blender 5.2 gives modifier inputs RNA properties; before, they were ID properties."""
    return getattr(getattr(modifier, "properties", None), "inputs", None)


def set_input(modifier: Any, name: str, value: Any) -> None:
    """Set an input of a Geometry Nodes modifier by the input's name."""
    identifier = input_identifier(modifier.node_group, name)
    inputs = _typed_inputs(modifier)
    if inputs is not None:
        getattr(inputs, identifier).value = value
    else:
        modifier[identifier] = value
    modifier.id_data.update_tag()  # an ID property tells nobody that it changed


def get_input(modifier: Any, name: str) -> Any:
    """The value of a Geometry Nodes modifier's input by the input's name."""
    identifier = input_identifier(modifier.node_group, name)
    inputs = _typed_inputs(modifier)
    return getattr(inputs, identifier).value if inputs is not None else modifier[identifier]


def input_path(modifier: Any, name: str) -> str:
    """The data path, from the object, by which an F-curve animates a modifier's input."""
    identifier = input_identifier(modifier.node_group, name)
    start = f'modifiers["{bpy.utils.escape_identifier(modifier.name)}"]'
    if _typed_inputs(modifier) is not None:
        return f"{start}.properties.inputs.{identifier}.value"
    return f'{start}["{identifier}"]'


def fcurves(owner: bpy.types.ID) -> list[bpy.types.FCurve]:
    """The F-curves that animate a data-block (Blender 5 keeps them in a channel bag per slot)."""
    data = getattr(owner, "animation_data", None)
    if data is None or data.action is None:
        return []
    action = data.action
    if hasattr(action, "layers") and action.layers:
        return [
            curve
            for layer in action.layers
            for strip in layer.strips
            for bag in strip.channelbags
            if data.action_slot is not None and bag.slot_handle == data.action_slot.handle
            for curve in bag.fcurves
        ]
    return list(getattr(action, "fcurves", []))


def find_fcurve(owner: bpy.types.ID, path: str, index: int = 0) -> bpy.types.FCurve | None:
    for curve in fcurves(owner):
        if curve.data_path == path and curve.array_index == index:
            return curve
    return None


def ensure_fcurve(owner: bpy.types.ID, path: str, index: int = 0) -> bpy.types.FCurve:
    """The F-curve of one property, made with its action where there is none."""
    found = find_fcurve(owner, path, index)
    if found is not None:
        return found
    data = owner.animation_data_create()
    if data.action is None:
        data.action = bpy.data.actions.new(f"{owner.name} Action")
    if hasattr(data.action, "fcurve_ensure_for_datablock"):
        return data.action.fcurve_ensure_for_datablock(owner, path, index=index)
    return data.action.fcurves.new(path, index=index)


def remove_fcurve(owner: bpy.types.ID, path: str, index: int = 0) -> None:
    """Take a property's F-curve away, if it has one."""
    found = find_fcurve(owner, path, index)
    if found is None:
        return
    action: Any = owner.animation_data.action
    for layer in getattr(action, "layers", ()):
        for strip in layer.strips:
            for bag in strip.channelbags:
                if any(curve == found for curve in bag.fcurves):
                    bag.fcurves.remove(found)
                    return
    action.fcurves.remove(found)


def own_action(owner: bpy.types.ID) -> None:
    """Give a copied data-block a copy of its action: it shares its original's until then."""
    data = getattr(owner, "animation_data", None)
    if data is None or data.action is None:
        return
    handle = data.action_slot.handle if getattr(data, "action_slot", None) is not None else None
    data.action = data.action.copy()
    if handle is not None:  # Blender 4.4 and newer; a copied action keeps its slots' handles
        data.action_slot = next(s for s in data.action.slots if s.handle == handle)


def local_action(owner: bpy.types.ID) -> None:
    """Give a library override an action of its own: the library's can't keep what is set here."""
    data = getattr(owner, "animation_data", None)
    if data is not None and data.action is not None and not data.action.is_editable:
        own_action(owner)


def set_png(settings: bpy.types.ImageFormatSettings) -> None:
    """8-bit RGB PNG; Blender 5 wants the kind of medium named first."""
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format = "PNG"
    settings.color_mode = "RGB"
    settings.color_depth = "8"
    settings.compression = 15


def compositor(scene: Any) -> Any | None:
    """The node tree by which the scene composites; None where it composites nothing."""
    if hasattr(scene, "compositing_node_group"):  # Blender 5
        return scene.compositing_node_group
    return scene.node_tree if scene.use_nodes else None


def waiting_compositor(scene: Any) -> Any | None:
    """Nodes of an artist that are switched off, which Blender 5 no longer knows; None: no nodes."""
    if hasattr(scene, "compositing_node_group") or scene.use_nodes or scene.node_tree is None:
        return None
    return scene.node_tree if len(scene.node_tree.nodes) else None


def switch_compositor_on(scene: Any) -> Any:
    """Let the scene composite by nodes, with an output among them; returns the tree."""
    if hasattr(scene, "compositing_node_group"):
        if scene.compositing_node_group is None:
            tree: Any = bpy.data.node_groups.new("Compositing", "CompositorNodeTree")
            tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
            scene.compositing_node_group = tree
        return scene.compositing_node_group
    scene.use_nodes = True
    return scene.node_tree


def switch_compositor_off(scene: Any) -> None:
    """Let the scene composite nothing, and remove its nodes."""
    if hasattr(scene, "compositing_node_group"):
        tree, scene.compositing_node_group = scene.compositing_node_group, None
        if tree is not None and tree.users == 0:
            bpy.data.node_groups.remove(tree)
        return
    scene.node_tree.nodes.clear()
    scene.use_nodes = False


def compositor_output(tree: Any) -> Any:
    """The socket that takes the finished picture; with its node where the tree has none."""
    kind = "CompositorNodeComposite"
    if not hasattr(bpy.types, kind):
        kind = "NodeGroupOutput"
    for node in tree.nodes:
        if node.bl_idname == kind:
            return node.inputs[0]
    return tree.nodes.new(kind).inputs[0]


def colour_mix(tree: Any, blend: str) -> tuple[Any, Any, Any, Any, Any]:
    """A node of a compositor that blends two colours: the node, its factor, both colours, and the
    result."""
    if hasattr(bpy.types, "CompositorNodeMixRGB"):
        node = tree.nodes.new("CompositorNodeMixRGB")
        node.blend_type = blend
        return node, *node.inputs[:3], node.outputs[0]
    node = tree.nodes.new("ShaderNodeMix")
    node.data_type, node.blend_type = "RGBA", blend
    inputs = [i for i in node.inputs if i.enabled]
    return node, *inputs[:3], next(o for o in node.outputs if o.enabled)


def compositor_math(tree: Any, operation: str) -> Any:
    """A node of a compositor that reckons with numbers."""
    kind = "CompositorNodeMath" if hasattr(bpy.types, "CompositorNodeMath") else "ShaderNodeMath"
    node = tree.nodes.new(kind)
    node.operation = operation
    return node


def object_index(layer_node: Any) -> Any:
    """The socket of a Render Layers node that has the object index pass."""
    outputs = layer_node.outputs
    return outputs["IndexOB"] if "IndexOB" in outputs else outputs["Object Index"]


def panorama(camera: Any) -> Any:
    """What holds a camera's panorama: itself, or up to Blender 4.4 Cycles' part of it (None where
    Cycles is switched off)."""
    return camera if hasattr(camera, "panorama_type") else getattr(camera, "cycles", None)


def cycles_of(block: bpy.types.ID | bpy.types.ViewLayer) -> Any:
    """Cycles' settings of a scene, a material or a view layer; None where its add-on is off."""
    return getattr(block, "cycles", None)


def engine(named: str) -> str | None:
    """Blender's name of "CYCLES", "EEVEE" or "WORKBENCH"; None for another word."""
    eevee = "BLENDER_EEVEE_NEXT" if bpy.app.version < (5, 0, 0) else "BLENDER_EEVEE"
    known = {"CYCLES": "CYCLES", "EEVEE": eevee, "WORKBENCH": "BLENDER_WORKBENCH"}
    return known.get(named)


def set_picture_format(settings: Any, file_format: str, depth: str, codec: str = "ZIP") -> None:
    """RGB in one file a picture: "PNG" of depth "8" or "16", "OPEN_EXR" of "16" or "32"."""
    set_png(settings)
    settings.file_format = file_format
    settings.color_mode = "RGB"
    settings.color_depth = depth
    if file_format == "OPEN_EXR":
        settings.exr_codec = codec
