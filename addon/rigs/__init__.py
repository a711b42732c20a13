# SPDX-License-Identifier: GPL-3.0-or-later
"""Stereo rigs and camera moves.

make_stereo_camera(scene, project, *, budget=0.02, drift=1.0,
                   collection_name="Second Eye") -> Object
find_stereo_camera(scene) -> Object | None
bake_camera(scene, project) -> BakedCamera            # into project.json, for the fast path
"""

from .bake import bake_camera
from .stereo_camera import find_stereo_camera, make_stereo_camera

__all__ = ["bake_camera", "find_stereo_camera", "make_stereo_camera"]
