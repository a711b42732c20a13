# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel needs of the active depth edit beyond its modifier's inputs: menus and searches
that write those inputs."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import EnumProperty, IntProperty, PointerProperty, StringProperty

from .stage import compat
from .stage.edit_inputs import KIND, LAYER, MASK
from .stage.edit_nodes import is_edit

KIND_ITEMS = (
    ("offset", "Offset", "Brings things nearer, or moves them back, by Amount"),
    ("constant", "Flatten to a Depth", "Brings things to one depth: Level, or the object's own"),
    (
        "plane",
        "Flatten to a Plane",
        "Brings things onto a plane: Level and both tilts, or the object's own XY plane",
    ),
)


def active(relief: bpy.types.Object) -> Any | None:
    """The edit that is chosen in the panel's list; None where it is none."""
    index = relief.second_eye_edits.active
    found = relief.modifiers[index] if 0 <= index < len(relief.modifiers) else None
    return found if found is not None and is_edit(found) else None


def _get(name: str, empty: Any) -> Any:
    def get(settings: Any) -> Any:
        modifier = active(settings.id_data)
        return empty if modifier is None else compat.get_input(modifier, name)

    return get


def _set(name: str) -> Any:
    def put(settings: Any, value: Any) -> None:
        modifier = active(settings.id_data)
        if modifier is not None:
            compat.set_input(modifier, name, value)

    return put


class SECOND_EYE_edits(bpy.types.PropertyGroup):
    """Of a relief's stack of depth edits."""

    active: IntProperty(name="Active Edit", description="The edit whose settings are shown")
    kind: EnumProperty(
        name="Kind",
        description="What the edit does with the depth that it reaches",
        items=KIND_ITEMS,
        get=_get(KIND, 0),
        set=_set(KIND),
    )
    mask: StringProperty(
        name="Mask",
        description="The mask of the edit; Rasterise Mask draws it anew",
        get=_get(MASK, ""),
        set=_set(MASK),
    )
    layer: StringProperty(
        name="Layer",
        description="The mask's layer; empty takes all of them. Rasterise Mask draws it anew",
        get=_get(LAYER, ""),
        set=_set(LAYER),
    )


def register() -> None:
    bpy.types.Object.second_eye_edits = PointerProperty(type=SECOND_EYE_edits)


def unregister() -> None:
    del bpy.types.Object.second_eye_edits


CLASSES = (SECOND_EYE_edits,)
