# SPDX-License-Identifier: GPL-3.0-or-later
"""What Geometry Nodes read in a painted image, as an array: colour space, alpha and all."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from .nodes import Tree
from .relief_group import store, texture

_RED = "se_red"


def painted_red(image: bpy.types.Image, height: int, width: int) -> np.ndarray:
    """Float32 (height, width), top row first: the red that edits' nodes find at the middles of a
    picture's pixels. Asked of a mesh with a vertex there, since Blender multiplies some images by
    their alpha and turns some to linear light, and others not."""
    group: Any = bpy.data.node_groups.new("Second Eye Painted", "GeometryNodeTree")
    mesh = bpy.data.meshes.new(group.name)
    holder = bpy.data.objects.new(group.name, mesh)
    collection = bpy.context.scene.collection
    collection.objects.link(holder)
    try:
        v, u = np.mgrid[:height, :width].astype(np.float32)
        places = np.zeros((height * width, 3), np.float32)
        places[:, 0] = ((u + 0.5) / width).ravel()
        places[:, 1] = 1.0 - ((v + 0.5) / height).ravel()
        mesh.vertices.add(len(places))
        mesh.vertices.foreach_set("co", places.ravel())
        modifier: Any = holder.modifiers.new(group.name, "NODES")
        _read(group, image)
        modifier.node_group = group
        evaluated = holder.evaluated_get(bpy.context.evaluated_depsgraph_get())
        red = np.empty(len(places), np.float32)
        evaluated.data.attributes[_RED].data.foreach_get("value", red)
        return red.reshape(height, width)
    finally:
        bpy.data.objects.remove(holder)
        bpy.data.meshes.remove(mesh)
        bpy.data.node_groups.remove(group)


def _read(group: Any, image: bpy.types.Image) -> None:
    for way in ("OUTPUT", "INPUT"):
        group.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    t = Tree(group)
    given = t.node("NodeGroupInput").outputs
    place = t.node("GeometryNodeInputPosition").outputs[0]
    split = t.node("FunctionNodeSeparateColor")
    t.link(texture(t, image, place, 1, "Closest", "Painted"), split.inputs[0])
    told = store(t, given[0], _RED, "FLOAT", split.outputs[0])
    t.link(told, t.node("NodeGroupOutput").inputs[0])
