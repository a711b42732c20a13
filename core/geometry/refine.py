# SPDX-License-Identifier: GPL-3.0-or-later
"""Points where a linear interpolation misses most, until there are as many as wanted.

Greedy insertion after M. Garland, P. Heckbert, "Fast polygonal approximation of terrains and height
fields" (CMU-CS-95-181), with two differences: many triangles get their point at once, and the
triangle whose squared error is the largest *in sum* comes first, since the sum is what is judged.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .halfedges import INFINITY, Triangulation, cross
from .misfit import misfits

RATE = 0.15  # share of the triangles that get a point in one round
LEAST = 64  # triangles that get one at least
SLIVER = 0.1  # squared height over the parts of the edge below it: 35 degrees off a straight angle


def _nothing() -> None:
    return


class Refinement:
    """A triangulation of the picture plane, refined where ``layers`` are not linear.

    ``layers``: float32 (height * width, K), K values of each pixel; see `aggregate`. The squared
    error of a triangle is summed over its pixels and the layers.
    ``mesh.points`` are in half pixels from the picture's top left corner: the middle of a pixel is
    odd. Points in the outermost pixels lie on the picture's outline; they have their pixel's value.
    """

    def __init__(self, layers: np.ndarray, width: int, height: int) -> None:
        self.layers, self.width, self.height = layers, width, height
        self.mesh = Triangulation(2 * width, 2 * height)
        self.energy = np.zeros(0, np.float64)  # of each triangle
        self._worst = np.zeros(0, np.int64)  # its pixel with the largest error
        self._taken = np.zeros(width * height, bool)
        self._measure(np.arange(len(self.mesh.corners)))

    @property
    def triangles(self) -> int:
        """How many there are inside the picture."""
        return 2 * len(self.mesh.points) - 2 - self._outline

    @property
    def _outline(self) -> int:
        """Points on the outline (Euler: every one of them takes a triangle)."""
        x, y = self.mesh.points[1:].T
        ends = (x == 0) | (y == 0) | (x == 2 * self.width) | (y == 2 * self.height)
        return int(ends.sum()) + 2

    @property
    def total(self) -> float:
        """The squared error of all pixels and layers."""
        return float(self.energy.sum())

    def pixels(self) -> np.ndarray:
        """The pixel whose value each point has, int64 (N,)."""
        x, y = self.mesh.points.T // 2
        return y.clip(max=self.height - 1) * self.width + x.clip(max=self.width - 1)

    def grow(
        self,
        triangles: int | None = None,
        points: int | None = None,
        energy: float = 0.0,
        told: Callable[[], None] = _nothing,
    ) -> None:
        """Insert points until one more would exceed ``triangles`` or ``points``, or ``total`` is at
        most ``energy``, or nothing is missed any more.

        ``told`` is called before each round; what it raises ends the work.
        """
        while self.total > energy:
            told()
            have = self.triangles
            count = max(LEAST, int(RATE * have / 2))
            if triangles is not None:
                count = min(count, (triangles - have) // 2)
            if points is not None:
                count = min(count, points + 1 - len(self.mesh.points))
            wanted = np.flatnonzero(self.energy > 0.0)
            if count <= 0 or not len(wanted):
                return
            if len(wanted) > count:
                part = np.argpartition(self.energy[wanted], len(wanted) - count)
                wanted = np.sort(wanted[part[-count:]])
            self._insert(wanted)

    def _insert(self, triangles: np.ndarray) -> None:
        """A point into each of the triangles, at its worst pixel."""
        pixel = self._worst[triangles]
        middles = np.stack([2 * (pixel % self.width) + 1, 2 * (pixel // self.width) + 1], axis=1)
        points = self._drawn_out(middles, self.mesh.points[self.mesh.corners[triangles]])
        self._taken[pixel[(points == middles).all(axis=1)]] = True
        self._measure(self.mesh.insert(triangles, points))

    def _drawn_out(self, middles: np.ndarray, corners: np.ndarray) -> np.ndarray:
        """``middles`` with those in or beside the outermost pixels drawn to the picture's outline.

        In the outermost pixels: where that is still in the triangle (n, 3, 2), and no corner.
        Beside them: where the triangle has an edge on the outline and the point would make a sliver
        of it; the outline then follows the depth along it, as an apron around the relief needs.
        """
        points = middles.copy()
        for axis, size in ((0, self.width), (1, self.height)):
            if size > 2:
                points[middles[:, axis] == 1, axis] = 0
                points[middles[:, axis] == 2 * size - 1, axis] = 2 * size
        a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
        within = (cross(a, b, points) >= 0) & (cross(b, c, points) >= 0)
        within &= cross(c, a, points) >= 0
        within &= ~(corners == points[:, None]).all(axis=2).any(axis=1)
        points = np.where(within[:, None], points, middles)
        for one, other in ((a, b), (b, c), (c, a)):
            for axis, end in ((0, 2 * self.width), (1, 2 * self.height)):
                along = middles[:, 1 - axis]
                before = along - np.minimum(one[:, 1 - axis], other[:, 1 - axis])
                after = np.maximum(one[:, 1 - axis], other[:, 1 - axis]) - along
                beside = (one[:, axis] == other[:, axis]) & (before > 0) & (after > 0)
                away = middles[:, axis] - one[:, axis]
                beside &= ((one[:, axis] == 0) | (one[:, axis] == end)) & (
                    away * away < SLIVER * before * after
                )
                points[beside] = middles[beside]
                points[beside, axis] = one[beside, axis]
        return points

    def _measure(self, changed: np.ndarray) -> None:
        """Energy and worst pixel of triangles that changed, or are new."""
        corners = self.mesh.corners
        more = len(corners) - len(self.energy)
        self.energy = np.concatenate([self.energy, np.zeros(more)])
        self._worst = np.concatenate([self._worst, np.zeros(more, np.int64)])
        self.energy[changed] = 0.0
        changed = changed[(corners[changed] != INFINITY).all(axis=1)]
        for cover, squared in misfits(
            self.mesh.points, corners[changed], self.pixels(), self.layers, self.width
        ):
            squared[self._taken[cover.pixel]] = 0.0
            starts = np.flatnonzero(np.diff(cover.triangle, prepend=-1))
            owner = changed[cover.triangle[starts]]
            self.energy[owner] = np.add.reduceat(squared, starts, dtype=np.float64)
            most = np.maximum.reduceat(squared, starts)
            worst = squared == np.repeat(most, np.diff(starts, append=len(squared)))
            hits = np.flatnonzero(worst)[::-1]  # the last to write, so the first pixel, has it
            self._worst[changed[cover.triangle[hits]]] = cover.pixel[hits]
