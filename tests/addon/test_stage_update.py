# SPDX-License-Identifier: GPL-3.0-or-later
"""A built scene follows its project, and what an artist set in it stays."""

from __future__ import annotations

import dataclasses

import bpy
import numpy as np
import pytest
from stage_case import Case, engine, positions, render

REWRITE = """
import sys
from pathlib import Path
import numpy as np
from core.project import pictures
for path in Path(sys.argv[1]).glob("*.exr"):
    pictures.write_exr(path, np.full((8, 12), float(sys.argv[2]), np.float16))
"""


@pytest.fixture
def case(module, second_eye, engine_python, tmp_path) -> Case:
    """Frames 2..9 in three shots; frame n is grey 20 n at normalised inverse depth n / 10, and
    raw that much nearer than 0.05."""
    numbers = np.arange(2, 10)
    plates = np.broadcast_to(numbers[:, None, None, None] * 20, (8, 16, 24, 3))
    depths = np.broadcast_to(numbers[:, None, None] / 10, (8, 8, 12)).astype(np.float32)
    shots = [
        {"name": "Street", "first": 2, "last": 4, "near": 1.0, "far": 11.0},
        {"name": "Face", "first": 5, "last": 7, "near": 0.5, "far": 3.0, "strength": 0.5},
        {"name": "Sky", "first": 8, "last": 9, "near": 40.0, "far": 900.0},
    ]
    shots[1] |= {"spatial": 0.25, "temporal": 0.5, "semantic": 0.0}
    return Case(
        module,
        engine_python,
        tmp_path,
        plates.astype(np.uint8),
        depths,
        bases=depths + 0.05,
        first=2,
        shots=shots,
    )


@pytest.fixture
def scene(module, case) -> bpy.types.Scene:
    module("addon.stage").build_scene(case.project, bpy.context.scene, start=11)
    return bpy.context.scene


def _reliefs(module) -> list[bpy.types.Object]:
    stage = module("addon.stage")
    return module("addon.stage.build").reliefs(stage.find_collection(bpy.context.scene))


def _spans(module) -> list[tuple[str, int, int]]:
    span = module("addon.stage.update").span
    return [(r.name, *span(r)) for r in _reliefs(module)]


def _shown(scene, frame, tmp_path) -> float:
    return round(float(np.median(render(scene, frame, tmp_path / "f.png"))) / 20, 1)


def _get(module, relief, name):
    return module("addon.stage.compat").get_input(relief.modifiers[0], name)


def _key(module, relief, name, frames, values) -> None:
    compat, keys = module("addon.stage.compat"), module("addon.stage.keys")
    path = compat.input_path(relief.modifiers[0], name)
    keys.key(relief, path, frames, values, interpolation=keys.LINEAR)


def _cut(case, frame: int) -> None:
    """As the engine does it: both halves keep what the shot had."""
    shots = case.project.manifest.shots
    i = next(i for i, s in enumerate(shots) if s.first < frame <= s.last)
    second = dataclasses.replace(shots[i], name=f"{shots[i].name} b", first=frame)
    shots[i].last = frame - 1
    shots.insert(i + 1, second)


def test_shots_carry_their_strengths(module, case, scene):
    strengths = [(r.second_eye.spatial, r.second_eye.temporal, r.second_eye.semantic)
                 for r in _reliefs(module)]  # fmt: skip
    assert strengths == [(1.0, 1.0, 1.0), (0.25, 0.5, 0.0), (1.0, 1.0, 1.0)]


def test_three_shots_jump_to_their_ranges_at_the_cuts(module, case, scene):
    """Each of its own near and far; constant, so that no frame lies between two shots."""
    inverse = module("core.geometry").inverse_distance
    for number in range(2, 10):
        scene.frame_set(number + 9)
        shot = case.project.shot_at(number)
        relief = next(r for r in _reliefs(module) if not r.hide_render)
        assert relief["second_eye_shot"] == shot.name
        n = case.normalised[number - 2]
        expected = 1 / inverse(float(n[0, 0]), shot.near, shot.far, shot.strength)
        np.testing.assert_allclose(-positions(relief)[:, 2], expected, rtol=1e-4)


def test_nothing_changes_where_nothing_changed(module, case, scene):
    before, materials = _spans(module), {m.name for m in bpy.data.materials}
    actions = {a.name for a in bpy.data.actions}
    assert module("addon.stage").update_scene(case.project, scene) == []
    assert _spans(module) == before
    assert {m.name for m in bpy.data.materials} == materials
    assert {a.name for a in bpy.data.actions} == actions


def test_depth_that_was_repaired_again_is_shown(module, case, scene, engine_python, tmp_path):
    """The files are others under the same names: Blender must not show what it remembers."""
    face = _reliefs(module)[1]
    scene.frame_set(15)
    before = positions(face)
    engine(module, engine_python, REWRITE, case.project.depth_path(2).parent, "0.9")
    shot = case.project.manifest.shots[1]
    shot.low, shot.high, shot.spatial = 0.1, 0.95, 0.75
    _key(module, face, "Near", [11], [0.75])
    assert module("addon.stage").update_scene(case.project, scene) == []
    assert face.second_eye.spatial == 0.75
    scene.frame_set(15)
    after = positions(face)
    assert len(after) == len(before)
    n = (np.float16(0.9) - 0.1) / 0.85
    expected = 1 / module("core.geometry").inverse_distance(float(n), 0.75, 3.0, 0.5)
    np.testing.assert_allclose(-after[:, 2], expected, rtol=1e-4)


def test_a_cut_copies_what_the_artist_set(module, case, scene, tmp_path):
    street, face, sky = _reliefs(module)
    _key(module, face, "Repair", [14, 16], [0.0, 1.0])
    _key(module, face, "Near", [14], [0.7])
    _key(module, sky, "Far", [17], [800.0])
    module("addon.stage.compat").set_input(face.modifiers[0], "Matte", 0.25)
    before = {"street": street.name, "sky": sky.name}
    _cut(case, 7)
    fresh = module("addon.stage").update_scene(case.project, scene)
    assert [(s.first, s.last) for s in fresh] == [(5, 6), (7, 7)]
    names = [before["street"], face.name, "Second Eye Face b", before["sky"]]
    assert _spans(module) == [
        (names[0], 2, 4), (names[1], 5, 6), (names[2], 7, 7), (names[3], 8, 9)
    ]  # fmt: skip
    compat = module("addon.stage.compat")
    halves = _reliefs(module)[1:3]
    for half in halves:
        scene.frame_set(15)
        assert _get(module, half, "Repair") == pytest.approx(0.5)
        assert _get(module, half, "Near") == pytest.approx(0.7)
        assert _get(module, half, "Matte") == pytest.approx(0.25)
        assert half.parent == street.parent
    assert halves[0].animation_data.action != halves[1].animation_data.action
    assert _get(module, sky, "Far") == pytest.approx(800.0)
    path = compat.input_path(halves[1].modifiers[0], "Near")
    compat.find_fcurve(halves[1], path).keyframe_points[0].co.y = 0.9
    assert compat.find_fcurve(halves[0], path).keyframe_points[0].co.y == pytest.approx(0.7)
    for number in range(2, 10):
        assert _shown(scene, number + 9, tmp_path) == number
        assert sum(not r.hide_render for r in _reliefs(module)) == 1


def test_merged_shots_go_on_with_the_first(module, case, scene, tmp_path):
    street = _reliefs(module)[0]
    _key(module, street, "Near", [11], [1.5])
    used = len(bpy.data.materials), len(bpy.data.actions), len(bpy.data.meshes)
    shots = case.project.manifest.shots
    shots[0].last = shots.pop(1).last
    assert [s.name for s in module("addon.stage").update_scene(case.project, scene)] == ["Street"]
    assert _spans(module) == [("Second Eye Street", 2, 7), ("Second Eye Sky", 8, 9)]
    scene.frame_set(14)
    assert _get(module, street, "Near") == pytest.approx(1.5)
    now = len(bpy.data.materials), len(bpy.data.actions), len(bpy.data.meshes)
    assert now == (used[0] - 1, used[1] - 1, used[2] - 1)  # nothing of the lost one is left
    for number in range(2, 10):
        assert _shown(scene, number + 9, tmp_path) == number


def test_one_shot_of_three_and_three_of_one(module, case, scene, tmp_path):
    """Down to a single shot, which no cut may hide, and back again."""
    shots = case.project.manifest.shots
    shots[0].last = 9
    del shots[1:]
    stage = module("addon.stage")
    stage.update_scene(case.project, scene)
    assert [_shown(scene, n + 9, tmp_path) for n in (2, 6, 9)] == [2, 6, 9]
    for frame in (4, 8):
        _cut(case, frame)
    shots[1].name, shots[2].name = "shot_002", "shot_003"
    stage.update_scene(case.project, scene)
    assert [name for name, *_ in _spans(module)] == [
        "Second Eye Street", "Second Eye shot_002", "Second Eye shot_003"
    ]  # fmt: skip
    assert [_shown(scene, n + 9, tmp_path) for n in range(2, 10)] == list(range(2, 10))


def test_names_move_along_with_the_shots(module, case, scene):
    """The engine numbers its shots: after a cut in the first, the second is the third."""
    shots = case.project.manifest.shots
    for number, shot in enumerate(shots, 1):
        shot.name = f"shot_{number:03d}"
    stage = module("addon.stage")
    stage.update_scene(case.project, scene)
    _reliefs(module)[1].name = "The Artist's"
    _cut(case, 3)
    for number, shot in enumerate(shots, 1):
        shot.name = f"shot_{number:03d}"
    stage.update_scene(case.project, scene)
    assert [name for name, *_ in _spans(module)] == [
        "Second Eye shot_001",
        "Second Eye shot_002",
        "The Artist's",
        "Second Eye shot_004",
    ]
