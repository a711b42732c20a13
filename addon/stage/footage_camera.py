# SPDX-License-Identifier: GPL-3.0-or-later
"""The footage camera: the eye that took the clip. The relief hangs from it."""

from __future__ import annotations

import math

import bpy
from mathutils import Matrix, Vector

from ...core.geometry import END
from ...core.project import Manifest
from . import compat, keys
from .roles import FOOTAGE, with_role

NAME = "Second Eye Footage"
SENSOR_WIDTH = 36.0  # mm, Blender's own default
STAND = Vector((0.0, 0.0, 1.6))
"""Eye height over the world's floor: at the origin it would stand inside the start-up cube."""

OWN_LENS = "second_eye_lens"
"""On a camera's data: the lens that it was given, which tells whether an artist changed it."""
STOOD = "second_eye_stood"
"""On a camera that follows a solve: where it stood before, and how it was turned."""
_CURVES = (*(("location", i) for i in range(3)), *(("rotation_quaternion", i) for i in range(4)))


def camera_data(camera: bpy.types.Object) -> bpy.types.Camera:
    """A camera object's camera."""
    if not isinstance(camera.data, bpy.types.Camera):
        raise TypeError(f"{camera.name} is no camera")
    return camera.data


def set_camera(camera: bpy.types.Camera, manifest: Manifest) -> None:
    """The footage's lens, and clipping that leaves every shot of a project in sight.

    Horizontal fit always, so that f/w means the same for upright pictures.
    """
    camera.type = "PERSP"
    camera.shift_x = camera.shift_y = 0.0
    camera.lens_unit = "MILLIMETERS"
    camera.lens = camera[OWN_LENS] = SENSOR_WIDTH * manifest.lens.focal_over_width
    _fit(camera, manifest)


def refit_camera(camera: bpy.types.Camera, manifest: Manifest) -> None:
    """The footage's lens again for a camera that an artist may have made another one: a panorama
    stays one, shifts stay, and so does a lens that isn't the one that it was given here."""
    lens = SENSOR_WIDTH * manifest.lens.focal_over_width
    if abs(camera.lens - camera.get(OWN_LENS, camera.lens)) < 1e-3:
        camera.lens = lens
    camera[OWN_LENS] = lens
    _fit(camera, manifest)


def _fit(camera: bpy.types.Camera, manifest: Manifest) -> None:
    camera.sensor_fit = "HORIZONTAL"
    camera.sensor_width = SENSOR_WIDTH
    # A strength above 1 brings the nearest point nearer than Near.
    nearest = min(s.near / (0.5 + 0.5 * max(1.0, s.strength)) for s in manifest.shots)
    camera.clip_start = min(0.01, 0.1 * nearest)
    # No relief reaches farther, whatever its Far. Nor should this: EEVEE spreads a sun's shadows
    # over all that the camera may see, and at a million units there are none left.
    camera.clip_end = max(1e4, 5.0 / END * max(shot.near for shot in manifest.shots))


def footage_camera(collection: bpy.types.Collection, manifest: Manifest) -> bpy.types.Object:
    """The collection's footage camera with this lens; a new one stands level and looks along +Y.
    Where the project uses a camera solve it goes the solve's way."""
    found = with_role(collection, FOOTAGE)
    if found is not None:
        set_camera(camera_data(found), manifest)
        follow_path(found, manifest, int(collection["second_eye_start"]))
        return found
    data = bpy.data.cameras.new(NAME)
    set_camera(data, manifest)
    camera = bpy.data.objects.new(NAME, data)
    camera["second_eye_role"] = "footage"
    camera.matrix_world = Matrix.Translation(STAND) @ Matrix.Rotation(math.pi / 2, 4, "X")
    collection.objects.link(camera)
    follow_path(camera, manifest, int(collection["second_eye_start"]))
    return camera


def standing(camera: bpy.types.Object) -> Matrix:
    """Where a footage camera stands, or stood before it followed a solve, in its parent's space."""
    values = list(camera.get(STOOD, ()))
    if values:
        return Matrix([values[4 * row : 4 * row + 4] for row in range(4)])
    return camera.matrix_basis.copy()


def follow_path(camera: bpy.types.Object, manifest: Manifest, start: int) -> None:
    """Key the camera's way through the solved world, from scene frame ``start`` on; without a
    solve in the project it goes back to where it stood."""
    if manifest.solve is None:
        if camera.get(STOOD):
            for path, index in _CURVES:
                compat.remove_fcurve(camera, path, index)
            stood = standing(camera)
            camera.rotation_mode = camera.pop(f"{STOOD}_mode")
            camera.matrix_basis = stood
            del camera[STOOD]
        return
    if not camera.get(STOOD):
        camera[STOOD] = [value for row in camera.matrix_basis for value in row]
        camera[f"{STOOD}_mode"] = camera.rotation_mode
    camera.rotation_mode = "QUATERNION"
    camera.scale = (1.0, 1.0, 1.0)
    frames = [start + n - manifest.first for n in manifest.frames]
    for (path, index), values in zip(_CURVES, zip(*manifest.solve.path, strict=True), strict=True):
        keys.key(camera, path, frames, values, index=index, interpolation=keys.LINEAR)
