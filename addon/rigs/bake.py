# SPDX-License-Identifier: GPL-3.0-or-later
"""The stereo camera's curves as plain numbers, so that the fast path can follow it."""

from __future__ import annotations

import bpy
import numpy as np

from ...core.errors import SecondEyeError
from ...core.project import BakedCamera, Project
from ..stage import compat, scene_frame
from ..stage.build import find_collection, reliefs
from ..stage.footage_camera import camera_data
from .stereo_camera import CONVERGENCE, INTEROCULAR, find_stereo_camera


def bake_camera(scene: bpy.types.Scene, project: Project) -> BakedCamera:
    """Write interocular, convergence and lateral offset of every frame into ``project.json``.

    Read from the F-curves (or the plain values where nothing is keyed), without evaluating the
    scene. Near, Far and Strength of every shot go with them, as they are at its first frame. The
    fast path knows no other move: one along another axis stays in Blender.
    Raises SecondEyeError where the scene has no stereo camera or the project is locked.
    """
    camera = find_stereo_camera(scene)
    if camera is None:
        raise SecondEyeError(
            f'The scene "{scene.name}" has no stereo camera yet: press Build Scene first.'
        )
    frames = [scene_frame(scene, n) for n in project.manifest.frames]
    data = camera_data(camera)
    stereo = data.stereo
    baked = BakedCamera(
        interocular=_values(data, INTEROCULAR, 0, stereo.interocular_distance, frames),
        convergence=_values(data, CONVERGENCE, 0, stereo.convergence_distance, frames),
        lateral_offset=_values(camera, "location", 0, camera.location.x, frames),
    )
    project.manifest.camera = baked
    _bake_ranges(scene, project)
    project.save()
    return baked


def _bake_ranges(scene: bpy.types.Scene, project: Project) -> None:
    for relief in reliefs(find_collection(scene)):
        shot = project.shot_at(relief["second_eye_first"])
        modifier = relief.modifiers[0]
        at = [scene_frame(scene, shot.first)]
        for name in ("Near", "Far", "Strength"):
            plain = compat.get_input(modifier, name)
            value = _values(relief, compat.input_path(modifier, name), 0, plain, at)[0]
            if value != np.float32(getattr(shot, name.lower())):  # Blender keeps 32 bits
                setattr(shot, name.lower(), value)


def _values(
    owner: bpy.types.ID, path: str, index: int, plain: float, frames: list[int]
) -> list[float]:
    curve = compat.find_fcurve(owner, path, index)
    if curve is None or curve.mute:
        return [float(plain)] * len(frames)
    return [float(curve.evaluate(frame)) for frame in frames]
