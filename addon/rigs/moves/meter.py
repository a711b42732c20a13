# SPDX-License-Identifier: GPL-3.0-or-later
"""A moved shot in numbers, from which the engine predicts what it leaves uncovered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import bpy
import numpy as np

from ....core.project import Project
from ...stage import compat, timeline_frame
from ...stage.behind import plate_of
from ...stage.build import COLUMNS, SAMPLING, find_collection
from ...stage.footage_camera import camera_data
from ...stage.group_inputs import MATTE_ANGLE, RANGE
from ...stage.sampling import GRID, finest_pitch
from ...stage.shot import relief_modifier
from ..track import alone
from ..values import curve_values
from .spans import MovedShot
from .write import chain_of, moves_of

_MOST = 256
"""Frames of a shot among which the extremes are looked for."""
_AT_ONCE = 64
"""Frames a step: some 10 ms."""


@dataclass(frozen=True)
class Measured:
    """Shares of the picture in percent, of the worst frame and eye.

    ``uncovered``: with layers where the shot has them; ``bare``: without; ``stretched``: surfaces
    drawn across steps, and the apron. ``frame``: the scene frame of ``uncovered``; ``layers``:
    whether there are any.
    """

    uncovered: float
    bare: float
    stretched: float
    frame: int
    layers: bool


def read_shots(
    scene: bpy.types.Scene, project: Project, shots: list[MovedShot], found: list[dict[str, Any]]
) -> Iterator[None]:
    """Put what the engine's ``uncovered`` takes of each shot into ``found``, in short steps."""
    for shot in shots:
        count = shot.end - shot.begin + 1
        places = np.linspace(shot.begin, shot.end, min(count, _MOST)).round()
        frames = [int(frame) for frame in np.unique(places)]
        told = _settings(scene, project, shot, frames)
        yield
        lists: dict[str, list[Any]] = {name: [] for name in _TRACKED}
        for start in range(0, len(frames), _AT_ONCE):
            for name, values in _track(scene, frames[start : start + _AT_ONCE]).items():
                lists[name] += values
            yield
        if told["moves"] and constrained(scene):
            lists["rig_at_rest"] = []
            for start in range(0, len(frames), _AT_ONCE):
                with _at_rest(chain_of(scene).move):
                    lists["rig_at_rest"] += _track(scene, frames[start : start + _AT_ONCE])["rig"]
                yield
        found.append(told | lists)


def constrained(scene: bpy.types.Scene) -> bool:
    """Whether something may turn or carry the rig by where a move has put it."""
    chain = chain_of(scene)
    return any(len(thing.constraints) > 0 for thing in (chain.rig, chain.camera))


@contextmanager
def _at_rest(move: bpy.types.Object) -> Iterator[None]:
    """The Move empty without its moves; nothing is drawn meanwhile."""
    curves = [curve for curve in compat.fcurves(move) if not curve.mute]
    place, turn = move.location.copy(), move.rotation_euler.copy()
    try:
        for curve in curves:
            curve.mute = True
        move.location, move.rotation_euler = (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
        yield
    finally:
        move.location, move.rotation_euler = place, turn
        for curve in curves:
            curve.mute = False


_MATTE = ("Step", "Matte", MATTE_ANGLE)
_TRACKED = ("base", "channels", "rig", "focal", "interocular", "convergence")


def _track(scene: bpy.types.Scene, frames: list[int]) -> dict[str, list[Any]]:
    """Where the move and the camera are, with whatever moves them."""
    chain = chain_of(scene)
    found: dict[str, list[Any]] = {name: [] for name in _TRACKED}
    with alone(chain.footage, chain.camera) as graph_of:
        for frame in frames:
            graph = graph_of(frame)
            seen, by, move = (
                thing.evaluated_get(graph) for thing in (chain.camera, chain.footage, chain.move)
            )
            carried = by.matrix_world.inverted_safe() @ move.matrix_world
            camera = camera_data(seen)
            stereo = camera.stereo
            parallel = stereo.convergence_mode == "PARALLEL"
            own = move.rotation_euler.to_matrix().to_4x4()
            own.translation = move.location
            found["base"].append(_numbers(carried @ own.inverted_safe()))
            found["channels"].append([*move.location, *move.rotation_euler])
            found["rig"].append(_numbers(move.matrix_world.inverted_safe() @ seen.matrix_world))
            found["focal"].append(camera.lens / camera.sensor_width)
            found["interocular"].append(stereo.interocular_distance)
            found["convergence"].append(None if parallel else stereo.convergence_distance)
    return found


def _numbers(matrix: Any) -> list[float]:
    return [number for row in matrix for number in row]


def _settings(
    scene: bpy.types.Scene, project: Project, shot: MovedShot, frames: list[int]
) -> dict[str, Any]:
    """What the relief shows in these scene frames, and its moves."""
    relief, manifest = shot.relief, project.manifest
    modifier = relief_modifier(relief)
    pitch = finest_pitch(manifest)
    collection = find_collection(scene)
    if collection.get(SAMPLING, GRID) == GRID and collection.get(COLUMNS, 0):
        pitch = max(pitch, 1.0 / int(collection[COLUMNS]))
    told = next((s for s in manifest.shots if s.first == shot.first), None)

    def keyed(name: str) -> list[float]:
        if not compat.has_input(modifier, name):  # built before there was one
            return [float(getattr(told, name.lower(), 0.0))] * len(frames)
        path, plain = compat.input_path(modifier, name), compat.get_input(modifier, name)
        return curve_values(relief, path, 0, plain, frames)

    lists = {name.lower().replace(" ", "_"): keyed(name) for name in (*RANGE, *_MATTE)}
    return {
        "first": shot.first,
        "frames": [timeline_frame(scene, frame) for frame in frames],
        "times": frames,
        **lists,
        "pitch": pitch,
        "layers": plate_of(relief) is not None,
        "moves": [asdict(move) for _, move in moves_of(scene, shot, chain_of(scene).footage)],
        "span": asdict(shot.span),
    }
