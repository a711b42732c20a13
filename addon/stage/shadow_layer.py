# SPDX-License-Identifier: GPL-3.0-or-later
"""The view layer that tells where shadows fall: the objects and the twins, without the footage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from .shadow_material import MISSING

NAME = "Second Eye Shadows"
ROLE, SHADOWS = "second_eye_role", "shadows"


def find(scene: bpy.types.Scene) -> bpy.types.ViewLayer | None:
    """The scene's layer of shadows."""
    return next((layer for layer in scene.view_layers if layer.get(ROLE) == SHADOWS), None)


def add(
    scene: bpy.types.Scene,
    seen: bpy.types.ViewLayer,
    catcher: bpy.types.Collection,
    footage: list[bpy.types.Collection],
) -> bpy.types.ViewLayer:
    """A layer that shows what ``seen`` shows, with the collection ``catcher`` in place of
    ``footage``. No other layer shows ``catcher``."""
    layer = scene.view_layers.new(NAME)
    layer[ROLE] = SHADOWS
    cycles: Any = layer.cycles
    cycles.use_pass_shadow_catcher = True
    layer.use_pass_object_index = True
    missing = layer.aovs.add()
    missing.name, missing.type = MISSING, "VALUE"
    for ours, theirs in zip(
        _below(layer.layer_collection), _below(seen.layer_collection), strict=True
    ):
        ours.exclude = theirs.exclude or ours.collection in footage
        ours.indirect_only, ours.holdout = theirs.indirect_only, theirs.holdout
    for other in scene.view_layers:
        for part in _below(other.layer_collection):
            if part.collection == catcher:
                part.exclude = other != layer
    return layer


def remove(scene: bpy.types.Scene) -> None:
    """Take the layer of shadows away."""
    layer = find(scene)
    if layer is not None:
        scene.view_layers.remove(layer)


def _below(part: bpy.types.LayerCollection) -> Iterator[bpy.types.LayerCollection]:
    """All parts of a layer but its root, which can't be excluded."""
    for child in part.children:
        yield child
        yield from _below(child)
