# SPDX-License-Identifier: GPL-3.0-or-later
"""A frame's relief as meshes: by the shot's own sampling pattern, and the plate behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import SecondEyeError
from ..geometry import Lens, grid_pattern, inverse_distance
from ..geometry.pattern_file import load
from ..geometry.surface import STEEPEST
from ..project import Project, sampling
from ..project import behind as files
from .shaped import Shaped

if TYPE_CHECKING:
    from ..delivery.glb import TexturedMesh


def meshes(project: Project, shaped: Shaped, frame: int, layers: bool) -> list[TexturedMesh]:
    """The relief, of the finest level of its shot's pattern where that is current, else of a grid
    with a point a pixel; and with ``layers`` the plate, where the shot has layers of its depth of
    today. The relief's faces across steps are left out. Raises SecondEyeError."""
    manifest, shot = project.manifest, project.shot_at(frame)
    size, folder = manifest.depth, project.folder
    lens = Lens(manifest.lens.focal_over_width, manifest.clip.width, manifest.clip.height)
    near, far, strength, bias, contrast = shaped.range_at(frame)
    if sampling.is_current(folder, manifest, shot):
        pattern = load(sampling.pattern_path(folder, shot))
        finest = pattern.pattern(len(pattern.levels) - 1)
    else:
        finest = grid_pattern(manifest.clip.width, manifest.clip.height, size.width)
    normalised = shaped.normalised(frame)
    row, column = _pixels(finest.points, normalised.shape)
    values = normalised[row, column]
    inverse = inverse_distance(values, near, far, strength)
    picture = _bytes(project, frame)
    made = [
        _mesh("Relief", finest.points, finest.triangles, values * strength, inverse, lens, picture)
    ]
    if not len(made[0].triangles):
        raise SecondEyeError(
            f"The depth of frame {frame} is nothing but steps: lower the strength."
        )
    if layers and files.is_current(folder, manifest, shot) and files.whole(folder, frame):
        from .shot_layers import read_layers

        stored = read_layers(project, frame)
        there = stored.plate[..., 3] > 0
        points, triangles = _grid(there)
        row, column = _pixels(points, there.shape)
        values = stored.depth[row, column]
        inverse = inverse_distance(values, near, far, strength, bias, contrast)
        picture = files.colour_path(folder, frame).read_bytes()
        plate = _mesh(
            "Behind", points, triangles, values * strength, inverse, lens, picture, cut=True
        )
        if len(plate.triangles):
            made.append(plate)
    return made


def _mesh(
    name: str,
    points: np.ndarray,
    triangles: np.ndarray,
    values: np.ndarray,
    inverse: np.ndarray,
    lens: Lens,
    picture: bytes,
    cut: bool = False,
) -> TexturedMesh:
    from ..delivery.glb import TexturedMesh

    # A plate is whole, as in Blender: nothing stands behind it.
    kept = triangles if cut else triangles[_slope(points, triangles, values, lens) <= STEEPEST]
    used, place = np.unique(kept, return_inverse=True)
    uv = points[used]
    there = lens.unproject(uv[:, 0], uv[:, 1], inverse[used]).astype(np.float32)
    return TexturedMesh(name, there, uv, place.reshape(-1, 3), picture, cut)


def _slope(points: np.ndarray, triangles: np.ndarray, values: np.ndarray, lens: Lens) -> np.ndarray:
    """How fast ``values`` change over each triangle, per picture width."""
    place = np.concatenate([points, values[:, None]], 1).astype(np.float64)
    place[:, 1] *= lens.height / lens.width
    a, b, c = (place[triangles[:, i]] for i in range(3))
    x, y, z = np.cross(b - a, c - a).T
    slope: np.ndarray = np.hypot(x, y) / np.maximum(np.abs(z), 1e-12)
    return slope


def _pixels(points: np.ndarray, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of the depth's pixel at each u, v."""
    height, width = shape
    row = ((1.0 - points[:, 1]) * height).astype(np.int64).clip(0, height - 1)
    return row, (points[:, 0] * width).astype(np.int64).clip(0, width - 1)


def _grid(there: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (N, 2) by the middles of pixels, and triangles between those that are ``there``."""
    height, width = there.shape
    row, column = np.mgrid[:height, :width].astype(np.float32)
    points = np.stack([(column + 0.5) / width, 1.0 - (row + 0.5) / height], -1).reshape(-1, 2)
    corner = np.arange(height * width).reshape(height, width)
    whole = there[:-1, :-1] & there[:-1, 1:] & there[1:, :-1] & there[1:, 1:]
    a, b = corner[:-1, :-1][whole], corner[:-1, 1:][whole]
    c, d = corner[1:, 1:][whole], corner[1:, :-1][whole]
    return points, np.concatenate([np.stack([a, d, c], 1), np.stack([a, c, b], 1)])


def _bytes(project: Project, frame: int) -> bytes:
    path = project.plate_path(frame)
    try:
        return path.read_bytes()
    except OSError as error:
        raise SecondEyeError(f"{path} is missing: run second-eye depth again.") from error
