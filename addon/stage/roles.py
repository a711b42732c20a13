# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stage's objects are, by a mark on them: an artist may rename all of them."""

from __future__ import annotations

import bpy

ROLE = "second_eye_role"
FOOTAGE, MOVE, RIG, STEREO = "footage", "move", "rig", "stereo"
"""From the footage camera down to the stereo camera, each the parent of the next: generated camera
moves animate the move, the artist's own keys belong on the rig."""
CHAIN = (FOOTAGE, MOVE, RIG, STEREO)
AIM, SCREEN, FRAME = "aim", "screen", "frame"
"""Optional: what the rig looks at; what sets the convergence, and the frame that shows it."""


def with_role(collection: bpy.types.Collection, role: str) -> bpy.types.Object | None:
    """The stage's (first) object of that role; None where it has none. An object that an artist put
    into another collection is found by what it hangs from, or what hangs from it."""
    for thing in collection.objects:
        if thing.get(ROLE) == role:
            return thing
    tops = dict.fromkeys(_top(thing) for thing in collection.objects if thing.get(ROLE))
    for top in tops:
        for thing in (top, *top.children_recursive):
            if thing.get(ROLE) == role and thing.users_collection:
                return thing
    return None


def _top(thing: bpy.types.Object) -> bpy.types.Object:
    while thing.parent is not None:
        thing = thing.parent
    return thing


def ancestor(thing: bpy.types.Object, role: str) -> bpy.types.Object | None:
    """The nearest parent of that role, however far up; None without one."""
    parent = thing.parent
    while parent is not None and parent.get(ROLE) != role:
        parent = parent.parent
    return parent


def mover(camera: bpy.types.Object) -> bpy.types.Object:
    """What a stereo camera's generated moves animate: the move above it. In scenes that were built
    before there was one, the camera itself."""
    return ancestor(camera, MOVE) or camera
