# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rig looks like in the viewport: edges without faces, which no engine renders."""

from __future__ import annotations

import math

import bpy

_CORNERS = 32


def rig_shape(near: float) -> bpy.types.Mesh:
    """A ring behind the camera with an arrow to each side and one along the view; as wide as a
    tenth of ``near``, in scene units."""
    size = 0.05 * near
    back = 0.6  # behind the camera, so that it isn't seen through it
    turns = [2.0 * math.pi * i / _CORNERS for i in range(_CORNERS)]
    points = [(math.cos(t), math.sin(t), back) for t in turns]
    edges = [(i, (i + 1) % _CORNERS) for i in range(_CORNERS)]
    for side in (-1.0, 1.0):
        _arrow(points, edges, (side, 0.0, back), (1.8 * side, 0.0, back), (0.0, 0.2, 0.0))
    _arrow(points, edges, (0.0, 1.0, back), (0.0, 1.8, back), (0.2, 0.0, 0.0))
    _arrow(points, edges, (0.0, 0.0, back), (0.0, 0.0, back + 1.2), (0.2, 0.0, 0.0))
    mesh = bpy.data.meshes.new("Second Eye Rig")
    mesh.from_pydata([[size * value for value in point] for point in points], edges, [])
    return mesh


def screen_shape(aspect: float) -> bpy.types.Mesh:
    """A picture's frame, one unit wide and ``aspect`` high, with its middle marked."""
    x, y, tick = 0.5, 0.5 * aspect, 0.03
    points = [(-x, -y, 0.0), (x, -y, 0.0), (x, y, 0.0), (-x, y, 0.0)]
    points += [(-tick, 0.0, 0.0), (tick, 0.0, 0.0), (0.0, -tick, 0.0), (0.0, tick, 0.0)]
    edges = [(0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (6, 7)]
    mesh = bpy.data.meshes.new("Second Eye Screen")
    mesh.from_pydata(points, edges, [])
    return mesh


def _arrow(
    points: list[tuple[float, float, float]],
    edges: list[tuple[int, int]],
    start: tuple[float, float, float],
    tip: tuple[float, float, float],
    aside: tuple[float, float, float],
) -> None:
    first = len(points)
    neck = [0.3 * s + 0.7 * t for s, t in zip(start, tip, strict=True)]
    points += [start, tip]
    for sign in (-1.0, 1.0):
        x, y, z = (n + sign * a for n, a in zip(neck, aside, strict=True))
        points.append((x, y, z))
    edges += [(first, first + 1), (first + 1, first + 2), (first + 1, first + 3)]
