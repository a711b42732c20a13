# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a relief takes its depth: a grid that fits the depth pictures, and an apron around it."""

from __future__ import annotations

import numpy as np

from ...core.geometry import Pattern, grid_pattern
from ...core.project import Manifest

COLUMNS = 641  # cells across at most, unless asked for: every pixel of a depth picture 640 wide
APRON = 0.05  # of the picture's width and height, on every side
BESIDE = np.array([0.1513, -0.1471])  # of a depth pixel; below 0.5: still "Closest"


def relief_pattern(manifest: Manifest, columns: int | None) -> tuple[Pattern, int]:
    """The pattern of every shot of a project, and its number of columns (at most as asked for)."""
    clip, depth = manifest.clip, manifest.depth
    most = depth.width + 1
    while most > 1 and round(most * clip.height / clip.width) > depth.height + 1:
        most -= 1
    columns = min(columns or COLUMNS, most)
    grid = grid_pattern(clip.width, clip.height, columns)
    return with_apron(on_pixels(grid, columns, depth.width, depth.height)), columns


def on_pixels(grid: Pattern, columns: int, width: int, height: int) -> Pattern:
    """Move the points inside the picture to the middles of depth pixels (width x height of them).

    Between pixels "Closest" would displace the depth against the picture by up to half a pixel; on
    the middles it is exact. The outline stays where it is: the relief fills the picture. Beside the
    middles, across the triangles' diagonals: a render of the depth's size would otherwise aim its
    rays exactly at vertices or along edges, where rounding lets some slip through.

    No two columns or rows share a pixel where the grid has at most one more cell than pixels.
    """
    cells = np.array([columns, len(grid.points) // (columns + 1) - 1], np.float64)
    size = np.array([width, height], np.float64)
    number = np.rint(grid.points * cells)  # of the column and row, 0 and ``cells`` on the outline
    pixel = np.floor((number - 0.5) / np.maximum(cells - 1, 1) * size)
    middles = (pixel + 0.5 + BESIDE) / size
    inside = (number > 0) & (number < cells)
    return Pattern(np.where(inside, middles, grid.points).astype(np.float32), grid.triangles)


def with_apron(pattern: Pattern, margin: float = APRON) -> Pattern:
    """Continue the relief beyond the picture's edges, at the depth it has there.

    An eye beside the footage camera sees past an edge of the picture; without an apron it would see
    an empty strip there.
    """
    points, triangles = [pattern.points], [pattern.triangles]
    count = len(pattern.points)
    corners: dict[tuple[float, float], list[np.int32]] = {}
    for axis in (0, 1):
        for edge, outside in ((0.0, -margin), (1.0, 1.0 + margin)):
            inner = np.flatnonzero(pattern.points[:, axis] == edge)
            inner = inner[np.argsort(pattern.points[inner, 1 - axis])].astype(np.int32)
            moved = pattern.points[inner].copy()
            moved[:, axis] = outside
            outer = np.arange(count, count + len(inner), dtype=np.int32)
            count += len(inner)
            points.append(moved)
            triangles.append(_strip(inner, outer, turned=(axis == 0) == (edge == 1.0)))
            for end, other in ((0, 0.0), (-1, 1.0)):
                key = (edge, other) if axis == 0 else (other, edge)
                corners.setdefault(key, [inner[end]]).append(outer[end])
    for (u, v), (inner_corner, beside, above) in corners.items():
        points.append(np.array([[u + (2 * u - 1) * margin, v + (2 * v - 1) * margin]], np.float32))
        near = np.array([inner_corner, above], np.int32)
        far = np.array([beside, count], np.int32)
        triangles.append(_strip(near, far, turned=(u == 0.0) == (v == 0.0)))
        count += 1
    return Pattern(np.concatenate(points), np.concatenate(triangles))


def _strip(inner: np.ndarray, outer: np.ndarray, turned: bool) -> np.ndarray:
    """Triangles (M, 3) between two rows of as many points; ``turned`` for the other winding."""
    a, b, c, d = inner[:-1], inner[1:], outer[1:], outer[:-1]
    strip = np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3)
    return strip[:, ::-1] if turned else strip
