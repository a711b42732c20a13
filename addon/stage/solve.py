# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's camera solve: read into plain arrays, and a built scene brought to its project's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ...core.errors import SecondEyeError
from ...core.geometry.solve import CameraSolve
from ...core.project import Project
from . import compat, keys
from .build import find_collection, reliefs
from .clock import scene_frame
from .footage_camera import camera_data, follow_path, refit_camera, set_camera, standing
from .group_inputs import RANGE
from .roles import FOOTAGE, ROLE, mover, with_role
from .roles import STEREO as STEREO_ROLE
from .shot import relief_modifier

STEREO = ("stereo.interocular_distance", "stereo.convergence_distance")
EARLIER = "second_eye_before_solve"
"""On an object or camera: the curves that a camera solve put others in the place of."""


def solved_clip(scene: bpy.types.Scene, name: str = "") -> bpy.types.MovieClip | None:
    """The movie clip that is meant: by its name, else the scene's; of these the first with a
    solve, else the first."""
    if name:
        return bpy.data.movieclips.get(name)
    chosen = [scene.second_eye.movie_clip, scene.active_clip, *bpy.data.movieclips]
    clips = [clip for clip in chosen if clip is not None]
    return next(
        (c for c in clips if _camera_object(c).reconstruction.is_valid), next(iter(clips), None)
    )


def lacks_solve(clip: bpy.types.MovieClip | None) -> str:
    """Why ``clip`` can't be used, "" where it can. For ``poll`` too."""
    if clip is None:
        return "No movie clip is loaded: track and solve the clip in the Movie Clip Editor first"
    found = _camera_object(clip)
    if not len(found.tracks):
        return f'The movie clip "{clip.name}" has no tracks: track and solve it first'
    if not found.reconstruction.is_valid or not len(found.reconstruction.cameras):
        return f'The movie clip "{clip.name}" has no valid camera solve: press Solve Camera Motion'
    if not any(track.has_bundle for track in found.tracks):
        return f'The solve of "{clip.name}" placed no track: solve it again'
    return ""


def read_solve(scene: bpy.types.Scene, clip: bpy.types.MovieClip) -> CameraSolve:
    """The clip's solve, placed in ``scene`` as its solved camera is: an object with a Camera Solver
    constraint, else the footage camera, which then begins its way where it stands.

    Raises SecondEyeError where there is no solve.
    """
    lacking = lacks_solve(clip)
    if lacking:
        raise SecondEyeError(f"{lacking}.")
    found = _camera_object(clip)
    cameras = sorted(found.reconstruction.cameras, key=lambda camera: camera.frame)
    matrices = np.array([np.array(camera.matrix) for camera in cameras], np.float64)
    tracks = [track for track in found.tracks if track.has_bundle]
    markers = [
        (number, marker.frame, marker.co[0] + track.offset[0], marker.co[1] + track.offset[1])
        for number, track in enumerate(tracks)
        for marker in track.markers
        if not marker.mute
    ]
    table = np.array(markers, np.float64).reshape(-1, 4)
    width, height = clip.size
    return CameraSolve(
        name=clip.name,
        path=str(Path(bpy.path.abspath(clip.filepath, library=clip.library))),
        sequence=clip.source == "SEQUENCE",
        offset=clip.frame_offset,
        width=width,
        height=height,
        focal_over_width=clip.tracking.camera.focal_length_pixels / max(width, 1),
        error=float(found.reconstruction.average_error),
        world=np.array(_world(scene, clip, Matrix(matrices[0].tolist())), np.float64),
        frames=np.array([camera.frame for camera in cameras], np.int64),
        cameras=matrices,
        bundles=np.array([track.bundle[:] for track in tracks], np.float64),
        errors=np.array([track.average_error for track in tracks], np.float64),
        marker_bundle=table[:, 0].astype(np.int64),
        marker_frame=table[:, 1].astype(np.int64),
        marker_place=table[:, 2:],
    )


def clip_lens(clip: bpy.types.MovieClip) -> float:
    """Focal length over sensor width of the clip's tracking camera."""
    return float(clip.tracking.camera.focal_length_pixels / max(clip.size[0], 1))


def show_solve(project: Project, scene: bpy.types.Scene) -> None:
    """Bring a built scene, already updated to ``project``, to its camera solve, or to its having
    none: the footage camera's path, the lens, and near, far and strength of the reliefs.

    What was keyed there before the solve comes back when it is forgotten.
    """
    collection, manifest = find_collection(scene), project.manifest
    solved = manifest.solve is not None
    show_lens(project, scene)
    shots = {shot.first: shot for shot in manifest.shots}
    for relief in reliefs(collection):
        modifier = relief_modifier(relief)
        paths = {name: compat.input_path(modifier, name) for name in RANGE}
        if not solved:
            for name, path in paths.items():
                _give_back(relief, path, lambda v, m=modifier, n=name: compat.set_input(m, n, v))
            relief.pop(EARLIER, None)
            continue
        shot = shots[relief["second_eye_first"]]
        for name, path in paths.items():
            _keep(relief, path, compat.get_input(modifier, name))
            value = getattr(shot, name.lower())
            compat.set_input(modifier, name, value)
            keys.key(relief, path, [scene_frame(scene, shot.first)], [value])
    for camera in _cameras(collection):
        if camera.get("second_eye_role") == "footage":
            follow_path(camera, manifest, scene_frame(scene, manifest.first))
        elif solved:
            data = camera_data(camera)
            for path, value in zip(STEREO, _stereo(data), strict=True):
                _keep(data, path, value)


def give_back_stereo(scene: bpy.types.Scene) -> bool:
    """After a forgotten solve: the stereo camera's curves as they were before it; whether it had
    any."""
    back = False
    for camera in _cameras(find_collection(scene)):
        data = camera_data(camera)
        if data.get(EARLIER):
            _give_back(data, STEREO[0], lambda v, d=data: _set_stereo(d, "interocular_distance", v))
            _give_back(data, STEREO[1], lambda v, d=data: _set_stereo(d, "convergence_distance", v))
            move = mover(camera)
            _give_back(move, "location", lambda v, m=move: setattr(m.location, "x", v))
            del data[EARLIER]
            move.pop(EARLIER, None)
            back = True
    return back


def show_lens(project: Project, scene: bpy.types.Scene) -> None:
    """Give the cameras and reliefs of a built scene the project's lens."""
    collection, manifest = find_collection(scene), project.manifest
    for relief in reliefs(collection):
        compat.set_input(relief_modifier(relief), "Focal", manifest.lens.focal_over_width)
    for camera in _cameras(collection):
        fit = set_camera if camera.get(ROLE) == FOOTAGE else refit_camera
        fit(camera_data(camera), manifest)


def _camera_object(clip: bpy.types.MovieClip) -> Any:
    """What Blender tracks as the camera; other objects move in front of it."""
    return next(found for found in clip.tracking.objects if found.is_camera)


def _cameras(collection: bpy.types.Collection) -> list[bpy.types.Object]:
    return [o for role in (FOOTAGE, STEREO_ROLE) if (o := with_role(collection, role)) is not None]


def _world(scene: bpy.types.Scene, clip: bpy.types.MovieClip, first: Matrix) -> Matrix:
    for thing in scene.objects:
        for constraint in thing.constraints:
            if constraint.type != "CAMERA_SOLVER" or constraint.mute:
                continue
            shown = scene.active_clip if constraint.use_active_clip else constraint.clip
            if shown == clip:
                return _unconstrained(thing)
    footage = next(
        o for o in _cameras(find_collection(scene)) if o.get("second_eye_role") == "footage"
    )
    return standing(footage) @ first.inverted()


def _unconstrained(thing: bpy.types.Object) -> Matrix:
    """Where an object stands without its constraints: the solve is seen from there."""
    if thing.parent is None:
        return thing.matrix_basis.copy()
    return thing.parent.matrix_world @ thing.matrix_parent_inverse @ thing.matrix_basis


def _stereo(data: bpy.types.Camera) -> tuple[float, float]:
    return data.stereo.interocular_distance, data.stereo.convergence_distance


def _set_stereo(data: bpy.types.Camera, name: str, value: float) -> None:
    setattr(data.stereo, name, value)


def _keep(owner: bpy.types.ID, path: str, plain: float) -> None:
    """Remember a property's value and keys, unless those of before a solve are kept already."""
    kept = json.loads(owner.get(EARLIER, "{}"))
    if path in kept:
        return
    curve = compat.find_fcurve(owner, path)
    points: Any = () if curve is None else curve.keyframe_points
    kept[path] = {
        "value": float(plain),
        "keys": [[p.co.x, p.co.y, p.interpolation] for p in points],
    }
    owner[EARLIER] = json.dumps(kept)


def _give_back(owner: bpy.types.ID, path: str, put: Any) -> None:
    kept = json.loads(owner.get(EARLIER, "{}")).get(path)
    if kept is None:
        return
    put(kept["value"])
    if kept["keys"]:
        curve = compat.ensure_fcurve(owner, path)
        curve.keyframe_points.clear()
        keys.replace_span(curve, (0, -1), [tuple(key) for key in kept["keys"]])
    else:
        compat.remove_fcurve(owner, path)
