# SPDX-License-Identifier: GPL-3.0-or-later
"""The points of a triangulation as a cloud that closes: how far each has to reach.

A triangulation may leave a plain without points; a cloud has to fill it. Large balls would bulge
towards the viewer, so that wide gaps get points of their own, and every point the radius of the
part of the picture to which it is the nearest: its cell of a Voronoi diagram, found by jump
flooding (G. Rong, T.-S. Tan, "Jump flooding in GPU with applications to Voronoi diagram and
distance transform", 2006). Flooding errs now and then and gives a pixel to a point that is not the
nearest; that point's radius reaches it all the same, so the cloud closes whatever it does.
"""

from __future__ import annotations

import numpy as np

ACROSS = 64  # cells of the picture's longer side: each holds a point at least
RASTER = 640  # pixels of the longer side, on which cells are measured; depth may be larger


def cloud(points: np.ndarray, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """``points`` float32 (N, 2), u and v in 0..1, of a picture ``width`` x ``height`` pixels.

    Returns points to add, float32 (K, 2), and the radii in picture widths, float32 (N + K,): discs
    of these radii around all of them cover the whole picture.
    """
    side = min(RASTER / max(width, height), 1.0)
    columns, rows = max(1, round(width * side)), max(1, round(height * side))
    scale = np.array([columns, rows], np.float32)
    block = max(1, round(max(columns, rows) / ACROSS))
    added = _added(points * scale, columns, rows, block) / scale
    every = np.concatenate([points, added.astype(np.float32)])
    place = every * scale
    owner = _owners(place, columns, rows, block)
    # Pixels of the raster are nearly square. Distances to middles of pixels: half a diagonal more
    # reaches their corners.
    across = np.float32(width / columns)
    down = np.float32(height / rows)
    y, x = np.divmod(np.arange(columns * rows), columns)
    mine = place[owner]
    apart = np.hypot((x + 0.5 - mine[:, 0]) * across, (y + 0.5 - mine[:, 1]) * down)
    radius = np.zeros(len(every), np.float32)
    np.maximum.at(radius, owner, apart.astype(np.float32))
    return added.astype(np.float32), (radius + np.float32(0.5) * np.hypot(across, down)) / width


def _cells(place: np.ndarray, columns: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """The pixel of the raster that each point (N, 2) lies in, as row and column."""
    cell = np.floor(place).astype(np.int64)
    return cell[:, 1].clip(0, rows - 1), cell[:, 0].clip(0, columns - 1)


def _added(place: np.ndarray, columns: int, rows: int, block: int) -> np.ndarray:
    """The middle of every block of ``block`` pixels that holds no point, (K, 2)."""
    empty = np.ones((-(-rows // block), -(-columns // block)), bool)
    y, x = _cells(place, columns, rows)
    empty[y // block, x // block] = False
    y, x = np.nonzero(empty)
    low = np.stack([x, y], axis=1) * block
    high = np.minimum(low + block, [columns, rows])
    middles: np.ndarray = (low + high) / 2
    return middles


def _owners(place: np.ndarray, columns: int, rows: int, block: int) -> np.ndarray:
    """Of every pixel of the raster, row by row, the point that is (nearly always) the nearest."""
    y, x = _cells(place, columns, rows)
    any_of_block = np.zeros((-(-rows // block), -(-columns // block)), np.int64)
    any_of_block[y // block, x // block] = np.arange(len(place))
    owner = any_of_block.repeat(block, 0).repeat(block, 1)[:rows, :columns].copy()
    owner[y, x] = np.arange(len(place))
    px, py = place[:, 0].astype(np.float32), place[:, 1].astype(np.float32)
    column = np.arange(columns, dtype=np.float32) + 0.5
    row = np.arange(rows, dtype=np.float32)[:, None] + 0.5
    best = (px[owner] - column) ** 2 + (py[owner] - row) ** 2
    step = 1 << max(block - 1, 1).bit_length()
    while step:
        for down, across in ((d, a) for d in (-step, 0, step) for a in (-step, 0, step)):
            to = (_part(rows, down), _part(columns, across))
            source = (_part(rows, -down), _part(columns, -across))
            if (down, across) == (0, 0) or not owner[to].size:
                continue
            found = owner[source]
            near = (px[found] - column[to[1]]) ** 2 + (py[found] - row[to[0]]) ** 2
            better = near < best[to]
            best[to][better] = near[better]
            owner[to][better] = found[better]
        step //= 2
    return owner.ravel()


def _part(count: int, shift: int) -> slice:
    """The pixels that have a neighbour ``shift`` before them."""
    return slice(max(shift, 0), max(count + min(shift, 0), 0))
