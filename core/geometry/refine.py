# SPDX-License-Identifier: GPL-3.0-or-later
"""Points where a linear interpolation misses most, until there are as many as wanted.

Greedy insertion after M. Garland, P. Heckbert, "Fast polygonal approximation of terrains and height
fields" (CMU-CS-95-181), with two differences: many triangles get their point at once, and the
triangle whose squared error is the largest *in sum* comes first, since the sum is what is judged.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np

from .align import align
from .halfedges import INFINITY, Triangulation, cross
from .misfit import misfits
from .raster import Cover, covers

RATE = 0.15  # triangles that one round adds, as a share of those there
CAREFUL = 0.2  # the same, where a round costs more
LEAST = 64  # triangles that get one at least
LAST = 1 / 400  # of the points, kept for the last rounds
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
        careful: bool = False,
        finest: bool = False,
    ) -> None:
        """Insert points until one more would exceed ``triangles`` or ``points``, or ``total`` is at
        most ``energy``, or nothing is missed any more.

        ``told`` is called before each round; what it raises ends the work. ``careful``: points go
        where something is missed even after edges were turned (see `align`), so none is spent on
        a step that needs only that: a tenth less error for twice the time. ``finest``: no more
        will follow; the last few points go where turning edges fails.
        """
        while self.total > energy:
            told()
            have = self.triangles
            count = max(LEAST, int((CAREFUL if careful else RATE) * have / 2))
            left = count
            if triangles is not None:
                left = (triangles - have) // 2
            if points is not None:
                left = min(left, points + 1 - len(self.mesh.points))
            if left <= 0:
                return
            if careful and finest and left <= count:
                left = self._at_the_end(left)
            count = min(count, left)
            missed, worst = self._missed_aligned(told) if careful else (self.energy, self._worst)
            wanted = np.flatnonzero(missed > 0.0)
            if not len(wanted):
                return
            if len(wanted) > count:
                part = np.argpartition(missed[wanted], len(wanted) - count)
                wanted = np.sort(wanted[part[-count:]])
            self._insert(wanted, worst[wanted])

    def _at_the_end(self, left: int) -> int:
        """How many of the ``left`` last points go at once. Turning edges ends in a few places where
        no turn helps and much is missed; few points more don't make new ones."""
        last = max(8, int(LAST * len(self.mesh.points)))
        return left - last if left > 2 * last else max(left // 2, min(left, 8))

    def _missed_aligned(self, told: Callable[[], None]) -> tuple[np.ndarray, np.ndarray]:
        """Of each triangle, what is missed within it once edges are turned, and its worst pixel."""
        mesh = copy.deepcopy(self.mesh)
        pixels = self.pixels()
        align(mesh, self.energy, pixels, self.layers, self.width, told)
        error = np.zeros(len(self.layers), np.float32)
        turned = mesh.corners[mesh.inside]
        for cover, squared in misfits(mesh.points, turned, pixels, self.layers, self.width):
            error[cover.pixel] = squared
        missed, worst = np.zeros(len(self.energy)), np.zeros_like(self._worst)
        inside = np.flatnonzero(self.mesh.inside)
        for cover in covers(self.mesh.points[self.mesh.corners[inside]], self.width):
            self._gather(cover, error[cover.pixel], inside, missed, worst)
        return missed, worst

    def _insert(self, triangles: np.ndarray, pixel: np.ndarray) -> None:
        """A point into each of the triangles, at the pixel."""
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
            self._gather(cover, squared, changed, self.energy, self._worst)

    def _gather(
        self,
        cover: Cover,
        squared: np.ndarray,
        triangles: np.ndarray,
        energy: np.ndarray,
        worst: np.ndarray,
    ) -> None:
        """Sum the ``squared`` errors of a cover into ``energy`` of ``triangles``, but for pixels
        that have their point, and find the worst."""
        if not len(squared):
            return
        squared[self._taken[cover.pixel]] = 0.0
        starts = np.flatnonzero(np.diff(cover.triangle, prepend=-1))
        energy[triangles[cover.triangle[starts]]] = np.add.reduceat(
            squared, starts, dtype=np.float64
        )
        most = np.maximum.reduceat(squared, starts)
        hits = np.flatnonzero(squared == np.repeat(most, np.diff(starts, append=len(squared))))
        hits = hits[::-1]  # the last to write, so the first pixel, has it
        worst[triangles[cover.triangle[hits]]] = cover.pixel[hits]
