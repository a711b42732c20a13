# SPDX-License-Identifier: GPL-3.0-or-later
"""Comfort of the frame that the scene shows, from its own camera and relief, as they are now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ...core.errors import SecondEyeError
from ...core.project import Manifest, Shot, statistics
from ...core.project.files import FrameFiles
from ...core.stereo import (
    FrameComfort,
    FrameDepth,
    StereoRig,
    frame_depth,
    measure,
)
from ...core.stereo.comfort import STEADIED
from ..stage import compat, reliefs, scene_frame, timeline_frame
from ..stage.build import find_collection
from ..stage.depth_tables import kept_tables
from ..stage.edits import edits_of
from ..stage.footage_camera import camera_data
from ..stage.group_inputs import RANGE
from ..stage.roles import FOOTAGE, STEREO, with_role
from ..stage.shot import relief_modifier
from .bake import INFINITY
from .modes import PARALLEL, TOE, mode_of
from .stereo_camera import CONVERGENCE, INTEROCULAR
from .values import curve_values
from .viewing import viewing_of
from .window_bake import live_window

_LEAST = 1e-6  # scene units


@dataclass(frozen=True)
class Live:
    """``frame``: of the timeline; ``relief``: what shows it; ``shot``: as it shows it now;
    ``to_camera``: (4, 4), from the footage camera's axes to the stereo camera's."""

    frame: int
    relief: bpy.types.Object
    shot: Shot
    camera: bpy.types.Object
    rig: StereoRig
    to_camera: np.ndarray

    @property
    def forward(self) -> float:
        """How far the stereo camera stands before the footage camera, in scene units."""
        return float(self.to_camera[2, 3])


def live(scene: bpy.types.Scene, graph: bpy.types.Depsgraph, manifest: Manifest) -> Live:
    """What plays now. Raises SecondEyeError, in one sentence, where something is missing."""
    collection = find_collection(scene)
    camera, footage = (with_role(collection, role) for role in (STEREO, FOOTAGE))
    if camera is None or footage is None or camera.name not in scene.objects:
        kind = "footage" if footage is None else "stereo"
        raise SecondEyeError(f"The scene has no {kind} camera any more: press Build Scene again.")
    frame = timeline_frame(scene, scene.frame_current)
    frame = min(max(frame, manifest.first), manifest.last)
    shot = next(s for s in manifest.shots if s.first <= frame <= s.last)
    built = {relief["second_eye_first"]: relief for relief in reliefs(collection)}
    relief = built.get(shot.first)
    if relief is None:
        raise SecondEyeError(f'Shot "{shot.name}" has no relief: press Build Scene again.')
    seen, by = camera.evaluated_get(graph), footage.evaluated_get(graph)
    data = camera_data(seen)
    parallel = mode_of(data) == PARALLEL
    rig = StereoRig(
        max(data.stereo.interocular_distance, 0.0),
        INFINITY if parallel else max(data.stereo.convergence_distance, _LEAST),
        data.lens / data.sensor_width,
    )
    to_camera = np.array(seen.matrix_world.inverted_safe() @ by.matrix_world)
    return Live(frame, relief, _shown_now(relief, shot), camera, rig, to_camera)


def live_comfort(
    scene: bpy.types.Scene, playing: Live, folder: Path, manifest: Manifest
) -> FrameComfort:
    """How the current frame is to be watched; the frames just before it tell speed and jump.

    Raises SecondEyeError where its depth was never measured, or has changed since.
    """
    files, kept = FrameFiles(folder, manifest), kept_tables(folder)
    last = playing.frame
    reach = max(1, round(STEADIED * float(manifest.timeline.rate)))
    frames = [
        n
        for n in range(max(manifest.first, last - reach), last + 1)
        if statistics.current(files, kept, n) is not None
    ]
    if not frames or frames[-1] != last:
        there = files.depth_path(last).is_file()
        raise SecondEyeError(
            "The depth of this frame is not measured: press Show Comfort."
            if there
            else f"{files.depth_path(last)} is missing: put it back, or press Analyse."
        )
    rigs = _rigs_before(scene, playing, frames)
    depths = {n: _depth(playing, manifest, n, kept[n]) for n in frames}
    window = live_window(playing.camera, manifest, [scene_frame(scene, n) for n in frames], frames)
    toed = mode_of(camera_data(playing.camera)) == TOE
    known = replace(manifest, window=window)
    return measure(known, depths, rigs, viewing_of(scene), toed=toed)[-1]


def unbaked_edits(playing: Live, manifest: Manifest) -> bool:
    """Whether the relief has depth edits that the project's numbers don't know of."""
    at_work = any(modifier.show_viewport for modifier in edits_of(playing.relief))
    return at_work and not statistics.is_edited(manifest, playing.frame)


def _shown_now(relief: bpy.types.Object, shot: Shot) -> Shot:
    """``shot`` with near, far, strength and curve as the relief has them now, keyed or not."""
    modifier = relief_modifier(relief)
    names = [name for name in RANGE if compat.has_input(modifier, name)]
    found: dict[str, Any] = {n.lower(): float(compat.get_input(modifier, n)) for n in names}
    return replace(shot, **found)


def _depth(
    playing: Live, manifest: Manifest, frame: int, table: statistics.FrameTable
) -> FrameDepth:
    shot = playing.shot
    shown = (shot.near, shot.far, shot.strength, shot.bias, shot.contrast)
    inside = shot.first <= frame <= shot.last
    depth = frame_depth(manifest, frame, table, shown if inside else None)
    return depth.seen_from(playing.forward)


def _rigs_before(scene: bpy.types.Scene, playing: Live, frames: list[int]) -> dict[int, StereoRig]:
    """By the camera's F-curves; the current frame's as it is."""
    data = camera_data(playing.camera)
    at = [scene_frame(scene, n) for n in frames]
    apart = curve_values(data, INTEROCULAR, 0, playing.rig.interocular, at)
    screen = curve_values(data, CONVERGENCE, 0, playing.rig.convergence, at)
    if playing.rig.convergence == INFINITY:
        screen = [INFINITY] * len(at)
    focal = playing.rig.focal_over_width
    rigs = {
        n: StereoRig(max(b, 0.0), max(c, _LEAST), focal)
        for n, b, c in zip(frames, apart, screen, strict=True)
    }
    return rigs | {playing.frame: playing.rig}
