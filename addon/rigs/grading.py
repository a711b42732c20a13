# SPDX-License-Identifier: GPL-3.0-or-later
"""Between a built scene and core's depth grading: numbers there, keys back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np

from ...core.errors import UsageError
from ...core.project import Project, Shot
from ...core.stereo.curve_keys import Keys
from ..stage import scene_frame
from ..stage.build import find_collection, reliefs
from ..stage.footage_camera import camera_data
from ..stage.locks import locked
from ..stage.update import span
from .modes import OFFAXIS, TOE, mode_of
from .relief_range import as_shown
from .shown import Shown
from .span_keys import write_span
from .stereo_camera import CONVERGENCE, INTEROCULAR, find_stereo_camera, keep_whole
from .suggested import suggested_rig
from .viewing import viewing_of
from .window_cards import LEFT, RIGHT, SOFT, ensure_window

Reliefs = list[tuple[bpy.types.Object, Shot]]


def trouble(scene: bpy.types.Scene) -> str:
    """Why the scene's stereo camera can't be graded; "" where it can. For ``poll``."""
    camera = find_stereo_camera(scene)
    if camera is None or not isinstance(camera.data, bpy.types.Camera):
        return "The scene has no stereo camera: press Build Scene again"
    data = camera.data
    if data.library is not None or camera.library is not None:
        return f'"{camera.name}" is linked from another file: grade it there, or make it local'
    if mode_of(data) not in (OFFAXIS, TOE):
        return "The stereo camera's mode knows no screen to grade for: set it to Off-Axis"
    drivers = data.animation_data.drivers if data.animation_data else ()
    if any(driver.data_path in (INTEROCULAR, CONVERGENCE) for driver in drivers):
        return "Interocular or convergence has a driver, which keys can't change: delete it first"
    return ""


def stereo_camera(scene: bpy.types.Scene) -> bpy.types.Object:
    """Raises UsageError with what `trouble` says."""
    said = trouble(scene)
    camera = find_stereo_camera(scene)
    if said or camera is None:
        raise UsageError(f"{said}.")
    return camera


def open_shots(scene: bpy.types.Scene, project: Project, only: bpy.types.Object | None) -> Reliefs:
    """The reliefs that aren't locked (or of those ``only`` this one), with their shots.

    Raises UsageError where none is left, or reliefs and shots don't fit any more.
    """
    built = reliefs(find_collection(scene))
    wanted = built if only is None else [only]
    found: Reliefs = []
    for relief in wanted:
        first, last = span(relief)
        shot = next((s for s in project.manifest.shots if (s.first, s.last) == (first, last)), None)
        if shot is None:
            raise UsageError(
                f'"{relief.name}" shows frames {first} to {last}, which are no shot of the project '
                "any more: press Build Scene."
            )
        if not locked(relief):
            found.append((relief, shot))
    if not found:
        which = "Every shot is locked" if only is None else f'"{wanted[0].name}" is locked'
        raise UsageError(f"{which}: unlock what is to be graded.")
    return found


def scene_numbers(state: Shown) -> dict[str, Any]:
    """What the engine's ``grade_scene`` takes of the scene."""
    near, far, strength, bias, contrast = zip(*state.ranges.values(), strict=True)
    rigs = state.rigs.values()
    return {
        "near": near,
        "far": far,
        "strength": strength,
        "bias": bias,
        "contrast": contrast,
        "interocular": [rig.interocular for rig in rigs],
        "convergence": [rig.convergence for rig in rigs],
        "focal": [rig.focal_over_width for rig in rigs],
        "forward": list(state.forward.values()),
    }


def write_grade(
    scene: bpy.types.Scene, project: Project, state: Shown, told: dict[str, Any]
) -> None:
    """Key what the engine's ``grade_scene`` answered about ``state``, but for shots that were
    locked meanwhile.

    Raises UsageError where the camera is gone.
    """
    camera = stereo_camera(scene)
    manifest, data = project.manifest, camera_data(camera)
    within = scene_frame(scene, manifest.first), scene_frame(scene, manifest.last)
    open_ones = {shot.first: (relief, shot) for relief, shot in open_shots(scene, project, None)}
    for part in (part for part in told["keys"] if part["first"] in open_ones):
        relief, shot = open_ones[part["first"]]
        keys, at = _keys(part), (scene_frame(scene, shot.first), scene_frame(scene, shot.last))
        stereo = data.stereo
        write_span(data, INTEROCULAR, stereo.interocular_distance, at, within, keys, 0)
        write_span(data, CONVERGENCE, stereo.convergence_distance, at, within, keys, 1)
        aside = max(abs(state.aside[n]) for n in range(shot.first, shot.last + 1))
        near = min(state.ranges[n][0] for n in range(shot.first, shot.last + 1))
        keep_whole(relief, 0.5 * float(keys.values[0].max()) + aside, near)
    strips = [part for part in told["window_keys"] if part["first"] in open_ones]
    if strips:
        ensure_window(camera, manifest.clip.height / manifest.clip.width)
        camera[SOFT] = 100.0 * told["softness"]
    for part in strips:
        _, shot = open_ones[part["first"]]
        keys, at = (
            _keys(part, 100.0),
            (scene_frame(scene, shot.first), scene_frame(scene, shot.last)),
        )
        for row, name in enumerate((LEFT, RIGHT)):
            write_span(camera, f'["{name}"]', float(camera[name]), at, within, keys, row)


def remove_grade(scene: bpy.types.Scene, project: Project, shots: Reliefs, budget: float) -> None:
    """Give ``shots`` back the one rig each that Build Scene suggests."""
    data = camera_data(stereo_camera(scene))
    manifest = project.manifest
    within = scene_frame(scene, manifest.first), scene_frame(scene, manifest.last)
    for relief, shot in shots:
        at = scene_frame(scene, shot.first), scene_frame(scene, shot.last)
        rig = suggested_rig(project, as_shown(relief, shot, at[0]), budget, viewing_of(scene))
        values = np.array([[rig.interocular], [rig.convergence]])
        keys = Keys(np.array([0]), values, np.zeros_like(values))
        stereo = data.stereo
        write_span(data, INTEROCULAR, stereo.interocular_distance, at, within, keys, 0)
        write_span(data, CONVERGENCE, stereo.convergence_distance, at, within, keys, 1)


def _keys(part: dict[str, Any], scale: float = 1.0) -> Keys:
    values, slopes = (scale * np.array(part[name], float) for name in ("values", "slopes"))
    frames: Sequence[int] = part["frames"]
    return Keys(np.array(frames, int), values, slopes)
