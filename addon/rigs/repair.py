# SPDX-License-Identifier: GPL-3.0-or-later
"""Make again what a rig has lost, and leave the rest alone."""

from __future__ import annotations

import bpy

from ...core.project import Project
from ..stage.build import find_collection, reliefs
from ..stage.footage_camera import footage_camera
from ..stage.roles import ROLE, STEREO, with_role
from ..stage.shot import hang_from
from .chain import ensure_chain, find_chain
from .screen import is_lost, remove_screen
from .stereo_camera import make_stereo_camera


def repair_rig(
    scene: bpy.types.Scene, project: Project, budget: float, drift: float
) -> bpy.types.Object:
    """Bring the scene's rig to what `faults` finds nothing wrong with; returns its camera.

    A footage camera that was removed stands where Build Scene puts one, with the reliefs that had
    hung from it. A stereo camera whose data Blender still has comes back with its keys; otherwise
    it is fitted anew, as Build Scene does.
    """
    collection = find_collection(scene)
    chain = find_chain(scene)
    footage = chain.footage
    if footage is None:
        footage = footage_camera(collection, project.manifest)
        for relief in reliefs(collection):
            if relief.parent is None:
                hang_from(relief, footage)
    near = min(shot.near for shot in project.manifest.shots)
    if with_role(collection, STEREO) is None and not _data_left():
        camera = make_stereo_camera(scene, project, budget=budget, drift=drift)
    else:
        camera = ensure_chain(collection, footage, near)
    if is_lost(camera):
        remove_screen(scene, footage, camera, keep=False)
    if scene.camera is None:
        scene.camera = camera
    return camera


def _data_left() -> bool:
    return any(d.users == 0 and d.get(ROLE) == STEREO for d in bpy.data.cameras)
