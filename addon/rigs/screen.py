# SPDX-License-Identifier: GPL-3.0-or-later
"""The screen's plane as an object: dragging it sets the convergence, and a subject may carry it.

It drives the camera's own convergence by a plain driver. The keys of the convergence stay beneath
it, and act again once it is gone.
"""

from __future__ import annotations

import math
from typing import Any

import bpy
from mathutils import Matrix

from ..stage import compat, keys
from ..stage.build import find_collection
from ..stage.footage_camera import camera_data
from ..stage.roles import FRAME, ROLE, SCREEN, with_role
from .drivers import drive, find_driver
from .shapes import screen_shape
from .track import poses

NAME = "Second Eye Screen"
CONVERGENCE = "stereo.convergence_distance"
NEAREST = 1e-3  # scene units: the camera's own least


def find_screen(scene: bpy.types.Scene) -> bpy.types.Object | None:
    return with_role(find_collection(scene), SCREEN)


def add_screen(scene: bpy.types.Scene, camera: bpy.types.Object) -> bpy.types.Object:
    """Hang an empty before the camera, and let its distance be the convergence. It takes over the
    convergence's keys, so that nothing jumps. A frame around it is as large as what is seen there.

    Its z is that distance, in scene units: its space looks along the view. It has a Copy Location
    constraint without a target: a subject that is put there carries it.
    """
    data = camera_data(camera)
    collection = find_collection(scene)
    screen = bpy.data.objects.new(NAME, None)
    screen[ROLE] = SCREEN
    screen.empty_display_type = "SINGLE_ARROW"
    screen.empty_display_size = 0.1 * data.stereo.convergence_distance
    collection.objects.link(screen)
    screen.parent = camera
    screen.matrix_parent_inverse = Matrix.Rotation(math.pi, 4, "Y")
    screen.location = (0.0, 0.0, data.stereo.convergence_distance)
    screen.lock_location = (True, True, False)
    screen.lock_rotation = screen.lock_scale = (True, True, True)
    keys.copy_curve(data, (CONVERGENCE, 0), screen, ("location", 2))
    _add_subject(screen)
    drive(data, CONVERGENCE, -1, f"max(z,{NEAREST})", {"z": (screen, "LOC_Z")})
    collection.objects.link(_frame(scene, screen, data))
    return screen


def _frame(
    scene: bpy.types.Scene, screen: bpy.types.Object, data: bpy.types.Camera
) -> bpy.types.Object:
    """An object of its own: a scale that follows its own object's place would turn in a circle."""
    render = scene.render
    aspect = render.resolution_y * render.pixel_aspect_y
    aspect /= render.resolution_x * render.pixel_aspect_x
    frame = bpy.data.objects.new(f"{NAME} Frame", screen_shape(aspect))
    frame[ROLE] = FRAME
    frame.display_type, frame.hide_render, frame.hide_select = "WIRE", True, True
    frame.parent = screen
    sources = {"z": (data, CONVERGENCE), "w": (data, "sensor_width"), "f": (data, "lens")}
    for index in (0, 1):
        drive(frame, "scale", index, "z*w/f", sources)
    return frame


def remove_screen(
    scene: bpy.types.Scene, footage: bpy.types.Object, camera: bpy.types.Object, keep: bool
) -> None:
    """Take the screen away. ``keep``: what it said in each frame of the scene becomes keys of the
    convergence; else the keys of before it act again."""
    data = camera_data(camera)
    if keep and leads(camera):
        frames = list(range(scene.frame_start, scene.frame_end + 1))
        values = [p.camera.stereo.convergence_distance for p in poses(footage, camera, frames)]
        data.driver_remove(CONVERGENCE)
        _key_range(data, frames, values)
    data.driver_remove(CONVERGENCE)
    for role in (FRAME, SCREEN):
        thing = with_role(find_collection(scene), role)
        if thing is not None:
            mesh = thing.data
            bpy.data.objects.remove(thing)
            if isinstance(mesh, bpy.types.Mesh) and mesh.users == 0:
                bpy.data.meshes.remove(mesh)


def _key_range(data: bpy.types.Camera, frames: list[int], values: list[float]) -> None:
    """Keys of the convergence in ``frames``; what is keyed before and after stays as it is."""
    kept, thinned = keys.without_repeats(frames, values)
    curve = compat.find_fcurve(data, CONVERGENCE)
    if curve is None or not curve.keyframe_points:
        keys.key(data, CONVERGENCE, kept, thinned)
        return
    new = [(float(f), v, "CONSTANT") for f, v in zip(kept, thinned, strict=True)]
    after = frames[-1] + 1
    last = [point for point in curve.keyframe_points if point.co.x <= after]
    if last and last[-1].co.x < after:  # what was held beyond the range goes on being held
        new.append((float(after), float(curve.evaluate(after)), last[-1].interpolation))
        keys.replace_span(curve, (frames[0], after), new)
    else:
        keys.replace_span(curve, (frames[0], frames[-1]), new)


def leads(camera: bpy.types.Object) -> bool:
    """Whether a screen sets the camera's convergence, so that keys of it have no effect."""
    return find_driver(camera_data(camera), CONVERGENCE) is not None


def is_lost(camera: bpy.types.Object) -> bool:
    """Whether what set the convergence is gone, so that it stands still."""
    curve = find_driver(camera_data(camera), CONVERGENCE)
    if curve is None:
        return False
    targets = [target for variable in curve.driver.variables for target in variable.targets]
    return any(target.id is None for target in targets)


def subject_constraint(screen: bpy.types.Object) -> Any | None:
    """The constraint whose target carries the screen."""
    return next((c for c in screen.constraints if c.type == "COPY_LOCATION"), None)


def _add_subject(screen: bpy.types.Object) -> None:
    follow: Any = screen.constraints.new("COPY_LOCATION")
    follow.name = "Subject"
    straight: Any = screen.constraints.new("LIMIT_LOCATION")  # a subject stands beside the axis
    straight.name = "On the Axis"
    straight.owner_space = "LOCAL"
    for axis in "xy":
        setattr(straight, f"use_min_{axis}", True)
        setattr(straight, f"use_max_{axis}", True)
    straight.use_min_z, straight.min_z = True, NEAREST
