# SPDX-License-Identifier: GPL-3.0-or-later
"""From the footage camera down to the stereo camera: the move, the rig, the camera.

Three objects, so that three hands stay out of each other's way: what is generated animates the
move, what the artist keys belongs on the rig, and the camera at the end keeps a pose of its own for
whoever wants one. Each hangs from the one before without an offset.
"""

from __future__ import annotations

from dataclasses import dataclass

import bpy
from mathutils import Matrix

from ..stage import keys
from ..stage.build import find_collection
from ..stage.roles import FOOTAGE, MOVE, RIG, ROLE, STEREO, ancestor, with_role
from ..stage.solve import EARLIER
from .crane import ARM, add_crane
from .shapes import rig_shape

NAMES = {MOVE: "Second Eye Move", RIG: "Second Eye Rig", STEREO: "Second Eye Stereo"}

RIGGED = "second_eye_rigged"
"""On a stereo camera that was given a rig: without one it has lost it."""


@dataclass(frozen=True)
class Chain:
    """The objects of a built scene's rig; None where one is missing."""

    footage: bpy.types.Object | None
    move: bpy.types.Object | None
    rig: bpy.types.Object | None
    camera: bpy.types.Object | None


def find_chain(scene: bpy.types.Scene) -> Chain:
    """The rig's objects, by their roles. Raises SecondEyeError where nothing is built."""
    collection = find_collection(scene)
    camera = with_role(collection, STEREO)

    def above(role: str) -> bpy.types.Object | None:
        found = None if camera is None else ancestor(camera, role)
        return found or with_role(collection, role)

    return Chain(above(FOOTAGE), above(MOVE), above(RIG), camera)


def ensure_chain(
    collection: bpy.types.Collection, footage: bpy.types.Object, near: float
) -> bpy.types.Object:
    """Make what is missing between the footage camera and the stereo camera, and the camera too;
    returns it. What is there keeps its keys; a drift that older versions keyed on the camera moves
    to the move. ``near``: distance of the nearest point, for the size of the rig's shape.
    """
    camera = with_role(collection, STEREO)
    move = (camera and ancestor(camera, MOVE)) or with_role(collection, MOVE)
    older = camera is not None and move is None and camera.parent == footage
    if move is None:
        move = _new(collection, MOVE, None)
        move.empty_display_type = "PLAIN_AXES"
        move.empty_display_size = 0.05 * near
    rig = (camera and ancestor(camera, RIG)) or with_role(collection, RIG)
    if rig is None:
        rig = _new(collection, RIG, rig_shape(near))
        rig.display_type = "WIRE"
        rig.hide_render = True
    if rig.get(ARM) is None:
        add_crane(rig)
    if camera is None:
        camera = _new(collection, STEREO, _camera_data())
    camera[RIGGED], camera.data[ROLE] = True, STEREO
    if older:
        keys.hand_over(camera, move, "location", 0)
        move.location.x, camera.location.x = camera.location.x, 0.0
        if camera.get(EARLIER):  # what the drift was before a camera solve
            move[EARLIER] = camera[EARLIER]
            del camera[EARLIER]
    for thing, parent in ((move, footage), (rig, move), (camera, rig)):
        _hang(thing, parent, (footage, move, rig))
    return camera


def _camera_data() -> bpy.types.Camera:
    """A removed stereo camera's own data, as long as Blender has it: its keys are on it."""
    for data in bpy.data.cameras:
        if data.users == 0 and data.get(ROLE) == STEREO:
            return data
    data = bpy.data.cameras.new(NAMES[STEREO])
    data[ROLE] = STEREO
    return data


def _new(
    collection: bpy.types.Collection, role: str, data: bpy.types.ID | None
) -> bpy.types.Object:
    thing = bpy.data.objects.new(NAMES[role], data)
    thing[ROLE] = role
    collection.objects.link(thing)
    return thing


def _hang(
    thing: bpy.types.Object, parent: bpy.types.Object, ours: tuple[bpy.types.Object, ...]
) -> None:
    """Parent without an offset, unless a parent of the artist's own stands in between: then that
    one is."""
    top = thing
    while top.parent is not None and top.parent not in ours:
        top = top.parent
    if top.parent == parent:
        return
    top.parent = parent
    top.matrix_parent_inverse = Matrix.Identity(4)
