# SPDX-License-Identifier: GPL-3.0-or-later
"""From a shot's aggregate to its levels of detail."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from .aggregate import Aggregate
from .align import align
from .cloud import cloud
from .goal import MOST, Goal
from .halfedges import INFINITY
from .levels import Level, ShotPattern
from .measure import Errors, spanned_steps
from .refine import Refinement

LEVELS = 6  # at most; each has half the triangles of the next
COARSEST = 500  # triangles: a level below the finest is not asked to have fewer
CAREFUL_LEVELS, CAREFUL_MOST = 2, 16 << 20  # the finest levels; values of all layers
LEFT = 0.4  # of the squared error, by turning edges, at best; where steps are many, still less


@dataclass(frozen=True)
class Draft:
    """A level before it is measured: its number of points, its triangles (M, 3) of them, and their
    squared error on the layers."""

    count: int
    corners: np.ndarray
    energy: float


class Sampler:
    """Refines a triangulation of ``aggregate`` and keeps a draft of every level on the way.

    ``told`` is called with the number of triangles many times a second; what it raises ends it.
    """

    def __init__(self, aggregate: Aggregate, told: Callable[[int], None]) -> None:
        self._aggregate = aggregate
        self._refinement = Refinement(aggregate.layers, aggregate.width, aggregate.height)
        self._told = lambda: told(self._refinement.triangles)
        self.drafts: list[Draft] = []

    def reach(self, goal: Goal) -> None:
        """Refine up to ``goal``, keeping the levels before it."""
        if goal.kind == "error":
            self._to_error(goal.amount)
        else:
            # A point more is two triangles more, but for those on the outline.
            least = COARSEST if goal.kind == "triangles" else COARSEST // 2
            for i in reversed(range(LEVELS)):
                amount = int(goal.amount) >> i
                if i == 0 or amount >= least:
                    limit = {goal.kind: amount}
                    # The last two doublings have three quarters of all points.
                    careful = i < CAREFUL_LEVELS and self._aggregate.layers.size <= CAREFUL_MOST
                    self._refinement.grow(**limit, told=self._told, careful=careful, finest=i == 0)
                    self._keep()
        self.drafts = self.drafts[-LEVELS:]

    def _to_error(self, error: float) -> None:
        """Double the triangles, a level each, until turning edges could bring the error down to
        ``error``; then go on in small steps until it does."""
        wanted = error * error * self._aggregate.width * self._aggregate.height
        amount, saved = COARSEST, LEFT
        while True:
            self._refinement.grow(triangles=amount, energy=wanted / saved, told=self._told)
            have, points = self._refinement.triangles, self._points
            if len(self.drafts) > 1 and self.drafts[-1].count > 0.7 * points:
                self.drafts.pop()  # no level of nearly the same size
            if self._keep() <= wanted or amount >= MOST:
                return
            if have >= amount - 1:
                amount *= 2
            elif saved < 1.0:
                saved = min(1.0, saved * 1.2)
            else:
                return  # every pixel that is missed has its point

    @property
    def _points(self) -> int:
        return len(self._refinement.mesh.points) - 1

    def _keep(self) -> float:
        """A draft of the refinement as it is; returns its squared error."""
        refinement = self._refinement
        if self.drafts and self.drafts[-1].count == self._points:
            return self.drafts[-1].energy
        mesh = copy.deepcopy(refinement.mesh)
        energy = align(
            mesh,
            refinement.energy,
            refinement.pixels(),
            refinement.layers,
            refinement.width,
            self._told,
        )
        inside = (mesh.corners != INFINITY).all(axis=1)
        self.drafts.append(Draft(self._points, mesh.corners[inside], float(energy.sum())))
        return self.drafts[-1].energy

    def measured(self, pictures: Iterable[tuple[int, np.ndarray]], source: str = "") -> ShotPattern:
        """The levels with their errors on ``pictures``: (frame, float32 (h, w) in 0..1)."""
        aggregate = self._aggregate
        points, pixels = self._refinement.mesh.points, self._refinement.pixels()
        errors = [Errors() for _ in self.drafts]
        frames = []
        for frame, picture in pictures:
            frames.append(frame)
            for draft, found in zip(self.drafts, errors, strict=True):
                self._told()
                found.add(picture, points, draft.corners, pixels)
        plane = points[1:] / np.array([2.0 * aggregate.width, 2.0 * aggregate.height])
        plane[:, 1] = 1.0 - plane[:, 1]
        plane = plane.astype(np.float32)
        levels = []
        for draft, found in zip(self.drafts, errors, strict=True):
            step = spanned_steps(points, draft.corners, pixels, aggregate.layers, aggregate.step)
            # Infinity was number 0; and v counts from the bottom, which turns triangles over.
            triangles = np.ascontiguousarray(draft.corners[:, ::-1] - 1, np.int32)
            fill, radius = cloud(plane[: draft.count], aggregate.width, aggregate.height)
            levels.append(Level(draft.count, triangles, step, found.result(), fill, radius))
        return ShotPattern(
            aggregate.width,
            aggregate.height,
            plane,
            tuple(levels),
            source,
            tuple(frames),
        )
