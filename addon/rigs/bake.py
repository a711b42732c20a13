# SPDX-License-Identifier: GPL-3.0-or-later
"""The stereo camera's curves as plain numbers, so that the fast path can follow it."""

from __future__ import annotations

import bpy
import numpy as np

from ...core.errors import SecondEyeError
from ...core.project import BakedCamera, Project
from ..stage import compat, scene_frame
from ..stage.build import find_collection, reliefs
from ..stage.group_inputs import DEPTH_VIEW, RANGE, REPAIR, SPLIT
from ..stage.shot import relief_modifier
from ..stage.update import span
from .bake_edits import bake_edits, bake_ranges
from .chain import find_chain
from .faults import faults, hangs_loose
from .left_out import LeftOut
from .modes import FLAT, PARALLEL, mode_of
from .track import Pose, poses
from .values import curve_values
from .window_bake import baked_window

INFINITY = 1e9
"""Scene units; farther than anything is, so that 1/C is 0 beside any 1/Z."""
_PIVOT = {"LEFT": -1.0, "CENTER": 0.0, "RIGHT": 1.0}


def bake_camera(scene: bpy.types.Scene, project: Project) -> BakedCamera:
    """Write interocular, convergence and lateral offset of every frame into ``project.json``.

    Whatever moves the camera counts, summed up along its parents (`track`). Near, far, strength
    and curve of every shot go with them, and its depth edits. The fast path knows no other move:
    what else the camera does is said in ``left_out``.
    Raises SecondEyeError where the scene lacks a camera or the project is locked.
    """
    chain = find_chain(scene)
    if chain.camera is None or chain.footage is None or hangs_loose(chain.camera):
        raise SecondEyeError(" ".join([*faults(scene), "Press Repair Rig first."]))
    frames = [scene_frame(scene, n) for n in project.manifest.frames]
    baked = BakedCamera(interocular=[], convergence=[], lateral_offset=[])
    clip = project.manifest.clip
    beyond = LeftOut(
        project.manifest.lens.focal_over_width,
        clip.height / clip.width,
        min(shot.near for shot in project.manifest.shots),
    )
    for pose in poses(chain.footage, chain.camera, frames):
        _add(baked, pose)
        beyond.add(pose)
    baked.left_out = beyond.sentence()
    for name in ("pivot", "shift"):
        if not any(getattr(baked, name)):
            setattr(baked, name, [])
    records = bake_edits(scene, project)
    project.manifest.camera = baked
    project.manifest.window = baked_window(chain.camera, frames)
    _bake_ranges(scene, project)
    project.manifest.ranges = bake_ranges(scene, project)
    project.manifest.edits = records
    project.save()
    return baked


def _add(baked: BakedCamera, pose: Pose) -> None:
    """One frame. Parallel cameras are those that meet at infinity; turned ones become the nearest
    that the fast path knows, with shifted sensors. Spheres keep the convergence, for flat formats:
    the spherical ones leave it out themselves."""
    stereo, mode = pose.camera.stereo, mode_of(pose.camera)
    baked.interocular.append(stereo.interocular_distance)
    baked.convergence.append(INFINITY if mode == PARALLEL else stereo.convergence_distance)
    baked.lateral_offset.append(pose.matrix.translation.x)
    baked.pivot.append(_PIVOT[stereo.pivot])
    baked.shift.append(pose.camera.shift_x if mode in FLAT else 0.0)


def comparing(scene: bpy.types.Scene) -> bool:
    """Whether some frame of the scene shows raw depth, or depth in colours: by Repair, Split or
    Depth View, which the fast path doesn't know."""
    plain_values = ((REPAIR, 1.0), (SPLIT, 0.0), (DEPTH_VIEW, 0.0))
    for relief in reliefs(find_collection(scene)):
        modifier = relief_modifier(relief)
        if not compat.has_input(modifier, REPAIR):  # built before there was repair
            continue
        frames = range(*(scene_frame(scene, n) for n in span(relief)))
        for name, usual in plain_values:
            path, plain = compat.input_path(modifier, name), compat.get_input(modifier, name)
            values = curve_values(relief, path, 0, plain, [*frames, frames.stop])
            if any(value != usual for value in values):
                return True
    return False


def _bake_ranges(scene: bpy.types.Scene, project: Project) -> None:
    for relief in reliefs(find_collection(scene)):
        shot = project.shot_at(relief["second_eye_first"])
        modifier = relief_modifier(relief)
        at = [scene_frame(scene, shot.first)]
        for name in (n for n in RANGE if compat.has_input(modifier, n)):
            plain = compat.get_input(modifier, name)
            value = curve_values(relief, compat.input_path(modifier, name), 0, plain, at)[0]
            if value != np.float32(getattr(shot, name.lower())):  # Blender keeps 32 bits
                setattr(shot, name.lower(), value)
