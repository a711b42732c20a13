# SPDX-License-Identifier: GPL-3.0-or-later
"""The stereo camera's curves as plain numbers, so that the fast path can follow it."""

from __future__ import annotations

import bpy

from ...core.errors import SecondEyeError
from ...core.project import BakedCamera, Project
from ..stage import compat, scene_frame
from ..stage.footage_camera import camera_data
from .stereo_camera import CONVERGENCE, INTEROCULAR, find_stereo_camera


def bake_camera(scene: bpy.types.Scene, project: Project) -> BakedCamera:
    """Write interocular, convergence and lateral offset of every frame into ``project.json``.

    Read from the F-curves (or the plain values where nothing is keyed), without evaluating the
    scene. The fast path knows no other move: one along another axis stays in Blender.
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
    project.save()
    return baked


def _values(
    owner: bpy.types.ID, path: str, index: int, plain: float, frames: list[int]
) -> list[float]:
    curve = compat.find_fcurve(owner, path, index)
    if curve is None or curve.mute:
        return [float(plain)] * len(frames)
    return [float(curve.evaluate(frame)) for frame in frames]
