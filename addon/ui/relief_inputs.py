# SPDX-License-Identifier: GPL-3.0-or-later
"""A relief's near, far and strength where they live: on its modifier, so that they take keys."""

from __future__ import annotations

import bpy

from ..stage import compat

INPUTS = (("Near", "Near"), ("Far", "Far"), ("Strength", "Strength"))


def draw(layout: bpy.types.UILayout, modifier: bpy.types.NodesModifier) -> None:
    for name, text in INPUTS:
        identifier = compat.input_identifier(modifier.node_group, name)
        inputs = getattr(getattr(modifier, "properties", None), "inputs", None)
        if inputs is not None:  # Blender 5.2
            layout.prop(getattr(inputs, identifier), "value", text=text)
        else:
            layout.prop(modifier, f'["{identifier}"]', text=text)


def of(relief: bpy.types.Object) -> bpy.types.NodesModifier | None:
    for modifier in relief.modifiers:
        if isinstance(modifier, bpy.types.NodesModifier) and modifier.node_group is not None:
            return modifier
    return None


def shown(scene: bpy.types.Scene, reliefs: list[bpy.types.Object]) -> bpy.types.Object | None:
    """The selected relief, else the one whose shot plays at the current frame."""
    active = bpy.context.object
    if active in reliefs:
        return active
    visible = [relief for relief in reliefs if not relief.hide_render]
    return (visible or reliefs or [None])[0]
