# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a relief takes its depth: a grid that fits the depth pictures, and an apron around it."""

from __future__ import annotations

import numpy as np

from ...core.geometry import Pattern, grid_pattern
from ...core.project import Manifest

COLUMNS = 640  # cells across at most, unless asked for: 230,000 vertices for 16:9
APRON = 0.05  # of the picture's width and height, on every side
BESIDE = np.array([0.1180339, 0.0786151])  # of a depth pixel; below 0.5: still "Closest"


def relief_pattern(manifest: Manifest, columns: int | None) -> tuple[Pattern, int]:
    """The pattern of every shot of a project, and its number of columns (at most as asked for)."""
    clip, depth = manifest.clip, manifest.depth
    most = max(1, min(depth.width, depth.height * clip.width // clip.height))
    columns = min(columns or min(most, COLUMNS), most)
    grid = grid_pattern(clip.width, clip.height, columns)
    return with_apron(on_pixels(grid, depth.width, depth.height)), columns


def on_pixels(pattern: Pattern, width: int, height: int) -> Pattern:
    """Move the points inside the picture to the middles of depth pixels (width x height of them).

    Between pixels "Closest" would displace the depth against the picture by up to half a pixel; on
    the middles it is exact. The outline stays where it is: the relief fills the picture. Beside the
    middles by irrational bits of a pixel: a render of the depth's size would otherwise aim its rays
    exactly at vertices, where rounding lets some slip through.
    """
    size = np.array([width, height], np.float64)
    points = pattern.points
    nudge = 1e-3  # a column may stand on a pixel's left edge, or a rounding error before it
    middles = (np.floor(points * size + nudge) + 0.5 + BESIDE) / size
    inside = (points > 0.0) & (points < 1.0)
    return Pattern(np.where(inside, middles, points).astype(np.float32), pattern.triangles)


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
