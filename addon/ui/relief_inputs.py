# SPDX-License-Identifier: GPL-3.0-or-later
"""A relief's inputs where they live: on its modifier, so that they take keys."""

from __future__ import annotations

import bpy

from ..stage import compat
from ..stage.group_inputs import BIAS, CONTRAST, DEPTH_VIEW, REPAIR, SPLIT

DISTANCE = ("Near", "Far", "Strength")
CURVE = (BIAS, CONTRAST)
COMPARISON = (REPAIR, SPLIT, DEPTH_VIEW)


def draw(
    layout: bpy.types.UILayout, modifier: bpy.types.NodesModifier, names: tuple[str, ...]
) -> None:
    for name in names:
        identifier = compat.input_identifier(modifier.node_group, name)
        inputs = getattr(getattr(modifier, "properties", None), "inputs", None)
        if inputs is not None:  # Blender 5.2
            layout.prop(getattr(inputs, identifier), "value", text=name)
        else:
            layout.prop(modifier, f'["{identifier}"]', text=name)


def of(relief: bpy.types.Object) -> bpy.types.NodesModifier | None:
    for modifier in relief.modifiers:
        if isinstance(modifier, bpy.types.NodesModifier) and modifier.node_group is not None:
            return modifier
    return None


def draw_pointer(
    layout: bpy.types.UILayout, modifier: bpy.types.NodesModifier, name: str, kind: str
) -> None:
    """An input that takes one of ``bpy.data``'s ``kind``."""
    identifier = compat.input_identifier(modifier.node_group, name)
    inputs = getattr(getattr(modifier, "properties", None), "inputs", None)
    if inputs is not None:  # Blender 5.2
        layout.prop_search(getattr(inputs, identifier), "value", bpy.data, kind, text=name)
    else:
        layout.prop_search(modifier, f'["{identifier}"]', bpy.data, kind, text=name)
