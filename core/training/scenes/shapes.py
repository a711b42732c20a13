# SPDX-License-Identifier: GPL-3.0-or-later
"""Procedural geometry as numpy: every builder returns (vertices N x 3 in metres, faces).

Faces are lists of vertex indices. Shapes stand on z = 0 around the z axis unless told otherwise.
"""

import numpy as np

Shape = tuple[np.ndarray, list[list[int]]]

_BOX_FACES = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]


def box(width: float, depth: float, height: float, z: float = 0.0) -> Shape:
    """A box of that size standing on height ``z``."""
    corners = [
        (x * width / 2, y * depth / 2, z + k * height)
        for x in (-1, 1)
        for y in (-1, 1)
        for k in (0, 1)
    ]
    return np.array(corners), [list(face) for face in _BOX_FACES]


def moved(shape: Shape, x: float = 0, y: float = 0, z: float = 0, turn: float = 0) -> Shape:
    """The shape turned by ``turn`` radians about z, then moved."""
    c, s = np.cos(turn), np.sin(turn)
    return shape[0] @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) + (x, y, z), shape[1]


def joined(*shapes: Shape) -> Shape:
    """Several shapes as one."""
    vertices, faces, start = [], [], 0
    for points, polygons in shapes:
        vertices.append(points)
        faces += [[i + start for i in face] for face in polygons]
        start += len(points)
    return np.concatenate(vertices), faces


def lathe(profile: np.ndarray, segments: int = 16, squash: float = 1.0) -> Shape:
    """Turn a profile (rows of radius, height; from bottom to top) about z; y scaled by squash."""
    angles = np.arange(segments) / segments * 2 * np.pi
    ring = np.stack([np.cos(angles), np.sin(angles) * squash], -1)
    rings = [np.column_stack([ring * r, np.full(segments, z)]) for r, z in profile]
    faces = []
    for level in range(len(profile) - 1):
        a, b = level * segments, (level + 1) * segments
        for i in range(segments):
            j = (i + 1) % segments
            faces.append([a + i, a + j, b + j, b + i])
    faces.append(list(range(segments))[::-1])
    faces.append([(len(profile) - 1) * segments + i for i in range(segments)])
    return np.concatenate(rings), faces


def cylinder(radius: float, height: float, top: float | None = None, segments: int = 16) -> Shape:
    """A cylinder, or a cone frustum when ``top`` (radius) is given."""
    return lathe(np.array([[radius, 0], [radius if top is None else top, height]]), segments)


def along(shape: Shape, axis: str) -> Shape:
    """A shape built along z laid along 'x' or 'y'."""
    x, y, z = shape[0].T
    return (np.stack([z, y, -x], -1) if axis == "x" else np.stack([x, z, -y], -1)), shape[1]


def rod(a: np.ndarray, b: np.ndarray, radius: float, segments: int = 6) -> Shape:
    """A thin round bar from a to b."""
    axis = b - a
    length = float(np.linalg.norm(axis))
    z = axis / max(length, 1e-9)
    x = np.cross(z, (0.0, 0.0, 1.0) if abs(z[2]) < 0.9 else (1.0, 0.0, 0.0))
    x /= np.linalg.norm(x)
    points, faces = cylinder(radius, length, segments=segments)
    return points @ np.stack([x, np.cross(z, x), z]) + a, faces


def sphere(radius: float, segments: int = 16) -> Shape:
    """A ball resting on z = 0."""
    t = np.linspace(-np.pi / 2, np.pi / 2, segments // 2 + 1)
    t[0] += 0.05
    t[-1] -= 0.05
    return lathe(np.column_stack([np.cos(t) * radius, (np.sin(t) + 1) * radius]), segments)


def blob(rng: np.random.Generator, radius: float, rough: float = 0.25, segments: int = 12) -> Shape:
    """A ball with lumps: a boulder (``rough`` 0.3) or a clump of leaves; centre on z = 0."""
    points, faces = sphere(1.0, segments)
    points = points - (0, 0, 1)
    bumps = np.ones(len(points))
    for scale in (1.0, 2.0, 4.0):
        waves = rng.normal(0, scale * 1.3, (3, 3))
        bumps += rough / scale * np.sin(points @ waves + rng.uniform(0, 6.3, 3)).sum(-1) / 1.7
    return points * bumps[:, None] * radius * rng.uniform(0.75, 1.25, 3), faces


def gable_roof(width: float, depth: float, height: float, z: float) -> Shape:
    """A gable roof with its ridge along x and a small overhang."""
    w, d = width / 2 + 0.3, depth / 2 + 0.3
    points = [
        (-w, -d, z),
        (w, -d, z),
        (w, d, z),
        (-w, d, z),
        (-w, 0, z + height),
        (w, 0, z + height),
    ]
    return np.array(points), [[0, 1, 5, 4], [2, 3, 4, 5], [0, 4, 3], [1, 2, 5], [0, 3, 2, 1]]
