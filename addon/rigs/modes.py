# SPDX-License-Identifier: GPL-3.0-or-later
"""What kind of stereo camera it is: flat (off-axis, parallel, toe-in) or round (VR180, 360)."""

from __future__ import annotations

import json
import math
from typing import Any

import bpy

from ...core.errors import UsageError
from ..stage import compat

OFFAXIS, PARALLEL, TOE, VR180, SPHERE = "OFFAXIS", "PARALLEL", "TOE", "VR180", "SPHERE"
FLAT = (OFFAXIS, PARALLEL, TOE)
MODES = (
    (OFFAXIS, "Off-Axis", "Parallel cameras with shifted sensors: what stands at the convergence "
     "distance lands on the screen. The usual choice"),
    (PARALLEL, "Parallel", "Parallel cameras without a shift: infinity lands on the screen, and "
     "all else before it"),
    (TOE, "Toe-In", "Cameras turned towards each other: the corners get vertical parallax, which "
     "tires the eyes"),
    (VR180, "VR180", "Both eyes on half spheres, for headsets; rendered by Cycles"),
    (SPHERE, "360", "Both eyes on whole spheres, for headsets; rendered by Cycles"),
)  # fmt: skip

_CHOSEN, _KEPT = "second_eye_mode", "second_eye_modes"
"""On the camera's data: a round mode's name, and what other modes were set to."""
_MERGE = ("use_pole_merge", "pole_merge_angle_from", "pole_merge_angle_to")
_ROUND = ("panorama_type", "latitude_min", "latitude_max", "longitude_min", "longitude_max")
_HALF_TURN = {VR180: 0.5 * math.pi, SPHERE: math.pi}


def mode_of(camera: bpy.types.Camera) -> str:
    """One of `MODES`, by the camera's own settings. A panorama that wasn't set here counts as
    VR180 where it spans half a turn at most."""
    if camera.type != "PANO":
        return str(camera.stereo.convergence_mode)
    chosen = str(camera.get(_CHOSEN, ""))
    if chosen in _HALF_TURN:
        return chosen
    owner = compat.panorama(camera)
    half = owner is None or owner.longitude_max - owner.longitude_min < 1.01 * math.pi
    return VR180 if half else SPHERE


def set_mode(camera: bpy.types.Camera, mode: str) -> None:
    """Make ``camera`` an eye pair of that kind.

    Interocular, convergence, lens and all keys stay. What a mode was set to by hand (its pivot; a
    round one's panorama, latitudes, longitudes, pole merge) is kept, and comes back with the mode.
    Round modes use spherical stereo, which wants parallel cameras and the pivot in the centre; the
    poles are merged. Raises UsageError for an unknown mode, and where Cycles, which has the
    panoramas, is switched off.
    """
    if mode not in [name for name, *_ in MODES]:
        raise UsageError(f'There is no stereo mode "{mode}".')
    owner = compat.panorama(camera)
    if mode not in FLAT and owner is None:
        raise UsageError("Panoramas are rendered by Cycles: switch that add-on on in Preferences.")
    kept = json.loads(camera.get(_KEPT, "{}"))
    kept[_family(mode_of(camera))] = _settings(camera, owner)
    camera[_KEPT] = json.dumps(kept)
    stereo: Any = camera.stereo
    if mode in FLAT:
        camera.type = "PERSP"
        stereo.use_spherical_stereo = False
        stereo.convergence_mode = mode
        camera.pop(_CHOSEN, None)
    else:
        camera.type = "PANO"
        stereo.use_spherical_stereo = True
        stereo.convergence_mode = "PARALLEL"
        stereo.pivot = "CENTER"
        camera[_CHOSEN] = mode
    _apply(camera, owner, kept.get(_family(mode)) or _usual(mode))


def _family(mode: str) -> str:
    """Flat modes share their settings: they differ in nothing but the mode."""
    return "FLAT" if mode in FLAT else mode


def _usual(mode: str) -> dict[str, Any]:
    if mode in FLAT:
        return {}
    half = _HALF_TURN[mode]
    return {
        "panorama_type": "EQUIRECTANGULAR",
        "latitude_min": -0.5 * math.pi,
        "latitude_max": 0.5 * math.pi,
        "longitude_min": -half,
        "longitude_max": half,
        "use_pole_merge": True,
        "pole_merge_angle_from": math.radians(60.0),
        "pole_merge_angle_to": math.radians(75.0),
    }


def _settings(camera: bpy.types.Camera, owner: Any) -> dict[str, Any]:
    if camera.type != "PANO":
        return {"pivot": camera.stereo.pivot}
    # Without Cycles, up to Blender 4.4, nobody knows what its panorama was.
    return {name: getattr(owner, name) for name in _ROUND if owner is not None} | {
        name: getattr(camera.stereo, name) for name in _MERGE
    }


def _apply(camera: bpy.types.Camera, owner: Any, settings: dict[str, Any]) -> None:
    for name, value in settings.items():
        setattr(owner if name in _ROUND else camera.stereo, name, value)
