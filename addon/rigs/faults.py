# SPDX-License-Identifier: GPL-3.0-or-later
"""What a built scene's rig has lost, each in a sentence; Repair Rig makes it again."""

from __future__ import annotations

import bpy

from ..stage.roles import FOOTAGE, MOVE, RIG, ROLE, ancestor
from .chain import RIGGED, find_chain
from .screen import is_lost


def faults(scene: bpy.types.Scene) -> list[str]:
    """From the footage camera down; empty where all is well. Raises SecondEyeError where nothing is
    built. A rig that was built before there were moves lacks nothing, and a parent of the artist's
    own anywhere between is none of our business."""
    chain, found = find_chain(scene), []
    camera = chain.camera
    if chain.footage is None:
        found.append("The footage camera is gone: nothing holds the relief where it was.")
    if camera is None:
        return [*found, "The stereo camera is gone."]
    if camera.get(RIGGED):
        if chain.move is None:
            found.append("The move is gone, and the camera moves that it carried.")
        if chain.rig is None:
            found.append("The rig object is gone, and the keys that it had.")
    if chain.footage is not None and hangs_loose(camera):
        found.append("The stereo camera no longer hangs from the footage camera.")
    if is_lost(camera):
        found.append("The screen object is gone: the convergence stands still.")
    if scene.camera is None:
        found.append("The scene has no camera to render with.")
    return found


def hangs_loose(camera: bpy.types.Object) -> bool:
    """Whether the way up to the footage camera ends early because a parent of ours is gone."""
    if not camera.get(RIGGED) or ancestor(camera, FOOTAGE) is not None:
        return False
    top = camera
    while top.parent is not None:
        top = top.parent
    return top == camera or top.get(ROLE) in (MOVE, RIG)
