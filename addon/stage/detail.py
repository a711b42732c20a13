# SPDX-License-Identifier: GPL-3.0-or-later
"""A relief's levels of detail: meshes, which of them is shown, and what is said of them.

The finest level is the relief's own mesh; each coarser one is held by an object that stands in no
scene and that the modifier names. So Blender evaluates the one that is shown and nothing else, a
change of level is a change of a number, and nothing in the scene's lists needs hiding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from . import compat
from .group_inputs import (
    AUTO_RENDER,
    AUTO_VIEWPORT,
    COARSER,
    LEVELS,
    RENDER_LEVEL,
    VIEWPORT_LEVEL,
)
from .relief_group import RADIUS
from .sampling import Plane, Planes

SOURCE, COUNTS, ERRORS = "second_eye_source", "second_eye_triangles", "second_eye_errors"
"""On a relief: which planes it has, and of each level its triangles inside the picture and the RMS
error in pixels of disparity (below 0: not measured)."""


@dataclass(frozen=True)
class Shown:
    """A level as it is shown: its number from 1, of how many, its triangles, its RMS error in
    pixels of disparity or None."""

    number: int
    of: int
    triangles: int
    error: float | None


def plane_mesh(name: str, plane: Plane, aspect: float) -> bpy.types.Mesh:
    """The picture plane in picture widths: x = u - 0.5, y = (v - 0.5) * aspect, z = 0; each point
    with its radius."""
    points = np.concatenate([plane.pattern.points, plane.fill])
    count, faces = len(points), len(plane.pattern.triangles)
    co = np.zeros((count, 3), np.float32)
    co[:, 0] = points[:, 0] - 0.5
    co[:, 1] = (points[:, 1] - 0.5) * aspect
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(count)
    _give(mesh, "position", "vector", co)
    mesh.loops.add(faces * 3)
    _give(mesh, ".corner_vert", "value", plane.pattern.triangles)
    mesh.polygons.add(faces)
    mesh.polygons.foreach_set("loop_start", np.arange(0, faces * 3, 3, dtype=np.int32))
    radius: Any = mesh.attributes.new(RADIUS, "FLOAT", "POINT")
    radius.data.foreach_set("value", plane.radius)
    mesh.update(calc_edges=True)
    return mesh


def _give(mesh: bpy.types.Mesh, name: str, field: str, values: np.ndarray) -> None:
    """By the attribute itself: `foreach_set` of vertices and loops takes a hundred times longer."""
    attribute: Any = mesh.attributes[name]
    attribute.data.foreach_set(field, np.ascontiguousarray(values).ravel())


def shape(relief: bpy.types.Object, modifier: Any, planes: Planes, aspect: float) -> None:
    """Give ``relief`` these planes, unless it has them; the artist's choice of level stays."""
    if relief.get(SOURCE) != planes.source:
        _replace(relief, modifier, planes, aspect)
    # Another baked camera is worth other errors, and other levels.
    compat.set_input(modifier, AUTO_VIEWPORT, planes.viewport)
    compat.set_input(modifier, AUTO_RENDER, planes.render)
    relief[COUNTS] = [plane.triangles for plane in planes.levels]
    relief[ERRORS] = [-1.0 if p.error is None else p.error for p in planes.levels]


def _replace(relief: bpy.types.Object, modifier: Any, planes: Planes, aspect: float) -> None:
    before = level_objects(modifier)
    old = relief.data
    *coarser, finest = planes.levels
    relief.data = plane_mesh(relief.name, finest, aspect)
    held = [_holder(f"{relief.name} Level {i}", p, aspect) for i, p in enumerate(coarser, 1)]
    for i, name in enumerate(COARSER):
        if i < len(held) or (held and before):  # no reference stays to what is removed
            compat.set_input(modifier, name, held[min(i, len(held) - 1)])
    compat.set_input(modifier, LEVELS, len(planes.levels))
    relief[SOURCE] = planes.source
    remove_unused([*before, old])


def shown(relief: bpy.types.Object, modifier: Any, viewport: bool) -> Shown | None:
    """What the viewport or a render shows; None for a relief of an older version."""
    if relief.get(SOURCE) is None or not compat.has_input(modifier, LEVELS):
        return None
    names = (VIEWPORT_LEVEL, AUTO_VIEWPORT) if viewport else (RENDER_LEVEL, AUTO_RENDER)
    asked, auto = (int(compat.get_input(modifier, name)) for name in names)
    counts, errors = relief[COUNTS], relief[ERRORS]
    number = min(asked or auto, len(counts))
    error = float(errors[number - 1])
    return Shown(number, len(counts), int(counts[number - 1]), error if error >= 0.0 else None)


def level_objects(modifier: Any) -> list[bpy.types.Object]:
    """The objects that hold coarser levels."""
    found = []
    for name in COARSER if compat.has_input(modifier, LEVELS) else ():
        held = compat.get_input(modifier, name)
        if held is not None and held not in found:
            found.append(held)
    return found


def remove_unused(blocks: list[bpy.types.ID | None]) -> None:
    """Remove those that nobody uses any more; of objects that are removed, their meshes too."""
    objects = [b for b in blocks if isinstance(b, bpy.types.Object) and b.users == 0]
    others = [b for b in blocks if b is not None and not isinstance(b, bpy.types.Object)]
    others += [o.data for o in objects if o.data is not None]
    bpy.data.batch_remove(objects)
    bpy.data.batch_remove([block for block in others if block.users == 0])


def _holder(name: str, plane: Plane, aspect: float) -> bpy.types.Object:
    holder = bpy.data.objects.new(name, plane_mesh(name, plane, aspect))
    holder["second_eye_role"] = "level"
    # Whoever puts it into a scene, or appends it to a file, must not see it there.
    holder.hide_render = holder.hide_viewport = True
    return holder
