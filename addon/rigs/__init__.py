# SPDX-License-Identifier: GPL-3.0-or-later
"""Stereo rigs and camera moves.

make_stereo_camera(scene, project, *, budget=0.02, drift=1.0,
                   collection_name="Second Eye") -> Object
find_stereo_camera(scene) -> Object | None
find_chain(scene) -> Chain(footage, move, rig, camera)   # each an Object or None
ensure_chain(collection, footage, near) -> the stereo camera, with what was missing above it
faults(scene) -> what the rig has lost, in sentences
repair_rig(scene, project, budget, drift) -> the stereo camera, with all that was lost made again
poses(footage, camera, scene_frames) -> Pose(frame, matrix, camera) of each, evaluated
refit_shots(scene, project, shots, budget, drift)     # after cuts were moved
bake_camera(scene, project) -> BakedCamera            # into project.json, for the fast path
comparing(scene) -> bool                              # shows what the fast path doesn't know
"""

from . import moves
from .bake import bake_camera, comparing
from .chain import Chain, ensure_chain, find_chain
from .faults import faults
from .refit import refit_shots
from .repair import repair_rig
from .stereo_camera import find_stereo_camera, make_stereo_camera
from .track import Pose, poses

__all__ = [
    "Chain",
    "Pose",
    "bake_camera",
    "comparing",
    "ensure_chain",
    "faults",
    "find_chain",
    "find_stereo_camera",
    "make_stereo_camera",
    "moves",
    "poses",
    "refit_shots",
    "repair_rig",
]
