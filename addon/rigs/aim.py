# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rig looks at: an empty that it is turned towards, more or less."""

from __future__ import annotations

import bpy
from mathutils import Matrix

from ..stage.build import find_collection
from ..stage.roles import AIM, ROLE, ancestor, with_role
from .chain import Chain

NAME = "Second Eye Aim"


def add_aim(scene: bpy.types.Scene, chain: Chain) -> bpy.types.Object:
    """Put an aim where the screen is now, straight ahead of the footage camera, and turn the rig to
    it. It hangs from the footage camera; its influence on the rig is the constraint's, which takes
    keys. Returns the aim; the one that is there already, where there is one."""
    if chain.rig is None or chain.camera is None or chain.footage is None:
        raise TypeError("a rig without its objects")
    aim = find_aim(scene)
    if aim is None:
        distance = chain.camera.data.stereo.convergence_distance  # type: ignore[union-attr]
        aim = bpy.data.objects.new(NAME, None)
        aim[ROLE] = AIM
        aim.empty_display_type = "SPHERE"
        aim.empty_display_size = 0.03 * distance
        find_collection(scene).objects.link(aim)
        aim.parent = chain.footage
        aim.matrix_parent_inverse = Matrix.Identity(4)
        aim.location = (0.0, 0.0, -distance)
    if aim_constraint(chain.rig) is None:
        # The shortest turn: the rig keeps its roll, which a Track To would level to the world.
        constraint = chain.rig.constraints.new("DAMPED_TRACK")
        constraint.name = "Aim"
        constraint.target = aim
        constraint.track_axis = "TRACK_NEGATIVE_Z"
    return aim


def find_aim(scene: bpy.types.Scene) -> bpy.types.Object | None:
    return with_role(find_collection(scene), AIM)


def remove_aim(scene: bpy.types.Scene, chain: Chain) -> None:
    """Take the aim and the constraint away; the rig's own rotation is what it was."""
    if chain.rig is not None:
        constraint = aim_constraint(chain.rig)
        if constraint is not None:
            chain.rig.constraints.remove(constraint)
    aim = find_aim(scene)
    if aim is not None:
        bpy.data.objects.remove(aim)


def aim_constraint(rig: bpy.types.Object) -> bpy.types.DampedTrackConstraint | None:
    """The constraint that turns the rig to an aim, whatever its name; None without one."""
    for constraint in rig.constraints:
        if isinstance(constraint, bpy.types.DampedTrackConstraint):
            target = constraint.target
            if target is not None and target.get(ROLE) == AIM:
                return constraint
    return None


def pivot_of(camera: bpy.types.Object) -> bpy.types.Object | None:
    """What arcs of a stereo camera turn around: its rig's aim; None without one."""
    rig = ancestor(camera, "rig")
    constraint = None if rig is None else aim_constraint(rig)
    return None if constraint is None else constraint.target
