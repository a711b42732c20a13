# SPDX-License-Identifier: GPL-3.0-or-later
"""A Delaunay triangulation of whole-numbered points that grows by many points at once.

Half-edge ``3 * t + i`` runs from corner i of triangle t to corner i + 1; ``twin`` is the same edge
of the triangle on its other side. The outside is closed by triangles to one vertex at infinity, so
every edge has a twin and a point on the outline is no special case: it splits a triangle into one
of no area, whose outer edge is then flipped.

Sources: L. Guibas, J. Stolfi, "Primitives for the manipulation of general subdivisions and the
computation of Voronoi diagrams", ACM Trans. Graphics 4 (1985), for the in-circle test; C. Lawson,
"Software for C1 surface interpolation" (1977), for flipping until no edge fails it; that flips of
edges without a common triangle may be done together, C. Navarro et al., "A parallel GPU-based
algorithm for Delaunay edge-flips" (2011).
"""

from __future__ import annotations

import numpy as np

INFINITY = 0  # number of the vertex outside
LARGEST = 1 << 14  # of a coordinate: the in-circle determinant then fits 64 bits exactly


class Triangulation:
    """Of the rectangle ``columns`` x ``rows`` in whole numbers; its corners are vertices 1 to 4.

    ``points``: int64 (N, 2), x to the right and y down, the first row a dummy for infinity.
    ``corners``: int32 (T, 3), those with `INFINITY` among them lie outside. Never turned over: the
    cross product of (corner 1 - corner 0) and (corner 2 - corner 0) is at least 0.
    """

    def __init__(self, width: int, height: int) -> None:
        if not (0 < width < LARGEST and 0 < height < LARGEST):
            raise ValueError(f"a triangulation of {width}x{height} is not within {LARGEST}")
        self.points = np.array([[0, 0], [0, 0], [width, 0], [width, height], [0, height]], np.int64)
        triangles = [[1, 2, 3], [1, 3, 4], [2, 1, 0], [3, 2, 0], [4, 3, 0], [1, 4, 0]]
        self.corners = np.array(triangles, np.int32)
        where = {}
        for t, corners in enumerate(triangles):
            for i in range(3):
                where[corners[i], corners[(i + 1) % 3]] = 3 * t + i
        self.twin = np.array(
            [where[c[(i + 1) % 3], c[i]] for c in triangles for i in range(3)], np.int32
        )

    @property
    def inside(self) -> np.ndarray:
        """Which triangles lie inside the rectangle, bool (T,)."""
        return (self.corners != INFINITY).all(axis=1)

    def insert(self, triangles: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Put one point (n, 2) into each of ``triangles`` (n,), inside it or on its edge, and make
        it a Delaunay triangulation again. Returns the triangles that changed, sorted.

        No two points may be the same, nor lie on one edge of two of the triangles.
        """
        count = len(triangles)
        new = np.arange(len(self.points), len(self.points) + count, dtype=np.int32)
        self.points = np.concatenate([self.points, points])
        first = len(self.corners)
        second_t = np.arange(first, first + count, dtype=np.int32)
        third_t = second_t + count
        a, b, c = self.corners[triangles].T
        self.corners = np.concatenate(
            [self.corners, np.stack([b, c, new], 1), np.stack([c, a, new], 1)]
        )
        self.corners[triangles, 2] = new
        self.twin = np.concatenate([self.twin, np.full(6 * count, -1, np.int32)])
        base = 3 * triangles.astype(np.int32)
        self._move(
            np.concatenate([base + 1, base + 2]), np.concatenate([3 * second_t, 3 * third_t])
        )
        for edges, others in (
            (base + 1, 3 * second_t + 2),
            (3 * second_t + 1, 3 * third_t + 2),
            (3 * third_t + 1, base + 2),
        ):
            self.twin[edges], self.twin[others] = others, edges
        split = np.concatenate([triangles, second_t, third_t])
        flipped = self.restore(np.concatenate([base, 3 * second_t, 3 * third_t]))
        return np.union1d(split, flipped)

    def restore(self, edges: np.ndarray) -> np.ndarray:
        """Flip ``edges``, and what then fails, until all pass the test; returns the triangles."""
        changed = []
        while len(edges):
            edges = np.unique(np.minimum(edges, self.twin[edges]))
            edges = edges[self._fails(edges)]
            outer = self.flip(self.apart(edges))
            changed.append(outer // 3)
            edges = np.concatenate([outer, edges])
        return np.unique(np.concatenate(changed)) if changed else np.zeros(0, np.int64)

    def apart(self, edges: np.ndarray) -> np.ndarray:
        """Some of ``edges``, of which no two have a triangle in common; at least one of any."""
        order = np.arange(len(edges), dtype=np.int32)
        claim = np.empty(len(self.corners), np.int32)
        one, other = edges // 3, self.twin[edges] // 3
        claim[one] = order
        claim[other] = order  # the last to write has it
        return edges[(claim[one] == order) & (claim[other] == order)]

    def flip(self, edges: np.ndarray) -> np.ndarray:
        """Turn the diagonal of each edge's two triangles; no two edges may share a triangle.

        Returns the four outer half-edges of each, as they are numbered then.
        """
        a = edges
        b = self.twin[a]
        a_next, a_last = following(a), following(following(a))
        b_next, b_last = following(b), following(following(b))
        flat = self.corners.reshape(-1)
        p, q = flat[a_last], flat[b_last]
        self._move(np.concatenate([b_next, a_next]), np.concatenate([a, b]))
        flat[a_next], flat[b_next] = q, p
        self.twin[a_next], self.twin[b_next] = b_next, a_next
        return np.concatenate([a, b, a_last, b_last])

    def _move(self, old: np.ndarray, new: np.ndarray) -> None:
        """Outer half-edges change their number from ``old`` to ``new``; twins may be among them."""
        twins = self.twin[old]
        # Looked up by sorted number: a table of all half-edges would cost more than the flips.
        order = np.argsort(old)
        place = np.searchsorted(old, twins, sorter=order).clip(max=len(old) - 1)
        moved = order[place]
        twins = np.where(old[moved] == twins, new[moved], twins)
        self.twin[new] = twins
        self.twin[twins] = new

    def _fails(self, edges: np.ndarray) -> np.ndarray:
        """Whether the far corner of the triangle across lies in the circle of the near one."""
        flat, twin = self.corners.reshape(-1), self.twin[edges]
        u, v = flat[edges], flat[twin]
        p, q = flat[following(following(edges))], flat[following(following(twin))]
        points = self.points
        fails = np.zeros(len(edges), bool)
        bounded = (u != INFINITY) & (v != INFINITY)
        outline = bounded & ((p == INFINITY) | (q == INFINITY))
        bounded &= ~outline
        w = np.where(p == INFINITY, q, p)[outline]
        fails[outline] = cross(points[u[outline]], points[v[outline]], points[w]) == 0
        fails[bounded] = in_circle(*(points[k[bounded]] for k in (u, v, p, q)))
        return fails


def following(edges: np.ndarray) -> np.ndarray:
    """The next half-edges of the same triangles."""
    return np.where(edges % 3 == 2, edges - 2, edges + 1)


def cross(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Twice the area of triangles abc, (n,), whole numbers as the points (n, 2) are."""
    return (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])


def in_circle(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Whether d lies within the circle of the triangle abc, which isn't turned over; exact."""
    ax, ay = (a - d).T
    bx, by = (b - d).T
    cx, cy = (c - d).T
    return (
        (ax * ax + ay * ay) * (bx * cy - by * cx)
        - (bx * bx + by * by) * (ax * cy - ay * cx)
        + (cx * cx + cy * cy) * (ax * by - ay * bx)
    ) > 0
