# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pixels of a moved eye's picture a surface over the footage's picture plane lies on.

No colours and no order: a pixel is covered where a cell of the surface lies over its middle. Numpy
only, since Blender's process asks while the artist waits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..geometry.raster import covers

GRID = 320  # cells across at most: half of what a depth picture has, a quarter of its triangles
_BEHIND = 1e-3  # of the median distance: what is nearer to the eye than that is not drawn
_CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))


@dataclass(frozen=True)
class View:
    """One eye: ``pose`` (4, 4) from its own axes to the footage camera's (x right, y up, looking
    along -z), its focal length over sensor width, and how far its sensor is shifted to the right,
    in picture widths."""

    pose: np.ndarray
    focal_over_width: float
    shift: float = 0.0


@dataclass(frozen=True)
class Grid:
    """Points on the middles of depth pixels, on the picture's outline, and an apron beyond it.

    ``u`` (m,), ``v`` (n,) from above: places in picture widths and heights. ``columns`` (m,),
    ``rows`` (n,): the depth pixel that each takes its distance from.
    """

    u: np.ndarray
    v: np.ndarray
    columns: np.ndarray
    rows: np.ndarray

    @property
    def inside(self) -> np.ndarray:
        """Bool (n - 1, m - 1): which cells are no apron."""
        u, v = self.u, self.v
        upright = ((v[:-1] >= 0.0) & (v[1:] <= 1.0))[:, None]
        inside: np.ndarray = upright & ((u[:-1] >= 0.0) & (u[1:] <= 1.0))[None, :]
        return inside

    def most(self, faces: np.ndarray) -> np.ndarray:
        """(n - 1, m - 1): of ``faces`` (h - 1, w - 1), between four pixels' middles each, the
        largest in each cell; 0 where a cell has none."""
        found = _most(faces, self.rows, 0)
        return _most(found, self.columns, 1)

    def places(self, inverse_z: np.ndarray, focal_over_width: float, aspect: float) -> np.ndarray:
        """(n, m, 3): points in the footage camera's axes, ``inverse_z`` (h, w) their 1/Z."""
        away = 1.0 / inverse_z[self.rows[:, None], self.columns[None, :]]
        x = (self.u[None, :] - 0.5) / focal_over_width * away
        y = (0.5 - self.v[:, None]) * aspect / focal_over_width * away
        return np.stack([x, y, -away], -1)


def make_grid(
    height: int, width: int, aspect: float, apron: tuple[float, float], most: int = GRID
) -> Grid:
    """For depth of ``height`` x ``width``; ``apron``: how far it goes on beyond the picture, in
    picture widths and heights; ``most``: cells across."""
    across = min(most, width)
    upward = max(1, min(height, round(across * aspect)))
    places, pixels = [], []
    for count, size, beyond in ((across, width, apron[0]), (upward, height, apron[1])):
        at = np.floor((np.arange(count) + 0.5) / count * size).astype(int)
        places.append(np.concatenate([[-beyond, 0.0], (at + 0.5) / size, [1.0, 1.0 + beyond]]))
        pixels.append(np.concatenate([[0, 0], at, [size - 1, size - 1]]))
    return Grid(places[0], places[1], pixels[0], pixels[1])


def cells_of(fine: Grid, coarse: Grid, cells: np.ndarray) -> np.ndarray:
    """Which cells of ``fine`` lie in ``cells`` of ``coarse``, both of one depth: bool."""
    rows = np.searchsorted(coarse.v[1:-1], 0.5 * (fine.v[:-1] + fine.v[1:]))
    columns = np.searchsorted(coarse.u[1:-1], 0.5 * (fine.u[:-1] + fine.u[1:]))
    found: np.ndarray = cells[rows[:, None], columns[None, :]]
    return found


class Canvas:
    """The grid ``places`` (n, m, 3) as an eye sees it, in a picture of ``height`` x ``pixels``;
    ``aspect``: picture height over width."""

    def __init__(
        self, places: np.ndarray, view: View, pixels: int, height: int, aspect: float
    ) -> None:
        self.pixels, self.height = pixels, height
        inverse = np.linalg.inv(view.pose)
        seen = places @ inverse[:3, :3].T + inverse[:3, 3]
        ahead = -seen[..., 2]
        self._visible = ahead > _BEHIND * float(np.median(-places[..., 2]))
        safe = np.where(self._visible, ahead, 1.0)
        # In half pixels, as `covers` has them, from the upper left corner.
        x = (0.5 - view.shift + view.focal_over_width * seen[..., 0] / safe) * (2 * pixels)
        y = (0.5 - view.focal_over_width / aspect * seen[..., 1] / safe) * (2 * height)
        x = np.rint(np.clip(x, -2 * pixels, 4 * pixels))
        y = np.rint(np.clip(y, -2 * height, 4 * height))
        self._at = np.stack([x, y], -1).astype(np.int64)

    def draw(self, cells: np.ndarray) -> np.ndarray:
        """Bool (height, pixels): over which pixels' middles ``cells`` (n - 1, m - 1) lie."""
        covered = np.zeros(self.height * self.pixels, bool)
        rows, columns = np.nonzero(cells)
        whole = np.ones(len(rows), bool)
        for down, right in _CORNERS:
            whole &= self._visible[rows + down, columns + right]
        rows, columns = rows[whole], columns[whole]
        at = np.stack([self._at[rows + d, columns + r] for d, r in _CORNERS], 1)
        size = np.array([2 * self.pixels, 2 * self.height])
        at = at[((at.max(1) >= 0) & (at.min(1) <= size)).all(1)]
        for triangle in ((0, 1, 2), (1, 3, 2)):
            for cover in covers(at[:, triangle], self.pixels):
                column, row = cover.x >> 1, cover.y >> 1
                good = (column >= 0) & (column < self.pixels) & (row >= 0) & (row < self.height)
                covered[cover.pixel[good]] = True
        return covered.reshape(self.height, self.pixels)


def _most(values: np.ndarray, pixels: np.ndarray, axis: int) -> np.ndarray:
    """The largest along ``axis`` between each pixel and the next of ``pixels``; 0 between one and
    itself."""
    count = values.shape[axis]
    if count == 0:
        shape = list(values.shape)
        shape[axis] = len(pixels) - 1
        return np.zeros(shape, values.dtype)
    start, end = pixels[:-1], pixels[1:]
    found = np.maximum.reduceat(values, np.minimum(start, count - 1), axis)
    empty = end <= start
    if axis == 0:
        found[empty] = 0
    else:
        found[:, empty] = 0
    return found
