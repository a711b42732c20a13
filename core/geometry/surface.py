# SPDX-License-Identifier: GPL-3.0-or-later
"""A frame's relief as points, each with the patch of surface that its pixel sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .lens import Lens

STEEPEST = 8.0
"""Normalised inverse depth per picture width from which on a slope is a step between two things."""
LONGEST = 8.0
"""Times its pixel's width at its distance that a patch may stretch along a slope."""


@dataclass(frozen=True)
class Surface:
    """N points in camera axes (x right, y up, looking along -z), in scene units.

    points: float32 (N, 3). across, upward: float32 (N, 3), the way on the surface to the next pixel
    to the right and above. normals: float32 (N, 3), of length 1, towards the viewer. pixels: int32
    (N, 2), row and column of each.
    """

    points: np.ndarray
    across: np.ndarray
    upward: np.ndarray
    normals: np.ndarray
    pixels: np.ndarray


def surface(inverse_z: np.ndarray, steepness: np.ndarray, lens: Lens) -> Surface:
    """One point a pixel, without those in the middle of a step.

    inverse_z: 1/Z > 0 in 1/scene unit, float32 (h, w). steepness: float32 (h, w), what `steepness`
    says of the same frame.
    """
    height, width = inverse_z.shape
    u, v = (np.arange(width) + 0.5) / width, 1.0 - (np.arange(height) + 0.5) / height
    rays = lens.ray(*np.meshgrid(u, v)).astype(np.float32)
    points = rays / inverse_z[..., None]
    limit = LONGEST / (lens.focal_over_width * width) / inverse_z
    across = _shortened(_flatter(points, inverse_z, 1), limit)
    upward = _shortened(-_flatter(points, inverse_z, 0), limit)
    normals = np.cross(across, upward)
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    towards = -rays / np.linalg.norm(rays, axis=-1, keepdims=True)
    normals = np.where(length > 0.0, normals / np.where(length > 0.0, length, 1.0), towards)
    kept = steepness <= STEEPEST
    return Surface(
        points[kept],
        across[kept],
        upward[kept],
        normals[kept].astype(np.float32),
        np.argwhere(kept).astype(np.int32),
    )


def steepness(normalised: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """Float32 (h, w): how fast ``normalised`` inverse depth (h, w) changes, per picture width, to
    the flatter of the two sides along each axis: the last pixel before a step is no part of it."""
    width = normalised.shape[1]
    result = np.zeros(normalised.shape, np.float32)
    for axis in (0, 1):
        before, after = _differences(normalised, axis)
        np.maximum(result, np.minimum(np.abs(before), np.abs(after)), out=result)
    return result * np.float32(strength * width)


def _differences(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """To the pixel before and to the one after; at the border both are that to the one inside."""
    if values.shape[axis] == 1:
        return np.zeros_like(values), np.zeros_like(values)
    change = np.diff(values, axis=axis)
    first, last = change.take([0], axis), change.take([-1], axis)
    return np.concatenate([first, change], axis), np.concatenate([change, last], axis)


def _flatter(points: np.ndarray, inverse_z: np.ndarray, axis: int) -> np.ndarray:
    """The way to the next pixel along ``axis``, from the side on which depth changes less."""
    if points.shape[axis] == 1:  # no neighbour: as long as the way along the other axis
        other = 1 - axis
        size = 1.0 / inverse_z
        if points.shape[other] > 1:
            size = np.linalg.norm(_flatter(points, inverse_z, other), axis=-1)
        unit = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]], np.float32)[axis]
        alone: np.ndarray = size[..., None] * unit
        return alone
    before, after = _differences(inverse_z, axis)
    there, on = _differences(points, axis)
    nearer = np.abs(before) < np.abs(after)
    chosen: np.ndarray = np.where(nearer[..., None], there, on)
    return chosen


def _shortened(ways: np.ndarray, limit: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(ways, axis=-1)
    factor = np.minimum(1.0, limit / np.maximum(length, 1e-30))
    short: np.ndarray = (ways * factor[..., None]).astype(np.float32)
    return short
