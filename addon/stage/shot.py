# SPDX-License-Identifier: GPL-3.0-or-later
"""One relief object for one shot: its picture plane, its modifier, its keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ...core.geometry import Pattern
from ...core.project import Project, Shot
from . import compat, keys
from .images import Sequence
from .material import plate_material, point_material
from .relief_group import relief_group

MODIFIER = "Second Eye Relief"
STEEPEST = 8.0  # normalised inverse depth per picture width


@dataclass(frozen=True)
class Sources:
    """What all shots of a project share. ``start``: scene frame of the project's first frame."""

    plate: bpy.types.Image
    depth: bpy.types.Image
    pattern: Pattern
    columns: int
    start: int
    points: bool


def plane_mesh(name: str, pattern: Pattern, aspect: float) -> bpy.types.Mesh:
    """The picture plane in picture widths: x = u - 0.5, y = (v - 0.5) * aspect, z = 0."""
    count, faces = len(pattern.points), len(pattern.triangles)
    co = np.zeros((count, 3), np.float32)
    co[:, 0] = pattern.points[:, 0] - 0.5
    co[:, 1] = (pattern.points[:, 1] - 0.5) * aspect
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(count)
    mesh.vertices.foreach_set("co", co.ravel())
    mesh.loops.add(faces * 3)
    mesh.loops.foreach_set("vertex_index", np.ascontiguousarray(pattern.triangles).ravel())
    mesh.polygons.add(faces)
    mesh.polygons.foreach_set("loop_start", np.arange(0, faces * 3, 3, dtype=np.int32))
    mesh.update(calc_edges=True)
    return mesh


def shot_object(project: Project, shot: Shot, number: int, sources: Sources) -> bpy.types.Object:
    """A relief that shows ``shot``; link it, and parent it to the footage camera."""
    manifest = project.manifest
    aspect = manifest.clip.height / manifest.clip.width
    name = f"Second Eye {shot.name or f'Shot {number:03d}'}"
    relief = bpy.data.objects.new(name, plane_mesh(name, sources.pattern, aspect))
    relief["second_eye_role"] = "relief"
    relief["second_eye_shot"] = shot.name
    relief["second_eye_first"] = shot.first
    modifier: Any = relief.modifiers.new(MODIFIER, "NODES")
    modifier.node_group = relief_group()

    at = sources.start + shot.first - manifest.first  # scene frame of the shot's first frame
    plate = Sequence(sources.plate, at, shot.first, shot.last)
    depth = Sequence(sources.depth, at, shot.first, shot.last)
    pitch = 1.0 / sources.columns
    # A surface seen so steeply that its depth runs through the whole range within an eighth of the
    # picture's width is taken for a step; depth networks draw steps several pixels wide.
    step = min(0.5, STEEPEST * pitch)
    values = {
        "Low": shot.low,
        "High": shot.high,
        "Near": shot.near,
        "Far": shot.far,
        "Strength": shot.strength,
        "Focal": manifest.lens.focal_over_width,
        "Aspect": aspect,
        "Step": step,
        "Offset": manifest.first - sources.start,
        "First": shot.first,
        "Last": shot.last,
        "Depth": sources.depth,
        "Plate": sources.plate,
        "Relief Material": plate_material(relief.name, plate, depth, (pitch, pitch / aspect)),
        "Point Material": point_material(relief.name),
        "Points": sources.points,
    }
    for input_name, value in values.items():
        compat.set_input(modifier, input_name, value)
    _key_shot(relief, modifier, project, shot, at)
    _key_visibility(relief, project, shot, sources.start)
    return relief


def hang_from(relief: bpy.types.Object, camera: bpy.types.Object) -> None:
    """Parent without an offset: the relief's object space is the camera's space."""
    relief.parent = camera
    relief.matrix_parent_inverse = Matrix.Identity(4)
    relief.matrix_basis = Matrix.Identity(4)


def _key_shot(
    relief: bpy.types.Object,
    modifier: bpy.types.Modifier,
    project: Project,
    shot: Shot,
    at: int,
) -> None:
    frames = range(shot.first, shot.last + 1)
    pairs = [project.scale_and_shift(frame) for frame in frames]
    scene_frames = [at + i for i in range(len(frames))]
    for name, values in (("Scale", [p[0] for p in pairs]), ("Shift", [p[1] for p in pairs])):
        kept_frames, kept_values = keys.without_repeats(scene_frames, values)
        compat.set_input(modifier, name, values[0])
        keys.key(relief, compat.input_path(modifier, name), kept_frames, kept_values)
    for name, value in (("Near", shot.near), ("Far", shot.far), ("Strength", shot.strength)):
        keys.key(relief, compat.input_path(modifier, name), [at], [value])


def _key_visibility(relief: bpy.types.Object, project: Project, shot: Shot, start: int) -> None:
    """Hidden outside the shot; the first and last shots stay beyond the ends of the range."""
    manifest = project.manifest
    if shot.first == manifest.first and shot.last == manifest.last:
        return
    frames, hidden = [start + shot.first - manifest.first], [0.0]
    if shot.first > manifest.first:
        frames, hidden = [start, *frames], [1.0, *hidden]
    if shot.last < manifest.last:
        frames, hidden = [*frames, start + shot.last + 1 - manifest.first], [*hidden, 1.0]
    for path in ("hide_render", "hide_viewport"):
        keys.key(relief, path, frames, hidden)
