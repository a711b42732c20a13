# SPDX-License-Identifier: GPL-3.0-or-later
"""An artist's edits of normalised inverse depth: how much of one reaches a point, what it does."""

import numpy as np

KINDS = ("offset", "constant", "plane")
SOURCES = ("mask", "image", "sphere", "box")
NEAREST = 10.0
"""In parts of 1 / near: an object's plane brings nothing nearer than near / 10."""
FLATTEST = 1e-3
"""A strength below it counts as it where a distance becomes a normalised depth."""
_TINY = 1e-6


def smoothstep(t: np.ndarray) -> np.ndarray:
    """0 below 0, 1 above 1, 3 t^2 - 2 t^3 between."""
    t = t.clip(0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def mask_weight(coverage: np.ndarray, distance: np.ndarray, feather: float) -> np.ndarray:
    """Of a mask: its ``coverage`` (0..1), carried on outwards over ``feather``. ``distance`` to the
    mask and ``feather`` in picture widths."""
    outward = 1.0 - smoothstep(distance / max(feather, _TINY))
    return np.maximum(coverage, outward * (feather > 0.0))


def volume_weight(points: np.ndarray, to_local: np.ndarray, box: bool, feather: float):
    """Of a sphere of radius 1 or a box from -1 to 1 in an object's own axes: 1 inside, fading to 0
    over ``feather`` parts of its size. ``points`` (..., 3) in camera axes, ``to_local`` (4, 4)."""
    return _fade(points @ to_local[:3, :3].T + to_local[:3, 3], box, feather)


def projected_weight(rays: np.ndarray, to_local: np.ndarray, box: bool, feather: float):
    """As `volume_weight`, of all that is seen through the volume, whatever its depth: of each ray
    (..., 3) from the camera, the point that comes closest to the object's middle counts."""
    origin, direction = to_local[:3, 3], rays @ to_local[:3, :3].T
    squared = np.maximum((direction * direction).sum(-1), 1e-12)
    t = -(direction @ origin) / squared
    return _fade(origin + direction * t[..., None], box, feather) * (t > 0.0)


def object_target(
    rays: np.ndarray, matrix: np.ndarray, plane: bool, near: float, far: float, strength: float
) -> np.ndarray:
    """Normalised inverse depth of an object's origin, or (``plane``) of its own XY plane along
    ``rays`` (..., 3). ``matrix`` (4, 4): from its axes to the camera's."""
    place = matrix[:3, 3]
    if plane:
        normal = matrix[:3, 2]
        inverse = rays @ normal / _apart_from_zero(float(normal @ place))
    else:
        inverse = np.full(rays.shape[:-1], 1.0 / _apart_from_zero(-float(place[2])), rays.dtype)
    return normalised_of(inverse.clip(0.0, NEAREST / near), near, far, strength)


def normalised_of(inverse: np.ndarray, near: float, far: float, strength: float) -> np.ndarray:
    """The normalised inverse depth that `inverse_distance` turns into 1/Z = ``inverse``."""
    reached = (inverse - 1.0 / far) / (1.0 / near - 1.0 / far)
    return 0.5 + (reached - 0.5) / max(strength, FLATTEST)


def picture_target(u: np.ndarray, v: np.ndarray, level: float, tilt_x: float, tilt_y: float):
    """A plane: ``level`` in the picture's middle, changing by the tilts over its width and height.
    In inverse depth a plane of the scene is one of the picture."""
    return level + tilt_x * (u - 0.5) + tilt_y * (v - 0.5)


def edit(n: np.ndarray, weight: np.ndarray, kind: str, amount: float, target: np.ndarray | None):
    """``n`` moved by ``amount`` (above 0: nearer), or brought to ``target``, as far as ``weight``
    (0..1) says. The answer may leave 0..1: an edit may bring things nearer than Near."""
    if kind == "offset" or target is None:
        return n + weight * amount
    return n + weight * (target - n)


def _fade(local: np.ndarray, box: bool, feather: float) -> np.ndarray:
    reach = np.abs(local).max(-1) if box else np.sqrt((local * local).sum(-1))
    return 1.0 - smoothstep((reach - 1.0) / max(feather, _TINY))


def _apart_from_zero(value: float) -> float:
    return value if abs(value) > 1e-9 else 1e-9
