# SPDX-License-Identifier: GPL-3.0-or-later
"""One twin: an object that shows what its relief shows, in a catcher's material."""

from __future__ import annotations

from typing import Any

import bpy
from mathutils import Matrix

from . import compat
from .nodes import Tree, stamped_group
from .shadow_material import TO_SUN

NAME = "Second Eye Twin"
VERSION = 1  # raise it when the nodes change
STAMP = "second_eye_twin"
TWIN_INDEX = 20_302  # of a twin's object index pass: no number that an artist would choose
RELIEF, LAMP, MATERIAL = "Relief", "Sun", "Material"


def twin_object(
    relief: bpy.types.Object, material: bpy.types.Material, sun: bpy.types.Object
) -> bpy.types.Object:
    """A shadow catcher with the geometry that ``relief`` has in each frame; link it."""
    name = f"{relief.name} Catcher"
    twin = bpy.data.objects.new(name, bpy.data.meshes.new(name))
    # Hung from the relief without an offset: both have one space, in which the material works.
    twin.parent = relief
    twin.matrix_parent_inverse = Matrix.Identity(4)
    modifier: Any = twin.modifiers.new(NAME, "NODES")
    modifier.node_group = _group()
    for label, value in ((RELIEF, relief), (LAMP, sun), (MATERIAL, material)):
        compat.set_input(modifier, label, value)
    twin.is_shadow_catcher = True
    twin.pass_index = TWIN_INDEX
    # What shadows a twin is the objects, never itself: estimated ground is bumpy.
    twin.visible_shadow = twin.visible_diffuse = twin.visible_glossy = False
    twin.visible_transmission = twin.visible_volume_scatter = False
    twin.hide_select = True
    return twin


def material_of(twin: bpy.types.Object) -> bpy.types.Material | None:
    """The material that a twin wears."""
    for modifier in twin.modifiers:
        group = modifier.node_group if isinstance(modifier, bpy.types.NodesModifier) else None
        if group is not None and group.get(STAMP):
            return compat.get_input(modifier, MATERIAL)
    return None


def _group() -> bpy.types.NodeTree:
    """The twins' node group of this version: found in the file, or built."""
    group, new_one = stamped_group(NAME, STAMP, VERSION)
    if not new_one:
        return group
    new = group.interface.new_socket
    for name, kind, description in (
        (RELIEF, "NodeSocketObject", "Whose geometry this is"),
        (LAMP, "NodeSocketObject", "The sun that the surface is turned towards"),
        (MATERIAL, "NodeSocketMaterial", "What catches the shadows"),
    ):
        new(name, in_out="INPUT", socket_type=kind, description=description)
    t = Tree(group)
    given = t.node("NodeGroupInput").outputs
    relief = t.node("GeometryNodeObjectInfo", RELIEF, transform_space="ORIGINAL")
    t.link(given[RELIEF], relief.inputs["Object"])
    sun = t.node("GeometryNodeObjectInfo", LAMP, transform_space="ORIGINAL")
    t.link(given[LAMP], sun.inputs["Object"])
    towards = t.node("FunctionNodeRotateVector")
    towards.inputs["Vector"].default_value = (0.0, 0.0, 1.0)
    t.link(sun.outputs["Rotation"], towards.inputs["Rotation"])
    told = t.node(
        "GeometryNodeStoreNamedAttribute", TO_SUN, data_type="FLOAT_VECTOR", domain="POINT"
    )
    t.link(relief.outputs["Geometry"], told.inputs["Geometry"])
    t.link(TO_SUN, told.inputs["Name"])
    t.link(towards.outputs[0], told.inputs["Value"])
    painted = t.node("GeometryNodeSetMaterial")
    t.link(told.outputs["Geometry"], painted.inputs["Geometry"])
    t.link(given[MATERIAL], painted.inputs["Material"])
    t.link(painted.outputs["Geometry"], t.node("NodeGroupOutput").inputs[0])
    t.arrange()
    return group
