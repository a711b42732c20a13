# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a relief takes its depth: a grid or a shot's pattern, with an apron around the picture."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from ...core.errors import SecondEyeError
from ...core.geometry import Pattern, choose_pair, grid_pattern
from ...core.geometry.pattern_file import load
from ...core.project import Manifest, Project, Shot
from ...core.project.sampling import is_current, pattern_path, source_of
from ...core.stereo.gain import shot_gain

COLUMNS = 641  # cells across at most, unless asked for: every pixel of a depth picture 640 wide
APRON = 0.05  # of the picture's width and height, on every side
BESIDE = np.array([0.1513, -0.1471])  # of a depth pixel; below 0.5: still "Closest"
ADAPTIVE, GRID = "ADAPTIVE", "GRID"


@dataclass(frozen=True)
class Plane:
    """One level of detail: the picture plane with its apron. ``triangles``: how many are no apron;
    ``radius``: float32 (N + K,), of its
    points as a cloud, in picture widths; ``fill``: float32 (K, 2), points that only the cloud has.
    ``error``: RMS, in pixels of disparity; None where nobody measured it."""

    pattern: Pattern
    triangles: int
    fill: np.ndarray
    radius: np.ndarray
    error: float | None


@dataclass(frozen=True)
class Planes:
    """A shot's levels, the coarsest first. ``viewport``, ``render``: the numbers, from 1, that Auto
    takes. ``pitch``: the distance between samples in picture widths, over which a step is
    measured. ``source``: the same for the same planes."""

    levels: tuple[Plane, ...]
    viewport: int
    render: int
    pitch: float
    source: str


def grid_planes(manifest: Manifest, columns: int | None) -> Planes:
    """The one level of the grid, the same for all shots."""
    pattern, columns = relief_pattern(manifest, columns)
    aspect = manifest.clip.height / manifest.clip.width
    inside = ((pattern.points >= 0.0) & (pattern.points <= 1.0)).all(axis=1)
    u, v = (np.unique(pattern.points[inside, axis]) for axis in (0, 1))
    reach = 0.5 * np.hypot(np.diff(u).max(), np.diff(v).max() * aspect)
    radius = np.full(len(pattern.points), reach, np.float32)
    within = int(inside[pattern.triangles].all(axis=1).sum())
    plane = Plane(pattern, within, np.zeros((0, 2), np.float32), radius, None)
    return Planes((plane,), 1, 1, 1.0 / columns, f"grid {columns} {len(pattern.points)}")


def adaptive_planes(project: Project, shot: Shot) -> Planes | None:
    """The levels of the shot's own pattern; None without one of the depth that stands there now.

    Raises SecondEyeError where it is damaged, or of a newer version.
    """
    manifest = project.manifest
    if not is_current(project.folder, manifest, shot):
        return None
    path = pattern_path(project.folder, shot)
    stored, gain = load(path), shot_gain(manifest, shot)
    if stored.source != source_of(manifest, shot):
        return None  # a run was cut between the file and the manifest
    width, height = manifest.depth.width, manifest.depth.height
    if (stored.width, stored.height) != (width, height):
        raise SecondEyeError(f"{path} is of another depth size: delete it and sample again.")
    planes = []
    for number, level in enumerate(stored.levels):
        pattern = with_apron(beside_pixels(stored.pattern(number), width, height))
        # The apron gets no points of a cloud; its radii only fill the place.
        apron = np.zeros(len(pattern.points) - level.count, np.float32)
        parts = (level.radius[: level.count], apron, level.radius[level.count :])
        radius = np.concatenate(parts).astype(np.float32)
        error = level.misfit.rms * gain
        planes.append(Plane(pattern, len(level.triangles), level.fill, radius, error))
    viewport, render = choose_pair(stored, gain) if gain > 0.0 else (len(planes) - 1,) * 2
    stamp = f"{stored.source} {zlib.crc32(stored.points.tobytes()):08x} {len(planes)}"
    return Planes(tuple(planes), viewport + 1, render + 1, finest_pitch(manifest), stamp)


def finest_pitch(manifest: Manifest) -> float:
    """Of depth pixels, or of the finest grid where those are smaller: enlarged depth has slopes
    that are staircases, and measured over less than their treads the matte would be a comb."""
    return 1.0 / min(COLUMNS, _most_columns(manifest))


def beside_pixels(pattern: Pattern, width: int, height: int) -> Pattern:
    """Points on the middles of pixels moved beside them, as `on_pixels` has them and says why;
    those of the outline along it."""
    points = pattern.points
    moved = points + BESIDE / [width, height]
    inside = (points > 0.0) & (points < 1.0)
    return Pattern(np.where(inside, moved, points).astype(np.float32), pattern.triangles)


def relief_pattern(manifest: Manifest, columns: int | None) -> tuple[Pattern, int]:
    """The pattern of every shot of a project, and its number of columns (at most as asked for)."""
    clip, depth = manifest.clip, manifest.depth
    columns = min(columns or COLUMNS, _most_columns(manifest))
    grid = grid_pattern(clip.width, clip.height, columns)
    return with_apron(on_pixels(grid, columns, depth.width, depth.height)), columns


def _most_columns(manifest: Manifest) -> int:
    """No more than a grid has that gives every depth pixel a cell."""
    clip, depth = manifest.clip, manifest.depth
    most = depth.width + 1
    while most > 1 and round(most * clip.height / clip.width) > depth.height + 1:
        most -= 1
    return most


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
