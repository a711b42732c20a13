# SPDX-License-Identifier: GPL-3.0-or-later
"""Other triangulations of a depth picture, at a budget of triangles.

Each answers points int64 (N, 2) in half pixels (a pixel's middle is odd) and triangles (M, 3).
pymartini and pydelatin are an optional dependency: `pip install 'second-eye[benchmark]'`.
"""

from __future__ import annotations

import math

import numpy as np

Mesh = tuple[np.ndarray, np.ndarray]


def uniform(picture: np.ndarray, triangles: int) -> Mesh:
    """A grid of nearly square cells from edge to edge, its points on pixels."""
    height, width = picture.shape
    columns = max(1, int(math.sqrt(triangles / 2 * width / height)))
    rows = max(1, triangles // 2 // columns)
    x = np.rint(np.linspace(0, width - 1, columns + 1)).astype(np.int64)
    y = np.rint(np.linspace(0, height - 1, rows + 1)).astype(np.int64)
    points = np.stack([a.ravel() for a in np.meshgrid(x, y)], axis=1)
    corner = np.arange(len(points)).reshape(rows + 1, columns + 1)
    a, b = corner[:-1, :-1].ravel(), corner[:-1, 1:].ravel()
    c, d = corner[1:, 1:].ravel(), corner[1:, :-1].ravel()
    return 2 * points + 1, np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])


def martini(picture: np.ndarray, triangles: int) -> Mesh:
    """RTIN by pymartini, on the next square of 2^n + 1, continued at the edges; only triangles
    that reach into the picture count. The finest within the budget."""
    import pymartini

    height, width = picture.shape
    side = 1
    while side + 1 < max(height, width):
        side *= 2
    square = np.pad(picture, ((0, side + 1 - height), (0, side + 1 - width)), mode="edge")
    tile = pymartini.Martini(side + 1).create_tile(np.ascontiguousarray(square, np.float32))

    def within(error: float) -> Mesh:
        flat, faces = tile.get_mesh(error)
        points = np.asarray(flat).reshape(-1, 2).astype(np.int64)
        faces = np.asarray(faces).reshape(-1, 3)
        least = points[faces].min(axis=1)
        return points, faces[(least[:, 0] < width - 1) & (least[:, 1] < height - 1)]

    low, high = 0.0, 1.0
    for _ in range(24):
        middle = (low + high) / 2
        if len(within(middle)[1]) > triangles:
            low = middle
        else:
            high = middle
    points, faces = within(high)
    return 2 * points + 1, faces


def delatin(picture: np.ndarray, triangles: int) -> Mesh:
    """Greedy insertion by pydelatin."""
    import pydelatin

    heights = np.ascontiguousarray(picture, np.float32)
    mesh = pydelatin.Delatin(heights, max_error=0.0, max_triangles=triangles)
    points = np.rint(np.asarray(mesh.vertices).reshape(-1, 3)[:, :2]).astype(np.int64)
    points[:, 1] = picture.shape[0] - 1 - points[:, 1]  # it counts rows from the bottom
    return 2 * points + 1, np.asarray(mesh.triangles).reshape(-1, 3).astype(np.int64)


def own(picture: np.ndarray, triangles: int) -> Mesh:
    """One frame's pattern of core.geometry."""
    from core.geometry.aggregate import Aggregate
    from core.geometry.goal import Goal
    from core.geometry.sample import Sampler

    height, width = picture.shape
    aggregate = Aggregate(width, height, 1)
    aggregate.add(picture)
    sampler = Sampler(aggregate, lambda count: None)
    sampler.reach(Goal("triangles", triangles))
    pattern = sampler.measured([])
    points = pattern.points * np.array([2.0 * width, 2.0 * height])
    points[:, 1] = 2 * height - points[:, 1]
    return np.rint(points).astype(np.int64), pattern.levels[-1].triangles


def misfit(picture: np.ndarray, mesh: Mesh) -> np.ndarray:
    """|interpolated - true| of every pixel, (h, w). The last row and column, which a mesh that ends
    on the middles of pixels has on its outline, count as met."""
    from core.geometry.misfit import misfits

    height, width = picture.shape
    points, triangles = mesh
    a, b, c = (points[triangles[:, i]] for i in range(3))
    turned = (b - a)[:, 0] * (c - a)[:, 1] < (b - a)[:, 1] * (c - a)[:, 0]
    triangles = np.where(turned[:, None], triangles[:, ::-1], triangles)
    # A mesh may be larger than the picture: continued as `martini` does.
    wide = max(width, 1 + int(points[:, 0].max()) // 2)
    tall = max(height, 1 + int(points[:, 1].max()) // 2)
    continued = np.pad(picture, ((0, tall - height), (0, wide - width)), mode="edge")
    pixels = (points[:, 1] // 2).clip(max=tall - 1) * wide + (points[:, 0] // 2).clip(max=wide - 1)
    errors = np.zeros(tall * wide)
    for cover, squared in misfits(points, triangles, pixels, continued.reshape(-1, 1), wide):
        errors[cover.pixel] = np.sqrt(squared)
    return errors.reshape(tall, wide)[:height, :width]
