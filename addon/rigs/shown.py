# SPDX-License-Identifier: GPL-3.0-or-later
"""What a built scene shows, as core's comfort and grading take it: depth and rig of each frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import bpy

from ...core.errors import SecondEyeError
from ...core.project import Project
from ...core.project.statistics import FrameTable
from ...core.stereo import FrameDepth, StereoRig, frame_depth
from ...core.stereo.frame_depth import Range
from ..stage import scene_frame
from ..stage.footage_camera import camera_data
from .bake import INFINITY
from .bake_edits import range_lists
from .chain import find_chain
from .modes import PARALLEL, TOE, mode_of
from .track import poses

_LEAST = 1e-6  # scene units
_RANGE = ("Near", "Far", "Strength", "Bias", "Contrast")


@dataclass(frozen=True)
class Shown:
    """By timeline frame. ``forward`` and ``aside``: how far, in scene units, the stereo camera
    stands before the footage camera, along that one's axis, and to the right of it. ``toed``: its
    eyes are turned towards each other."""

    ranges: dict[int, Range]
    rigs: dict[int, StereoRig]
    forward: dict[int, float]
    aside: dict[int, float]
    toed: bool = False

    def depths(self, project: Project, tables: Mapping[int, FrameTable]) -> dict[int, FrameDepth]:
        """Of every frame that has a table, as the stereo camera sees it."""
        found = {}
        for n in (n for n in project.manifest.frames if n in tables):
            depth = frame_depth(project.manifest, n, tables[n], self.ranges[n])
            found[n] = depth.seen_from(self.forward[n])
        return found


def shown(scene: bpy.types.Scene, project: Project) -> Shown:
    """Of every analysed frame, whatever keys, drives or carries it; the playhead stays.

    Raises SecondEyeError where the scene lacks a camera.
    """
    chain = find_chain(scene)
    if chain.camera is None or chain.footage is None:
        kind = "stereo" if chain.camera is None else "footage"
        raise SecondEyeError(
            f'The scene "{scene.name}" has no {kind} camera: press Build Scene first.'
        )
    frames = list(project.manifest.frames)
    lists = range_lists(scene, project)
    rows = zip(*(lists[name] for name in _RANGE), strict=True)
    toed = mode_of(camera_data(chain.camera)) == TOE
    found = Shown(dict(zip(frames, rows, strict=True)), {}, {}, {}, toed)
    at = _scene_frames(scene, project)
    for n, pose in zip(frames, poses(chain.footage, chain.camera, at), strict=True):
        stereo, parallel = pose.camera.stereo, mode_of(pose.camera) == PARALLEL
        found.rigs[n] = StereoRig(
            max(stereo.interocular_distance, 0.0),
            INFINITY if parallel else max(stereo.convergence_distance, _LEAST),
            pose.camera.lens / pose.camera.sensor_width,
        )
        found.forward[n] = -float(pose.matrix.translation.z)
        found.aside[n] = float(pose.matrix.translation.x)
    return found


def object_distances(
    scene: bpy.types.Scene, project: Project, thing: bpy.types.Object
) -> dict[int, float | None]:
    """1/Z, in 1/scene unit, of an object's origin along the stereo camera's axis, by timeline
    frame; None where it is not before the camera."""
    camera = find_chain(scene).camera
    if camera is None:
        raise SecondEyeError(f'The scene "{scene.name}" has no stereo camera: press Build Scene.')
    frames = list(project.manifest.frames)
    at = _scene_frames(scene, project)
    found: dict[int, float | None] = {}
    for n, pose in zip(frames, poses(thing, camera, at), strict=True):
        distance = -float(pose.matrix.inverted_safe().translation.z)
        found[n] = 1.0 / distance if distance > _LEAST else None
    return found


def _scene_frames(scene: bpy.types.Scene, project: Project) -> range:
    first = scene_frame(scene, project.manifest.first)
    return range(first, first + len(project.manifest.frames))
