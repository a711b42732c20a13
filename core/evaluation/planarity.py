# SPDX-License-Identifier: GPL-3.0-or-later
"""How plane that is, in an estimate, which truly is a plane: ground, walls, ceilings of renders.

The two errors of T. Koch et al., "Evaluation of CNN-based single-image depth estimation methods"
(ECCV workshops 2018), flatness and orientation, in inverse depth, where a plane is an affine
function of the pixel: inverse depth = n . ray with n the plane's normal over its distance. *Flat*
is the RMS difference between the estimate and its own best plane over the region's mean true
inverse depth; *tilt* the angle between that plane's normal and the true one. A picture flattened
to a card is flat and wrongly tilted.

Regions are found in the truth alone: pixels of those classes where true inverse depth has no bend,
connected, and of one plane within half a percent.
"""

from dataclasses import dataclass

import numpy as np

from ..depth.labels import CLASSES
from .poses import Camera

PLANE_CLASSES = ("ground", "wall or building", "ceiling")
_REACH = 3  # pixels to each side, of the second difference
_BEND = 3e-3  # of inverse depth; stored as half floats, it is right to 5e-4
_PLANE = 5e-3
_SMALLEST = 0.01  # of the picture


@dataclass(frozen=True)
class Region:
    """``pixels`` bool (H, W); ``normal`` float64 (3,), over the distance in metres; ``mean``: of
    true inverse depth."""

    pixels: np.ndarray
    normal: np.ndarray
    mean: float


def true_regions(inverse: np.ndarray, classes: np.ndarray, camera: Camera) -> list[Region]:
    """The true planes: ``inverse`` float (H, W) in 1/metre, ``classes`` uint8 (H, W) of
    `depth.labels.CLASSES`."""
    from scipy import ndimage

    rays = camera.rays(*inverse.shape)
    even = _even(inverse, classes)
    found = []
    for name in PLANE_CLASSES:
        parts, count = ndimage.label(even & (classes == CLASSES.index(name)))
        sizes = np.bincount(parts.ravel())
        for part in range(1, count + 1):
            if sizes[part] < _SMALLEST * inverse.size:
                continue
            pixels = parts == part
            normal, error = _plane(inverse[pixels], rays[pixels])
            mean = float(inverse[pixels].mean())
            if error < _PLANE * mean:
                found.append(Region(pixels, normal, mean))
    return found


def errors(estimate: np.ndarray, regions: list[Region], camera: Camera) -> list[dict[str, float]]:
    """``flat`` (a share), ``tilt`` (degrees) and ``pixels`` of each region; ``estimate`` float
    (H, W), inverse depth in 1/metre, aligned."""
    rays = camera.rays(*estimate.shape)
    rows = []
    for region in regions:
        normal, error = _plane(estimate[region.pixels], rays[region.pixels])
        length = np.linalg.norm(normal) * np.linalg.norm(region.normal)
        cosine = float(normal @ region.normal) / max(float(length), 1e-12)
        rows.append(
            {
                "flat": error / region.mean,
                "tilt": float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))),
                "pixels": float(region.pixels.sum()),
            }
        )
    return rows


def mean_errors(rows: list[dict[str, float]]) -> dict[str, float | None]:
    """``plane_flat`` and ``plane_tilt`` over all regions, weighed by their pixels."""
    if not rows:
        return {"plane_flat": None, "plane_tilt": None}
    weights = [row["pixels"] for row in rows]
    return {
        f"plane_{name}": float(np.average([row[name] for row in rows], weights=weights))
        for name in ("flat", "tilt")
    }


def _plane(inverse: np.ndarray, rays: np.ndarray) -> tuple[np.ndarray, float]:
    """The normal over the distance, and the RMS difference from that plane."""
    normal, *_ = np.linalg.lstsq(rays, inverse.astype(np.float64), rcond=None)
    return normal, float(np.sqrt(np.mean((rays @ normal - inverse) ** 2)))


def _even(inverse: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Bool (H, W): no bend, jump or other class within reach."""
    even = inverse > 0
    for axis in (0, 1):
        middle = [slice(None)] * 2
        middle[axis] = slice(_REACH, -_REACH)
        size = inverse.shape[axis]
        before, here, after = (
            np.take(inverse, range(k, size - 2 * _REACH + k), axis=axis)
            for k in (0, _REACH, 2 * _REACH)
        )
        straight = np.zeros_like(even)
        straight[tuple(middle)] = np.abs(before - 2 * here + after) < _BEND * here
        for k in (0, 2 * _REACH):
            same = np.take(classes, range(k, size - 2 * _REACH + k), axis=axis)
            straight[tuple(middle)] &= same == classes[tuple(middle)]
        even &= straight
    return even
