# SPDX-License-Identifier: GPL-3.0-or-later
"""A stage of three shots for the tests of camera moves, and what they ask of it."""

from __future__ import annotations

import copy

import bpy
import numpy as np
import pytest
from mathutils import Matrix
from stage_case import Case, texture

KINDS = ("drift", "push-in", "dolly-zoom", "arc", "crane", "wobble", "ken-burns")

START = 21  # scene frame of timeline frame 2

_kept: list[Case] = []


@pytest.fixture
def case(module, second_eye, engine_python, tmp_path_factory) -> Case:
    """19 frames in three shots: 2..11, one frame 12, and 13..20. A square before a wall."""
    if not _kept:
        depth = np.full((19, 48, 72), 0.1, np.float32)
        depth[:, 16:36, 24:48] = 0.9
        shots = [
            {"name": "Wide", "first": 2, "last": 11, "near": 2.0, "far": 20.0},
            {"name": "Flash", "first": 12, "last": 12, "near": 2.0, "far": 8.0},
            {"name": "Close", "first": 13, "last": 20, "near": 1.0, "far": 4.0},
        ]
        plates = np.stack([texture(n, 48, 72) for n in range(19)])
        folder = tmp_path_factory.mktemp("moves")
        _kept.append(Case(module, engine_python, folder, plates, depth, first=2, shots=shots,
                          focal=1.2))  # fmt: skip
    made = copy.copy(_kept[0])
    made.project = module("core.project").Project.open(made.project.folder)
    return made


@pytest.fixture
def scene(module, case) -> bpy.types.Scene:
    build(module, case)
    return bpy.context.scene


def build(module, case, drift=0.0, start=START):
    """As Build Scene does."""
    scene = bpy.context.scene
    scene.second_eye.project_folder = str(case.project.folder)
    module("addon.stage").build_scene(case.project, scene, start=start)
    module("addon.rigs").make_stereo_camera(scene, case.project, drift=drift)


def at(frame: int, start: int = START) -> int:
    """The scene frame of a timeline frame."""
    return start + frame - 2


def chain(module):
    return module("addon.rigs").find_chain(bpy.context.scene)


def pose(module, frame: int) -> Matrix:
    """The camera as the footage camera sees it, evaluated."""
    bpy.context.scene.frame_set(frame)
    found = chain(module)
    return found.footage.matrix_world.inverted() @ found.camera.matrix_world


def curve(module, path="location", index=0):
    return module("addon.stage.compat").find_fcurve(chain(module).move, path, index)


def keyed(module, path="location", index=0):
    found = curve(module, path, index)
    points = () if found is None else found.keyframe_points
    return [(round(p.co.x, 2), round(p.co.y, 6), p.interpolation) for p in points]


def add(kind, shot=2, measured=False, **given):
    """Without a prediction, unless asked for: it takes an engine a second."""
    bpy.context.scene.frame_set(at(shot))
    return bpy.ops.second_eye.add_move(kind=kind, measured=measured, **given)


def moved(scene):
    return [(item.first, item.kind) for item in scene.second_eye_moves.items]


def expected(module, kind, strength, first, last, frame):
    """What core says of a move at a scene frame."""
    moves = module("core.stereo.moves")
    data = chain(module).camera.data
    bpy.context.scene.frame_set(at(first))
    distance = data.stereo.convergence_distance
    span = moves.Span(at(first), at(last), distance, 1.2, 48 / 72)
    return moves.sample(moves.Move(kind, strength), span, [frame])[0]


def recut(module, case, cuts):
    """As Cut Here and Merge do, without the engine: other shots of the same depth."""
    project, stage = copy.deepcopy(case.project), module("addon.stage")
    shots = project.manifest.shots
    ends = [*[c - 1 for c in cuts[1:]], 20]
    project.manifest.shots = [
        copy.deepcopy(next(s for s in shots if s.first <= first <= s.last)) for first in cuts
    ]
    for shot, first, last in zip(project.manifest.shots, cuts, ends, strict=True):
        shot.first, shot.last = first, last
    scene = bpy.context.scene
    fresh = stage.update_scene(project, scene)
    module("addon.rigs").refit_shots(scene, project, fresh, 0.02, 0.0)


def opened(module, scene, **inputs):
    """Steps open a little off the axis, and both eyes stand in one place."""
    compat, stage = module("addon.stage.compat"), module("addon.stage")
    for relief in stage.reliefs(stage.find_collection(scene)):
        compat.set_input(relief.modifiers[0], "Matte Angle", 0.01)
        for name, value in inputs.items():
            compat.set_input(relief.modifiers[0], name, value)
    data = chain(module).camera.data
    compat.remove_fcurve(data, "stereo.interocular_distance")
    data.stereo.interocular_distance = 0.0
