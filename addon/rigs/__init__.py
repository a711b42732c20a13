# SPDX-License-Identifier: GPL-3.0-or-later
"""Stereo rigs and camera moves.

make_stereo_camera(scene, project, *, budget=0.02, drift=1.0,
                   collection_name="Second Eye") -> Object
find_stereo_camera(scene) -> Object | None
refit_shots(scene, project, shots, budget, drift)     # after cuts were moved
bake_camera(scene, project) -> BakedCamera            # into project.json, for the fast path
comparing(scene) -> bool                              # shows what the fast path doesn't know
"""

from .bake import bake_camera, comparing
from .refit import refit_shots
from .stereo_camera import find_stereo_camera, make_stereo_camera

__all__ = ["bake_camera", "comparing", "find_stereo_camera", "make_stereo_camera", "refit_shots"]
