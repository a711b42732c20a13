# SPDX-License-Identifier: GPL-3.0-or-later
"""A frame's relief as sheets of points: the picture, and the background behind its foreground."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..geometry import Lens, inverse_distance
from ..geometry.surface import STEEPEST, Surface, steepness, surface
from ..project import Project
from ..project import behind as files
from .shaped import Shaped

_LEAST = 16  # of 255: a rim that covers less is not worth a point


@dataclass(frozen=True)
class Sheet:
    """``surface`` of N points; ``colours`` uint8 (N, 3), sRGB; ``alpha`` uint8 (N,)."""

    surface: Surface
    colours: np.ndarray
    alpha: np.ndarray


def sheets(
    project: Project,
    shaped: Shaped,
    frame: int,
    layers: bool,
    chosen: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]] | None = None,
) -> list[Sheet]:
    """The picture's sheet, and behind it the background's where ``layers`` are asked for and stand
    there, made of the depth of today: then the foreground's rim is soft, in its own colour.

    ``chosen``: of each sheet's normalised inverse depth, which pixels get a point and how large one
    is, as `export_points.sparse` says it; None: all of them. The background follows near, far,
    strength and curve, and no mask or object.
    """
    near, far, strength, bias, contrast = shaped.range_at(frame)
    normalised = shaped.normalised(frame)
    inverse = inverse_distance(normalised, near, far, strength)
    steep = steepness(normalised, strength)
    colours = project.read_small_plate(frame)
    alpha = np.full(normalised.shape, 255, np.uint8)
    manifest = project.manifest
    lens = Lens(manifest.lens.focal_over_width, manifest.clip.width, manifest.clip.height)
    shot = project.shot_at(frame)
    folder = project.folder
    sizes = np.ones(normalised.shape, np.float32)
    some = np.ones(normalised.shape, bool)
    if chosen is not None:
        some, sizes = chosen(normalised)
    if not (layers and files.is_current(folder, manifest, shot) and files.whole(folder, frame)):
        return [_sheet(inverse, some & (steep <= STEEPEST), lens, colours, alpha, sizes)]
    from .shot_layers import read_layers

    stored = read_layers(project, frame)
    rim = stored.front[..., 3] < 255
    colours = np.where(rim[..., None], stored.front[..., :3], colours)
    alpha = stored.front[..., 3]
    kept = some & (steep <= STEEPEST) & (alpha >= _LEAST)
    there = stored.plate[..., 3] > 0
    distance = inverse_distance(stored.depth, near, far, strength, bias, contrast)
    # Only its own pixels tell how steep the plate is: around it nothing stands.
    inside = cv2.erode(there.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    flat = ~inside | (steepness(stored.depth, strength) <= STEEPEST)
    if chosen is not None:
        some, back_sizes = chosen(stored.depth)
        there &= some
    else:
        back_sizes = sizes
    cover = stored.plate[..., 3]
    back = _sheet(distance, there & flat, lens, stored.plate[..., :3], cover, back_sizes)
    return [_sheet(inverse, kept, lens, colours, alpha, sizes), back]


def _sheet(
    inverse: np.ndarray,
    kept: np.ndarray,
    lens: Lens,
    colours: np.ndarray,
    alpha: np.ndarray,
    sizes: np.ndarray,
) -> Sheet:
    found = surface(inverse, np.where(kept, 0.0, np.inf), lens)
    rows, columns = found.pixels[:, 0], found.pixels[:, 1]
    size = sizes[rows, columns, None]
    found = replace(found, across=found.across * size, upward=found.upward * size)
    return Sheet(found, colours[rows, columns], alpha[rows, columns])
