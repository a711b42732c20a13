# SPDX-License-Identifier: GPL-3.0-or-later
"""By how much the linear interpolation of triangles misses the pixels they cover."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .raster import Cover, covers


def misfits(
    points: np.ndarray, corners: np.ndarray, pixels: np.ndarray, layers: np.ndarray, width: int
) -> Iterator[tuple[Cover, np.ndarray]]:
    """Squared errors, summed over layers, of the pixels of triangles ``corners`` (T, 3).

    ``points`` int64 (N, 2) in half pixels; ``pixels`` (N,): the pixel whose values a point has;
    ``layers`` float32 (pixels, K). Yields covers that hold a pixel, with float32 (n,).
    """
    places = points[corners]
    values = layers[pixels[corners]]  # (T, 3, K)
    across, down = slopes(places, values)
    for cover in covers(places, width):
        t = cover.triangle
        if not len(t):
            continue
        x = (cover.x - places[t, 0, 0]).astype(np.float32)
        y = (cover.y - places[t, 0, 1]).astype(np.float32)
        error = layers[cover.pixel]
        error -= values[t, 0]
        error -= across[t] * x[:, None]
        error -= down[t] * y[:, None]
        yield cover, np.einsum("ij,ij->i", error, error)


def energies(
    points: np.ndarray, corners: np.ndarray, pixels: np.ndarray, layers: np.ndarray, width: int
) -> np.ndarray:
    """The sum of each triangle's squared errors, float64 (T,)."""
    sums = np.zeros(len(corners))
    for cover, squared in misfits(points, corners, pixels, layers, width):
        starts = np.flatnonzero(np.diff(cover.triangle, prepend=-1))
        sums[cover.triangle[starts]] = np.add.reduceat(squared, starts, dtype=np.float64)
    return sums


def slopes(places: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Change over half a pixel to the right and down, float32 (T, K), of the planes through
    ``values`` (T, 3, K) at ``places`` (T, 3, 2); 0 for a triangle of no area."""
    one, other = places[:, 1] - places[:, 0], places[:, 2] - places[:, 0]
    area = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    scale = np.where(area == 0, 0.0, 1.0 / np.where(area == 0, 1, area))[:, None]
    rise, more = values[:, 1] - values[:, 0], values[:, 2] - values[:, 0]
    across = (rise * other[:, 1:] - more * one[:, 1:]) * scale
    down = (more * one[:, :1] - rise * other[:, :1]) * scale
    return across.astype(np.float32), down.astype(np.float32)
