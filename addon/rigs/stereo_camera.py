# SPDX-License-Identifier: GPL-3.0-or-later
"""The stereo camera: Blender's own, fitted to the depth of every shot."""

from __future__ import annotations

import math

import bpy

from ...core.errors import SecondEyeError
from ...core.project import Project
from ..stage import COLLECTION, compat, scene_frame
from ..stage.build import find_collection, reliefs
from ..stage.depth_tables import depth_tables
from ..stage.footage_camera import camera_data, refit_camera, set_camera
from ..stage.group_inputs import MATTE_ANGLE
from ..stage.keys import key
from ..stage.locks import locked
from ..stage.roles import FOOTAGE, STEREO, with_role
from ..stage.shot import relief_modifier
from . import locked_keys
from .chain import ensure_chain
from .moves import follow
from .suggested import suggested_rig
from .viewing import viewing_of

INTEROCULAR = "stereo.interocular_distance"
CONVERGENCE = "stereo.convergence_distance"


def make_stereo_camera(
    scene: bpy.types.Scene,
    project: Project,
    *,
    budget: float = 0.02,
    drift: float = 1.0,
    collection_name: str = COLLECTION,
) -> bpy.types.Object:
    """Give a built scene its stereo camera, make it the scene's camera, and switch multiview on.

    ``budget``: parallax of a shot's whole depth in picture widths (core.stereo.shot_rig), within
    the limits of the scene's screen;
    interocular and convergence are keyed at each shot's first frame, constant in between.
    ``drift``: the gentle move from side to side, 1 = as wide as the eyes stand apart, 0 = none.
    The camera hangs from the rig, the rig from the move, the move from the footage camera
    (`chain`); the drift is one of its `moves`.

    Called again it refits the same camera, but for locked shots, whose keys stay; its mode, pivot
    and shifts stay, and a lens of its own does. Raises SecondEyeError where no scene was built, or
    its footage camera is gone.
    """
    collection = find_collection(scene, collection_name)
    footage = with_role(collection, FOOTAGE)
    if footage is None:
        raise SecondEyeError(f'"{collection.name}" has no footage camera: press Build Scene again.')
    fresh = with_role(collection, STEREO) is None
    camera = ensure_chain(collection, footage, min(s.near for s in project.manifest.shots))
    data = camera_data(camera)
    shots = project.manifest.shots
    depth_tables(project, project.manifest.frames)  # all at once: they are kept in one file
    rigs = [suggested_rig(project, shot, budget, viewing_of(scene)) for shot in shots]
    starts = [scene_frame(scene, shot.first) for shot in shots]
    kept = locked_keys.remember(reliefs(collection), stereo_curves(camera))
    if fresh:
        set_camera(data, project.manifest)
        configure_stereo(data)
    else:
        refit_camera(data, project.manifest)
    data.stereo.interocular_distance = rigs[0].interocular
    data.stereo.convergence_distance = rigs[0].convergence
    key(data, INTEROCULAR, starts, [rig.interocular for rig in rigs])
    key(data, CONVERGENCE, starts, [rig.convergence for rig in rigs])
    for relief, shot, rig in zip(reliefs(collection), shots, rigs, strict=True):
        if not locked(relief):
            keep_whole(relief, 0.5 * rig.interocular + drift * rig.interocular, shot.near)
    locked_keys.restore(kept)
    follow(scene, drift)
    scene.camera = camera
    scene.render.use_multiview = True
    scene.render.views_format = "STEREO_3D"
    return camera


def stereo_curves(camera: bpy.types.Object) -> tuple[tuple[bpy.types.ID, str, float], ...]:
    """What is keyed shot by shot: owner, data path, plain value of each."""
    data = camera_data(camera)
    return (
        (data, INTEROCULAR, data.stereo.interocular_distance),
        (data, CONVERGENCE, data.stereo.convergence_distance),
    )


def keep_whole(relief: bpy.types.Object, aside: float, near: float) -> None:
    """Cut steps only for viewers farther off than an eye ``aside`` from the middle."""
    modifier = relief_modifier(relief)
    angle = max(compat.get_input(modifier, MATTE_ANGLE), 1.25 * math.atan(aside / near))
    compat.set_input(modifier, MATTE_ANGLE, angle)


def configure_stereo(camera: bpy.types.Camera) -> None:
    """Parallel cameras with shifted sensors, half the interocular to each side."""
    camera.stereo.convergence_mode = "OFFAXIS"
    camera.stereo.pivot = "CENTER"
    camera.stereo.use_spherical_stereo = False


def find_stereo_camera(scene: bpy.types.Scene) -> bpy.types.Object | None:
    """The stereo camera of a built scene, or None."""
    return with_role(find_collection(scene), STEREO)
