# SPDX-License-Identifier: GPL-3.0-or-later
"""A relief as an object that Blender's exporters can write, there while it is needed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from . import compat
from .export_groups import COLOUR, surface_group, world_group
from .group_inputs import AUTO_RENDER, POINTS, RENDER_LEVEL, VIEWPORT_LEVEL
from .shot import relief_modifier

NAMED = ("Offset", "First", "Last")


@contextlib.contextmanager
def moving(
    scene: bpy.types.Scene, relief: bpy.types.Object, cut: bool, by_corner: bool = False
) -> Iterator[Any]:
    """A mesh object in world space that follows ``relief`` through its frames, coloured by point.

    ``cut``: without the faces that span a step; ``by_corner``: see `surface_group`. It and all that
    it needs are gone afterwards.
    """
    with _Made() as made:
        yield _carrier(made, scene, relief, cut, by_corner)


@contextlib.contextmanager
def still(
    scene: bpy.types.Scene,
    relief: bpy.types.Object,
    cut: bool,
    plate: Path,
    by_corner: bool = False,
) -> Iterator[Any]:
    """As `moving`, of the scene's current frame alone, with a real mesh that wears ``plate``."""
    with _Made() as made:
        image = made.add(bpy.data.images.load(str(plate)), bpy.data.images)
        carrier = _carrier(made, scene, relief, cut, by_corner)
        evaluated = carrier.evaluated_get(bpy.context.evaluated_depsgraph_get())
        mesh = made.add(bpy.data.meshes.new_from_object(evaluated), bpy.data.meshes)
        mesh.name = relief.name
        mesh.materials.clear()
        mesh.materials.append(_material(made, relief.name, image))
        mesh.attributes.active_color_name = COLOUR
        mesh.attributes.render_color_index = mesh.attributes.active_color_index
        found = made.add(bpy.data.objects.new(f"{relief.name} Export", mesh), bpy.data.objects)
        scene.collection.objects.link(found)
        yield found


class _Made:
    """What was made for one export, taken back in reverse."""

    def __init__(self) -> None:
        self._all: list[tuple[Any, Any]] = []

    def __enter__(self) -> _Made:
        return self

    def add(self, block: Any, home: Any) -> Any:
        self._all.append((block, home))
        return block

    def __exit__(self, *error: object) -> None:
        while self._all:
            block, home = self._all.pop()
            home.remove(block)


def _carrier(
    made: _Made, scene: bpy.types.Scene, relief: bpy.types.Object, cut: bool, by_corner: bool
) -> bpy.types.Object:
    """Two objects: a copy of the relief, whose space is the footage camera's, and one at the origin
    that takes its geometry into the world: exporters treat hidden parents each in their own way."""
    copy = made.add(relief.copy(), bpy.data.objects)
    scene.collection.objects.link(copy)
    modifier = relief_modifier(copy)
    level = compat.get_input(modifier, RENDER_LEVEL) or compat.get_input(modifier, AUTO_RENDER)
    compat.set_input(modifier, VIEWPORT_LEVEL, level)
    compat.set_input(modifier, POINTS, False)
    plate = compat.get_input(modifier, "Plate")
    surface = made.add(surface_group(plate, by_corner), bpy.data.node_groups)
    after: Any = copy.modifiers.new("Second Eye Export", "NODES")
    after.node_group = surface
    for name in NAMED:
        compat.set_input(after, name, compat.get_input(modifier, name))
    compat.set_input(after, "Cut", cut)
    empty = made.add(bpy.data.meshes.new(relief.name), bpy.data.meshes)
    carrier = made.add(bpy.data.objects.new(relief.name, empty), bpy.data.objects)
    scene.collection.objects.link(carrier)
    brought: Any = carrier.modifiers.new("Second Eye Export", "NODES")
    brought.node_group = made.add(world_group(copy), bpy.data.node_groups)
    return carrier


def _material(made: _Made, name: str, image: bpy.types.Image) -> bpy.types.Material:
    """Emission of the picture, put so that glTF's and USD's exporters both understand it."""
    material = made.add(bpy.data.materials.new(name), bpy.data.materials)
    if material.node_tree is None:
        material.use_nodes = True
    tree: Any = material.node_tree
    shader = next(n for n in tree.nodes if n.type == "BSDF_PRINCIPLED")
    texture = tree.nodes.new("ShaderNodeTexImage")
    texture.image, texture.extension = image, "EXTEND"
    shader.inputs["Base Color"].default_value = (0.0, 0.0, 0.0, 1.0)
    shader.inputs["Roughness"].default_value = 1.0
    shader.inputs["Specular IOR Level"].default_value = 0.0
    shader.inputs["Emission Strength"].default_value = 1.0
    tree.links.new(texture.outputs["Color"], shader.inputs["Emission Color"])
    return material
