# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rendered movie's tags have to say, as far as the scene knows."""

from __future__ import annotations

import math
from typing import Any, cast

import bpy

from ...core.errors import UsageError
from ...core.project import Manifest
from .plan import PACKED

# The scene's packing -> the layout of the tags.
_LAYOUTS = {
    "sbs": "left-right",
    "half-sbs": "left-right",
    "top-bottom": "top-bottom",
    "half-top-bottom": "top-bottom",
}
_NEARLY = 1e-3  # radians


def layout_of(packing: str) -> str:
    """Raises UsageError for a packing that no tag describes."""
    if packing not in _LAYOUTS:
        raise UsageError(
            f'No tag describes "{packing}": choose the layout, or render another packing.'
        )
    return _LAYOUTS[packing]


def layout_as_rendered(scene: bpy.types.Scene) -> str:
    """Of what this scene's Render makes. Raises UsageError as above."""
    kind = scene.second_eye_render.kind
    if kind == "2D":
        return "mono"
    return layout_of(PACKED.get(kind, scene.second_eye.packing))


def projection_of(camera: bpy.types.Object | None) -> str:
    """Rectangular, or what a panorama camera that covers half or all of the sphere renders."""
    if camera is None or camera.type != "CAMERA":
        return "rectangular"
    data = cast(bpy.types.Camera, camera.data)
    if data.type != "PANO":
        return "rectangular"
    # Blender 4.5 and newer; before, these were Cycles' own.
    panorama: Any = data if hasattr(data, "panorama_type") else getattr(data, "cycles", None)
    if getattr(panorama, "panorama_type", "") != "EQUIRECTANGULAR":
        return "rectangular"
    turn = panorama.longitude_max - panorama.longitude_min
    for covered, name in ((math.pi, "vr180"), (2 * math.pi, "vr360")):
        if abs(turn - covered) < _NEARLY:
            return name
    return "rectangular"


def rig_of_sphere(
    camera: bpy.types.Object, manifest: Manifest, interocular: float | None
) -> dict[str, Any]:
    """The same for a sphere that ``camera`` stands for; ``interocular`` None: the camera's."""
    data = cast(bpy.types.Camera, camera.data)
    apart = data.stereo.interocular_distance if interocular is None else interocular
    return {
        "interocular": apart,
        "convergence": data.stereo.convergence_distance,
        "focal_over_width": manifest.lens.focal_over_width,
        "metres_per_unit": manifest.metres_per_unit,
        "parallel": True,
    }


def rig_of(camera: bpy.types.Object | None, manifest: Manifest | None) -> dict[str, Any] | None:
    """The worker's ``rig`` (core/jobs/spatial.py) at the current frame; None without a camera."""
    if camera is None or camera.type != "CAMERA":
        return None
    data = cast(bpy.types.Camera, camera.data)
    return {
        "interocular": data.stereo.interocular_distance,
        "convergence": data.stereo.convergence_distance,
        "focal_over_width": 0.5 / math.tan(data.angle_x / 2.0),
        "metres_per_unit": None if manifest is None else manifest.metres_per_unit,
        "parallel": data.stereo.convergence_mode == "PARALLEL",
    }
