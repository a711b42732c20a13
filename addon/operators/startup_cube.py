# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's start-up cube stands around the origin, where the footage camera stands."""

from __future__ import annotations

import bpy
from mathutils import Matrix


def hide(scene: bpy.types.Scene) -> bool:
    """Hide the cube of a new file, as long as nobody has touched it; True where that was done.

    It would fill both eyes with black. Any other object around the camera may be meant so.
    """
    cube: bpy.types.Object | None = scene.objects.get("Cube")
    if cube is None or cube.hide_render or not _untouched(cube):
        return False
    cube.hide_render = cube.hide_viewport = True
    return True


def _untouched(cube: bpy.types.Object) -> bool:
    if cube.type != "MESH" or cube.matrix_world != Matrix.Identity(4) or cube.modifiers:
        return False
    corners = {vertex.co.to_tuple() for vertex in cube.data.vertices}
    signs = (-1.0, 1.0)
    return corners == {(x, y, z) for x in signs for y in signs for z in signs}
