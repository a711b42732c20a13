# SPDX-License-Identifier: GPL-3.0-or-later
"""Twins of the reliefs that catch the shadows of objects among the footage.

Footage is emission, and emission receives no shadow. A twin has the relief's own geometry, taken
from the evaluated relief: its levels, range, points and whatever else an artist sets there are the
twin's, too. Twins are rendered in a view layer of their own (`shadow_layer`), which tells how much
of the light arrives, and the compositor multiplies the footage by that (`shadow_compositing`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
from mathutils import Vector

from ...core.errors import SecondEyeError
from . import compat, keys, shadow_compositing, shadow_layer
from .shadow_material import catcher_material
from .shadow_twin import material_of, twin_object

COLLECTION, SUN_NAME = "Second Eye Catcher", "Second Eye Sun"
ROLE = "second_eye_role"
CATCHER, TWIN, LAMP = "catcher", "twin", "sun"
"""Values of the role: the collection, its twins, a sun that came with it."""
SAMPLES = 32  # a pixel: one is enough for the plate, soft shadows and lit objects want more
TO_SUN = Vector((-0.62, -0.25, 0.74))
"""From the scene towards a sun made here: on the left and behind a camera that looks along +Y."""
ENERGY, ANGLE = 3.0, 0.02
"""Of such a sun: W/m2, and about one degree across."""
CAST, SAMPLED = "second_eye_cast", "second_eye_samples"
"""What was there before: on a relief, whether it cast shadows; on the collection, the samples."""


@dataclass(frozen=True)
class Catcher:
    """The twins' collection, the twins in the order of their reliefs, the sun that they know."""

    collection: bpy.types.Collection
    twins: tuple[bpy.types.Object, ...]
    sun: bpy.types.Object


def find_catcher(scene: bpy.types.Scene) -> bpy.types.Collection | None:
    """The collection of the scene's twins; None without any."""
    for collection in scene.collection.children_recursive:
        if collection.get(ROLE) == CATCHER:
            return collection
    return None


def add_catcher(
    scene: bpy.types.Scene, layer: bpy.types.ViewLayer, reliefs: list[bpy.types.Object]
) -> Catcher:
    """Let ``reliefs`` receive shadows in what is rendered of ``layer``.

    The scene's first sun is taken, or one is made. Where twins stand already they are made anew.
    Raises SecondEyeError where there is no relief, or where the scene's compositor doesn't show
    ``layer``; then nothing has changed.
    """
    if not reliefs:
        raise SecondEyeError("The scene holds no relief: press Build Scene first.")
    collection = find_catcher(scene)
    if collection is None:
        shadow_compositing.check(scene, layer)
        collection = bpy.data.collections.new(COLLECTION)
        collection[ROLE] = CATCHER
        scene.collection.children.link(collection)
        cycles: Any = scene.cycles
        collection[SAMPLED] = cycles.samples
        cycles.samples = max(cycles.samples, SAMPLES)
        footage = [c for relief in reliefs for c in relief.users_collection]
        caught = shadow_layer.add(scene, layer, collection, footage)
        shadow_compositing.add(scene, layer, caught)
    return _fill(scene, collection, reliefs)


def refresh_catcher(scene: bpy.types.Scene, reliefs: list[bpy.types.Object]) -> None:
    """Make the twins anew for ``reliefs`` that were built or updated; nothing without a catcher."""
    collection = find_catcher(scene)
    if collection is not None:
        cycles = compat.cycles_of(scene)
        if cycles is not None:
            cycles.samples = max(cycles.samples, SAMPLES)  # Build Scene asks for one
        _fill(scene, collection, reliefs)


def remove_catcher(scene: bpy.types.Scene, reliefs: list[bpy.types.Object]) -> None:
    """Take away all that `add_catcher` made, and give back what it changed."""
    collection = find_catcher(scene)
    if collection is None:
        return
    shadow_compositing.remove(scene)
    shadow_layer.remove(scene)
    _empty(collection)
    for relief in reliefs:
        if relief.get(CAST) is not None:
            relief.visible_shadow = bool(relief.pop(CAST))
    cycles = compat.cycles_of(scene)
    if (
        cycles is not None and cycles.samples == SAMPLES
    ):  # else the artist has set another number since
        cycles.samples = collection[SAMPLED]
    for lamp in [o for o in scene.objects if o.get(ROLE) == LAMP]:
        light: Any = lamp.data
        bpy.data.lights.remove(light)
    bpy.data.collections.remove(collection)


def _fill(
    scene: bpy.types.Scene, collection: bpy.types.Collection, reliefs: list[bpy.types.Object]
) -> Catcher:
    _empty(collection)
    sun = _sun(scene)
    twins = []
    for relief in reliefs:
        if relief.get(CAST) is None:
            # The footage's own shadows are in the footage; a wall of estimated depth between the
            # sun and the objects would put them all in the dark.
            relief[CAST] = relief.visible_shadow
            relief.visible_shadow = False
        twin = twin_object(relief, catcher_material(relief, sun), sun)
        twin[ROLE] = TWIN
        collection.objects.link(twin)
        keys.hide_as(twin, relief)
        twins.append(twin)
    return Catcher(collection, tuple(twins), sun)


def _empty(collection: bpy.types.Collection) -> None:
    twins = [o for o in collection.objects if o.get(ROLE) == TWIN]
    worn = [material_of(twin) for twin in twins]
    used = [twin.data for twin in twins]
    actions = [twin.animation_data.action for twin in twins if twin.animation_data]
    bpy.data.batch_remove(twins)
    left = [block for block in (*worn, *used, *actions) if block is not None and not block.users]
    bpy.data.batch_remove(left)


def _sun(scene: bpy.types.Scene) -> bpy.types.Object:
    """The scene's first sun that shines in renders; one of our own where there is none."""
    for thing in scene.objects:
        light = thing.data
        if isinstance(light, bpy.types.SunLight) and not thing.hide_render:
            return thing
    data: Any = bpy.data.lights.new(SUN_NAME, "SUN")
    data.energy, data.angle = ENERGY, ANGLE
    sun = bpy.data.objects.new(SUN_NAME, data)
    sun[ROLE] = LAMP
    sun.rotation_euler = TO_SUN.to_track_quat("Z", "Y").to_euler()
    scene.collection.objects.link(sun)
    return sun
