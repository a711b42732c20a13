# SPDX-License-Identifier: GPL-3.0-or-later
"""Edges of a triangulation turned to lie along the relief: along a step, not across it.

Local optimisation of a data-dependent triangulation, N. Dyn, D. Levin, S. Rippa, "Data dependent
triangulations for piecewise linear interpolation", IMA J. Numerical Analysis 10 (1990), with the
squared error at the pixels as the cost.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .halfedges import INFINITY, Triangulation, cross, following
from .misfit import energies

ROUNDS = 40  # at most; ten are usual
GAIN = 1e-3  # least part of two triangles' error that a flip must save


def align(
    mesh: Triangulation,
    energy: np.ndarray,
    pixels: np.ndarray,
    layers: np.ndarray,
    width: int,
    told: Callable[[], None],
) -> np.ndarray:
    """Flip edges of ``mesh`` as long as that lowers the squared error; returns the energy then.

    ``energy`` (T,) of the triangles now; the other arguments as in `misfit.misfits`. ``told`` is
    called before each round.
    """
    energy = energy.copy()
    edges = np.arange(3 * len(mesh.corners))
    for _ in range(ROUNDS):
        told()
        edges, turned = _turnable(mesh, edges)
        before = energy[edges // 3] + energy[mesh.twin[edges] // 3]
        erring = before > 0.0
        edges, turned, before = edges[erring], turned[erring], before[erring]
        after = energies(mesh.points, turned.reshape(-1, 3), pixels, layers, width)
        after = after.reshape(-1, 2)
        gain = before - after.sum(axis=1)
        better = np.flatnonzero(gain > GAIN * before)
        if not len(better):
            break
        best = better[np.argsort(gain[better], kind="stable")]
        chosen = best[_apart(mesh, edges[best])]
        flipped = edges[chosen]
        outer = mesh.flip(flipped)
        # `flip` leaves (u, q, p) in the half-edge's own triangle, (v, p, q) in its twin's.
        energy[flipped // 3] = after[chosen, 0]
        energy[outer[len(flipped) : 2 * len(flipped)] // 3] = after[chosen, 1]
        edges = np.concatenate([outer, edges[better]])
    return energy


def _turnable(mesh: Triangulation, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Those of ``edges`` that can be flipped, and the two triangles (n, 2, 3) each would make."""
    edges = np.unique(np.minimum(edges, mesh.twin[edges]))
    flat, twin = mesh.corners.reshape(-1), mesh.twin[edges]
    u, v = flat[edges], flat[twin]
    p, q = flat[following(following(edges))], flat[following(following(twin))]
    places = mesh.points
    able = (u != INFINITY) & (v != INFINITY) & (p != INFINITY) & (q != INFINITY)
    able &= cross(places[u], places[q], places[p]) > 0
    able &= cross(places[v], places[p], places[q]) > 0
    turned = np.stack([np.stack([u, q, p], 1), np.stack([v, p, q], 1)], axis=1)
    return edges[able], turned[able]


def _apart(mesh: Triangulation, edges: np.ndarray) -> np.ndarray:
    """Which of ``edges``, the best last, are the best in both of their triangles."""
    order = np.arange(len(edges))
    claim = np.full(len(mesh.corners), -1)
    one, other = edges // 3, mesh.twin[edges] // 3
    np.maximum.at(claim, one, order)
    np.maximum.at(claim, other, order)
    return (claim[one] == order) & (claim[other] == order)
