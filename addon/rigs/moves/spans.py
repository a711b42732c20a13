# SPDX-License-Identifier: GPL-3.0-or-later
"""The shots of a built scene as moves see them, read from its objects: the project may be gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ....core.stereo.moves import Move, Span, course, ease
from ...stage import compat, scene_frame
from ...stage.build import find_collection, reliefs
from ...stage.footage_camera import camera_data
from ...stage.shot import relief_modifier
from ...stage.solve import STEREO
from ...stage.update import span
from ..values import curve_values

_SAMPLES = 64


@dataclass(frozen=True)
class MovedShot:
    """``first``, ``last``: timeline frames; ``begin``, ``end``: the scene frames that show them.
    ``focal``, ``aspect``: of the footage; ``convergence``, ``interocular``: at the beginning."""

    relief: bpy.types.Object
    first: int
    last: int
    begin: int
    end: int
    focal: float
    aspect: float
    convergence: float
    interocular: float

    @property
    def scene_span(self) -> tuple[int, int]:
        return self.begin, self.end

    @property
    def span(self) -> Span:
        """What a move has to fit; its pivot is at the convergence distance."""
        return Span(self.begin, self.end, self.convergence, self.focal, self.aspect)


def moved_shots(scene: bpy.types.Scene, camera: bpy.types.Object) -> list[MovedShot]:
    """The scene's shots, in order. Raises SecondEyeError where nothing is built."""
    data = camera_data(camera)
    found = []
    for relief in reliefs(find_collection(scene)):
        modifier = relief_modifier(relief)
        first, last = span(relief)
        begin, end = scene_frame(scene, first), scene_frame(scene, last)
        plain = data.stereo.interocular_distance, data.stereo.convergence_distance
        interocular, convergence = (
            curve_values(data, path, 0, value, [begin])[0]
            for path, value in zip(STEREO, plain, strict=True)
        )
        focal, aspect = (float(compat.get_input(modifier, n)) for n in ("Focal", "Aspect"))
        found.append(
            MovedShot(
                relief, first, last, begin, end, focal, aspect, max(convergence, 1e-6), interocular
            )
        )
    return found


def as_move(item: Any, shot: MovedShot, footage: bpy.types.Object) -> Move | None:
    """A move of the scene's list in core's terms; None for one that has nothing to do yet, such as
    a path without a curve."""
    plain: dict[str, Any] = dict(
        kind=item.kind,
        strength=item.strength / 100.0,
        length=float(item.length),
        delay=float(item.delay),
        easing=item.easing,
        aimed=item.aimed,
        toward=(item.toward[0], item.toward[1]),
        crop=item.crop / 100.0,
        pivot=item.pivot,
    )
    if item.kind != "path":
        return Move(**plain)
    places = np.zeros((0, 3)) if item.path is None else _along(item.path)
    if len(places) < 2:
        return None
    waiting = Move(**plain, path=((0.0, 0.0, 0.0),) * 2)
    return Move(**plain, path=_from_camera(places, waiting, shot, footage))


def _along(curve: bpy.types.Object) -> np.ndarray:
    """(n, 3): places along a curve object's first spline, evenly spaced, in the world."""
    seen = curve.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = seen.to_mesh()
    try:
        points = np.empty(len(mesh.vertices) * 3, np.float32)
        mesh.vertices.foreach_get("co", points)
        edges = {tuple(sorted(edge.vertices)) for edge in mesh.edges}
    finally:
        seen.to_mesh_clear()
    points = points.reshape(-1, 3).astype(float)
    count = next((i for i in range(1, len(points)) if (i - 1, i) not in edges), len(points))
    points = points[:count]
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    if len(points) < 2 or length[-1] <= 0.0:
        return np.zeros((0, 3))
    even = np.linspace(0.0, length[-1], _SAMPLES)
    placed = np.stack([np.interp(even, length, points[:, axis]) for axis in range(3)], -1)
    world = np.array(curve.matrix_world)
    return placed @ world[:3, :3].T + world[:3, 3]


def _from_camera(
    places: np.ndarray, move: Move, shot: MovedShot, footage: bpy.types.Object
) -> tuple[tuple[float, float, float], ...]:
    """World places as the footage camera sees them at the moment at which each is reached: one that
    follows a solve moves on meanwhile."""
    begin, end, _ = course(move, shot.span)
    frames = np.linspace(begin, max(end, begin), 4 * _SAMPLES)
    share = ease((frames - begin) / max(end - begin, 1e-6), move.easing)
    at = np.interp(np.linspace(0.0, 1.0, len(places)), share, frames)
    seen = []
    for place, frame in zip(places, at, strict=True):
        inverse = np.linalg.inv(_footage_pose(footage, float(frame)))
        x, y, z = inverse[:3, :3] @ place + inverse[:3, 3]
        seen.append((float(x), float(y), float(z)))
    return tuple(seen)


def _footage_pose(footage: bpy.types.Object, frame: float) -> np.ndarray:
    """(4, 4), by its curves: the scene isn't evaluated for it."""
    from mathutils import Matrix, Quaternion

    if compat.find_fcurve(footage, "rotation_quaternion", 0) is None:
        return np.array(footage.matrix_world)
    place = [
        curve_values(footage, "location", i, footage.location[i], [frame])[0] for i in range(3)
    ]
    turn = [
        curve_values(footage, "rotation_quaternion", i, footage.rotation_quaternion[i], [frame])[0]
        for i in range(4)
    ]
    local = Matrix.LocRotScale(place, Quaternion(turn).normalized(), None)
    if footage.parent is not None:
        local = footage.parent.matrix_world @ footage.matrix_parent_inverse @ local
    return np.array(local)
