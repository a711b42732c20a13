# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a relief samples the picture: points on its plane and the triangles between them."""

from dataclasses import dataclass

import numpy as np

from ..errors import UsageError


@dataclass(frozen=True)
class Pattern:
    """A triangulated picture plane; one pattern serves a whole shot.

    ``points``: float32 (N, 2), u and v in 0..1 from edge to edge, v from the bottom.
    ``triangles``: int32 (M, 3), counter-clockwise as the camera sees them.
    """

    points: np.ndarray
    triangles: np.ndarray


def grid_pattern(width: int, height: int, columns: int) -> Pattern:
    """A regular grid over the whole picture, from edge to edge, of nearly square cells.

    ``columns`` cells stand side by side; the number of rows follows the picture's aspect. The
    points run row by row from the bottom left, (columns + 1) * (rows + 1) of them.
    Raises UsageError on sizes below 1.
    """
    if width < 1 or height < 1 or columns < 1:
        raise UsageError(
            f"A grid of {columns} columns over {width}x{height} has no cells: give 1 or more."
        )
    rows = max(1, round(columns * height / width))
    u, v = np.meshgrid(
        np.linspace(0.0, 1.0, columns + 1, dtype=np.float32),
        np.linspace(0.0, 1.0, rows + 1, dtype=np.float32),
    )
    points = np.stack([u.ravel(), v.ravel()], axis=1)
    corners = np.arange(points.shape[0], dtype=np.int32).reshape(rows + 1, columns + 1)
    bottom_left, bottom_right = corners[:-1, :-1], corners[:-1, 1:]
    top_left, top_right = corners[1:, :-1], corners[1:, 1:]
    triangles = np.stack(
        [bottom_left, bottom_right, top_right, bottom_left, top_right, top_left], axis=-1
    )
    return Pattern(points, triangles.reshape(-1, 3))
