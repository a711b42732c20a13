# SPDX-License-Identifier: GPL-3.0-or-later
"""A relief as an object that Blender's exporters can write, there while it is needed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from . import compat
from .behind import BEHIND, ROLE, plate_of
from .behind_group import COLOUR as PLATE_COLOUR
from .behind_group import FINEST
from .export_groups import COLOUR, surface_group, world_group
from .group_inputs import AUTO_RENDER, POINTS, RENDER_LEVEL, VIEWPORT_LEVEL
from .shot import relief_modifier

NAMED = ("Offset", "First", "Last")


@contextlib.contextmanager
def moving(
    scene: bpy.types.Scene,
    relief: bpy.types.Object,
    cut: bool,
    layers: bool,
    by_corner: bool = False,
) -> Iterator[list[Any]]:
    """Mesh objects in world space that follow ``relief``, and with ``layers`` the background plate
    behind it where there is one, through their frames, coloured by point.

    ``cut``: without the faces that span a step; ``by_corner``: see `surface_group`. They and all
    that they need are gone afterwards.
    """
    with _Made() as made:
        yield [_carrier(made, scene, shown, cut, by_corner) for shown in _shown(relief, layers)]


@contextlib.contextmanager
def still(
    scene: bpy.types.Scene,
    relief: bpy.types.Object,
    cut: bool,
    pictures: tuple[Path, Path | None],
    by_corner: bool = False,
) -> Iterator[list[Any]]:
    """As `moving`, of the scene's current frame alone, with real meshes that wear ``pictures``: the
    plate, and the background's with its alpha (None: without layers)."""
    with _Made() as made:
        found = []
        for shown, picture in zip(_shown(relief, pictures[1] is not None), pictures, strict=False):
            image = made.add(bpy.data.images.load(str(picture)), bpy.data.images)
            carrier = _carrier(made, scene, shown, cut, by_corner)
            evaluated = carrier.evaluated_get(bpy.context.evaluated_depsgraph_get())
            mesh = made.add(bpy.data.meshes.new_from_object(evaluated), bpy.data.meshes)
            mesh.name = shown.name
            mesh.materials.clear()
            mesh.materials.append(_material(made, shown.name, image, shown is not relief))
            mesh.attributes.active_color_name = COLOUR
            mesh.attributes.render_color_index = mesh.attributes.active_color_index
            one = made.add(bpy.data.objects.new(f"{shown.name} Export", mesh), bpy.data.objects)
            scene.collection.objects.link(one)
            found.append(one)
        yield found


def _shown(relief: bpy.types.Object, layers: bool) -> list[bpy.types.Object]:
    behind = plate_of(relief) if layers else None
    return [relief] if behind is None else [relief, behind]


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
    made: _Made, scene: bpy.types.Scene, shown: bpy.types.Object, cut: bool, by_corner: bool
) -> bpy.types.Object:
    """Two objects: a copy of the relief or plate, whose space is the footage camera's, and one at
    the origin that takes its geometry into the world: exporters treat hidden parents each in their
    own way."""
    copy = made.add(shown.copy(), bpy.data.objects)
    scene.collection.objects.link(copy)
    behind = shown.get(ROLE) == BEHIND
    if behind:
        modifier = next(m for m in copy.modifiers if compat.has_input(m, FINEST))
        compat.set_input(modifier, FINEST, True)
        plate = compat.get_input(modifier, PLATE_COLOUR)
    else:
        modifier = relief_modifier(copy)
        level = compat.get_input(modifier, RENDER_LEVEL) or compat.get_input(modifier, AUTO_RENDER)
        compat.set_input(modifier, VIEWPORT_LEVEL, level)
        compat.set_input(modifier, POINTS, False)
        plate = compat.get_input(modifier, "Plate")
    surface = made.add(surface_group(plate, by_corner, behind), bpy.data.node_groups)
    after: Any = copy.modifiers.new("Second Eye Export", "NODES")
    after.node_group = surface
    for name in NAMED:
        compat.set_input(after, name, compat.get_input(modifier, name))
    # A plate is whole: nothing stands behind it.
    compat.set_input(after, "Cut", cut and not behind)
    empty = made.add(bpy.data.meshes.new(shown.name), bpy.data.meshes)
    carrier = made.add(bpy.data.objects.new(shown.name, empty), bpy.data.objects)
    scene.collection.objects.link(carrier)
    brought: Any = carrier.modifiers.new("Second Eye Export", "NODES")
    brought.node_group = made.add(world_group(copy), bpy.data.node_groups)
    return carrier


def _material(
    made: _Made, name: str, image: bpy.types.Image, with_alpha: bool
) -> bpy.types.Material:
    """Emission of the picture, put so that glTF's and USD's exporters both understand it; cut
    where its alpha is below a half, if it is asked for."""
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
    if with_alpha:
        cut = tree.nodes.new("ShaderNodeMath")
        cut.operation = "ROUND"
        tree.links.new(texture.outputs["Alpha"], cut.inputs[0])
        tree.links.new(cut.outputs[0], shader.inputs["Alpha"])
    return material
