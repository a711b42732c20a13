# SPDX-License-Identifier: GPL-3.0-or-later
"""The camera of VR180 and 360 degrees: it stands where the stereo camera does, for one render."""

from __future__ import annotations

import math
from typing import Any, cast

import bpy
from mathutils import Matrix

from ...core.geometry.views import COVERAGES, View
from ..rigs import modes
from ..stage import compat

NAME, ROLE = "Second Eye Sphere", "second_eye_role"


def sphere_camera(
    scene: bpy.types.Scene, source: bpy.types.Object, interocular: float | None
) -> bpy.types.Object:
    """A camera in the place of ``source``, whatever moves that one; found again after an undo.

    ``interocular`` in scene units; None: as ``source`` has it, with its keys.
    """
    for found in scene.objects:
        if found.get(ROLE) == NAME:
            return found
    data = cast(bpy.types.Camera, source.data).copy()
    if interocular is not None:
        data.animation_data_clear()
        data.stereo.interocular_distance = interocular
    camera = bpy.data.objects.new(NAME, data)
    camera[ROLE] = NAME
    scene.collection.objects.link(camera)
    camera.parent = source
    return camera


def remove_sphere_camera() -> None:
    """Nothing where there is none."""
    for found in [o for o in bpy.data.objects if o.get(ROLE) == NAME]:
        data = found.data
        bpy.data.objects.remove(found)
        if isinstance(data, bpy.types.Camera) and not data.users:
            bpy.data.cameras.remove(data)


def set_panorama(camera: bpy.types.Object, coverage: str) -> None:
    """The rig's round mode, with exactly half ("vr180") or all ("vr360") of the sphere, as the
    movie's tags will say. Raises UsageError where Cycles is switched off."""
    data = cast(bpy.types.Camera, camera.data)
    modes.set_mode(data, modes.VR180 if coverage == "vr180" else modes.SPHERE)
    panorama = compat.panorama(data)
    panorama.panorama_type = "EQUIRECTANGULAR"
    half = 0.5 * COVERAGES[coverage]
    panorama.latitude_min, panorama.latitude_max = -math.pi / 2, math.pi / 2
    panorama.longitude_min, panorama.longitude_max = -half, half


def aim(camera: bpy.types.Object, view: View, eye: str, interocular: float) -> None:
    """Turn a perspective camera to what ``view`` shows to ``eye``, in the axes of its parent."""
    data = cast(bpy.types.Camera, camera.data)
    data.type, data.sensor_fit = "PERSP", "HORIZONTAL"
    data.shift_x = data.shift_y = 0.0
    data.lens_unit = "MILLIMETERS"
    data.lens = data.sensor_width / (2.0 * view.tan_x)
    place: Any = view.place(eye, interocular)
    turned = Matrix(view.rotation().tolist()).to_4x4()
    camera.matrix_basis = Matrix.Translation(place.tolist()) @ turned


def interocular_of(camera: bpy.types.Object) -> float:
    """In scene units, at the current frame."""
    return float(cast(bpy.types.Camera, camera.data).stereo.interocular_distance)
