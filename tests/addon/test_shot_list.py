# SPDX-License-Identifier: GPL-3.0-or-later
"""The shot list: it shows and sets the scene's own values, and leaves locked shots alone."""

from __future__ import annotations

import copy
import importlib
import shutil
from itertools import pairwise

import bpy
import numpy as np
import pytest
from stage_case import Case, positions

SHOTS = [
    {"name": "Street", "first": 2, "last": 4, "near": 1.0, "far": 11.0},
    {"name": "Face", "first": 5, "last": 7, "near": 0.5, "far": 3.0, "strength": 0.5},
    {"name": "Sky", "first": 8, "last": 9, "near": 40.0, "far": 900.0},
]


@pytest.fixture(scope="module")
def written(extension, engine_python, tmp_path_factory) -> Case:
    """Frames 2..9 in three shots; smooth ramps of depth. Written once: each test has a copy."""
    ramp = np.linspace(0.05, 0.95, 12, dtype=np.float32)
    depths = np.broadcast_to(ramp, (8, 8, 12)).copy()
    plates = np.full((8, 16, 24, 3), 90, np.uint8)
    unrepaired = dict.fromkeys(("spatial", "temporal", "semantic"), 0.0)  # cuts move at once
    return Case(
        lambda name: importlib.import_module(f"{extension}.{name}"),
        engine_python,
        tmp_path_factory.mktemp("shots"),
        plates,
        depths,
        bases=depths,
        first=2,
        shots=[shot | unrepaired for shot in SHOTS],
    )


@pytest.fixture
def case(module, second_eye, written, tmp_path) -> Case:
    own = copy.copy(written)
    folder = shutil.copytree(written.project.folder, tmp_path / "clip.secondeye")
    own.project = module("core.project").Project.open(folder)
    return own


@pytest.fixture
def scene(case) -> bpy.types.Scene:
    scene = bpy.context.scene
    scene.second_eye.project_folder = str(case.project.folder)
    scene.second_eye.sampling = "GRID"
    scene.second_eye.start = 11
    assert bpy.ops.second_eye.build_scene() == {"FINISHED"}
    return scene


@pytest.fixture
def shots(module, scene):
    return lambda: module("addon.stage").reliefs(module("addon.stage").find_collection(scene))


@pytest.fixture
def camera(module, scene) -> bpy.types.Object:
    return module("addon.rigs").find_stereo_camera(scene)


def stereo(module, camera, name) -> bpy.types.FCurve:
    return module("addon.stage.compat").find_fcurve(camera.data, f"stereo.{name}")


def test_rows_read_and_write_what_the_scene_shows(module, case, scene, shots, camera):
    street, face, sky = (relief.second_eye_row for relief in shots())
    assert (street.near, face.near, face.strength) == pytest.approx((1.0, 0.5, 0.5))
    convergence = stereo(module, camera, "convergence_distance")
    assert face.convergence == pytest.approx(convergence.evaluate(14))
    others = [street.convergence, sky.convergence, convergence.evaluate(13)]
    face.near, face.convergence, face.interocular = 0.75, 1.5, 0.02
    for frame in (14, 16):
        scene.frame_set(frame)
        n = case.normalised[frame - 11]
        expected = 1 / module("core.geometry").inverse_distance(n, 0.75, 3.0, 0.5)
        np.testing.assert_allclose(-positions(shots()[1])[:, 2].max(), expected.min(), rtol=5e-2)
        assert camera.data.stereo.convergence_distance == pytest.approx(1.5)
        assert camera.data.stereo.interocular_distance == pytest.approx(0.02)
    now = [street.convergence, sky.convergence, convergence.evaluate(13)]
    assert now == pytest.approx(others)
    kinds = {p.co.x: p.interpolation for p in convergence.keyframe_points}
    assert kinds == {11.0: "CONSTANT", 14.0: "CONSTANT", 17.0: "CONSTANT"}
    face.near = 50.0
    assert face.near < face.far == pytest.approx(3.0)


def test_a_value_that_moves_keeps_its_other_keys(module, scene, shots, camera):
    """A shot's first key is what the list sets; what follows it, and other shots, stay."""
    settings = module("addon.rigs.shot_settings")
    street, face, _sky = shots()
    curve = stereo(module, camera, "convergence_distance")
    first = curve.keyframe_points[1]
    first.interpolation = "LINEAR"
    curve.keyframe_points.insert(16, 5.0)
    curve.keyframe_points.remove(next(p for p in curve.keyframe_points if p.co.x == 17))
    curve.update()
    after = curve.evaluate(18)
    assert settings.is_animated(face, "convergence")
    assert not settings.is_animated(street, "convergence")
    face.second_eye_row.convergence = 2.0
    assert curve.evaluate(14) == pytest.approx(2.0) and curve.evaluate(16) == pytest.approx(5.0)
    assert curve.evaluate(18) == pytest.approx(after)
    street.second_eye_row.convergence = 4.0
    assert [curve.evaluate(f) for f in (11, 13, 14)] == pytest.approx([4.0, 4.0, 2.0])
    module("addon.stage.compat").remove_fcurve(camera.data, "stereo.convergence_distance")
    face.second_eye_row.convergence = 3.0
    assert camera.data.stereo.convergence_distance == pytest.approx(3.0)


def test_the_list_selects_and_jumps(scene, shots):
    street, face, sky = shots()
    things = face.users_collection[0].objects
    scene.frame_set(11)
    scene.second_eye_shots.active = things.find(sky.name)
    assert bpy.context.view_layer.objects.active == sky and scene.frame_current == 17
    assert scene.second_eye_shots.active == things.find(sky.name)
    scene.second_eye_shots.jump = False
    scene.second_eye_shots.active = things.find(street.name)
    assert bpy.context.view_layer.objects.active == street and scene.frame_current == 17
    scene.second_eye_shots.active = 999  # nothing stands there
    assert bpy.context.view_layer.objects.active == street


def test_one_shot_becomes_points_and_nothing_else_changes(module, scene, shots):
    meshes = {mesh.name for mesh in bpy.data.meshes}
    face = shots()[1]
    scene.frame_set(14)
    assert bpy.ops.second_eye.switch_form(relief=face.name) == {"FINISHED"}
    assert [r.second_eye_row.form for r in shots()] == ["RELIEF", "POINTS", "RELIEF"]
    graph = bpy.context.evaluated_depsgraph_get()
    assert len(face.evaluated_get(graph).data.polygons) == 0
    assert len(shots()[0].evaluated_get(graph).data.polygons) > 0 or shots()[0].hide_viewport
    assert {mesh.name for mesh in bpy.data.meshes} == meshes
    face.second_eye_row.form = "RELIEF"
    assert face.second_eye_row.form == "RELIEF"
    with pytest.raises(RuntimeError, match='no relief of "Gone": press Build Scene'):
        bpy.ops.second_eye.switch_form(relief="Gone")


def test_copy_leaves_locked_and_unselected_shots(scene, shots):
    street, face, sky = shots()
    bpy.context.view_layer.objects.active = face
    face.second_eye_row.form = "POINTS"
    face.second_eye_row.convergence = 1.25
    sky.second_eye_row.locked = True
    before = sky.second_eye_row.far, sky.second_eye_row.convergence
    give = bpy.ops.second_eye.copy_shot_settings
    assert give(kinds={"RANGE", "FORM", "STEREO"}) == {"FINISHED"}
    row = street.second_eye_row
    assert (row.near, row.far) == pytest.approx((0.5, 3.0)) and row.strength == 1.0
    assert row.form == "POINTS" and row.convergence == pytest.approx(1.25)
    assert (sky.second_eye_row.far, sky.second_eye_row.convergence) == before
    assert give(target="SELECTED") == {"CANCELLED"}
    sky.second_eye_row.locked = False
    scene.frame_set(17)
    sky.select_set(True)
    assert give(target="SELECTED", kinds={"STRENGTH"}) == {"FINISHED"}
    assert sky.second_eye_row.strength == pytest.approx(0.5) and row.strength == 1.0


def test_a_locked_shot_survives_build_scene(module, scene, shots, camera):
    """Also where the scene begins elsewhere: its keys move along."""
    face = shots()[1]
    row = face.second_eye_row
    row.near, row.convergence, row.form = 0.9, 1.1, "POINTS"
    curve = stereo(module, camera, "convergence_distance")
    curve.keyframe_points.insert(16, 1.4).interpolation = "CONSTANT"
    next(p for p in curve.keyframe_points if p.co.x == 14).interpolation = "LINEAR"
    drift = [camera_x(module, camera, frame) for frame in (14, 15, 16)]
    row.locked = True
    shots()[0].second_eye_row.near = 5.0
    scene.second_eye.start, scene.second_eye.drift = 21, 3.0
    assert bpy.ops.second_eye.build_scene() == {"FINISHED"}
    street, face, _sky = (relief.second_eye_row for relief in shots())
    assert face.locked and not street.locked
    assert (face.near, street.near) == pytest.approx((0.9, 1.0)) and face.form == "POINTS"
    curve = stereo(module, camera, "convergence_distance")
    shown = [curve.evaluate(frame) for frame in (24, 25, 26)]
    assert shown == pytest.approx([1.1, 1.25, 1.4])
    assert [camera_x(module, camera, f) for f in (24, 25, 26)] == pytest.approx(drift, rel=1e-4)
    assert len([p for p in curve.keyframe_points if 24 <= p.co.x <= 26]) == 2


def camera_x(module, camera, frame) -> float:
    move = camera.parent.parent
    return module("addon.stage.compat").find_fcurve(move, "location").evaluate(frame)


def test_markers_follow_the_shots_and_leave_others_alone(module, case, scene):
    markers = scene.timeline_markers
    assert [(m.name, m.frame) for m in markers] == [("Street", 11), ("Face", 14), ("Sky", 17)]
    markers.new("Sky", frame=3)
    markers.new("Beat", frame=12)
    manifest = case.project.manifest
    manifest.shots[0].last, manifest.shots[1].first = 5, 6
    stage = module("addon.stage")
    stage.update_scene(case.project, scene)
    own = {("Street", 11), ("Face", 15), ("Sky", 17)}
    assert {(m.name, m.frame) for m in markers} == own | {("Sky", 3), ("Beat", 12)}
    markers["Face"].frame = 13  # on its way to be a cut: an update for another reason keeps it
    stage.update_scene(case.project, scene)
    assert markers["Face"].frame == 13
    manifest.shots[0].last = 7
    del manifest.shots[1]
    stage.update_scene(case.project, scene)
    own = {("Street", 11), ("Sky", 17)}
    assert {(m.name, m.frame) for m in markers} == own | {("Sky", 3), ("Beat", 12)}
    scene.second_eye.start = 1
    bpy.ops.second_eye.build_scene()  # the project on the disk still has three
    placed = {("Street", 1), ("Face", 4), ("Sky", 7), ("Sky", 3), ("Beat", 12)}
    assert {(m.name, m.frame) for m in markers} == placed


def test_moved_markers_become_cuts(module, case, scene, shots, monkeypatch):
    move = module("addon.operators.cuts_from_markers")
    markers = scene.timeline_markers

    def moved():
        return move.moved_cuts(scene, case.project.manifest)

    assert moved() == []
    markers["Face"].frame = 13
    assert moved() == [(5, 4)]
    markers["Sky"].frame = 18
    assert moved() == [(5, 4), (8, 9)]
    for name, frame, words in (
        ("Street", 12, "begins with the clip"),
        ("Sky", 19, "outside the clip"),
        ("Sky", 13, "passed"),
    ):
        before = markers[name].frame
        markers[name].frame = frame
        with pytest.raises(module("core.errors").UsageError, match=words):
            moved()
        assert not bpy.ops.second_eye.cuts_from_markers.poll()
        markers[name].frame = before
    face = shots()[1]
    face.second_eye_row.near, face.second_eye_row.convergence = 0.8, 1.3
    face.second_eye_row.locked = True
    assert bpy.ops.second_eye.cuts_from_markers() == {"FINISHED"}
    span = module("addon.stage").span
    assert [(r["second_eye_shot"], *span(r)) for r in shots()] == [
        ("Street", 2, 3), ("Face", 4, 8), ("Sky", 9, 9)
    ]  # fmt: skip
    assert shots()[1] == face and face.second_eye_row.locked
    assert face.second_eye_row.near == pytest.approx(0.8)
    camera = module("addon.rigs").find_stereo_camera(scene)
    curve = stereo(module, camera, "convergence_distance")
    assert [curve.evaluate(f) for f in (13, 14, 17)] == pytest.approx([1.3] * 3)
    assert curve.evaluate(12) != pytest.approx(1.3) and curve.evaluate(18) > 10.0
    assert {(m.name, m.frame) for m in markers} == {("Street", 11), ("Face", 13), ("Sky", 18)}
    assert not bpy.ops.second_eye.cuts_from_markers.poll()


def test_what_is_lost_is_said(module, case, scene, shots):
    faults = module("addon.operators.shot_faults")

    def told() -> str:
        faults._looked = (0.0, None, [])
        return " ".join(faults.faults(scene))

    assert "clip.mp4 is not there any more" in told()
    (case.project.folder / "clip.mp4").touch()
    assert told() == ""
    case.project.depth_path(6).unlink()
    assert told() == "Face lacks depth pictures: press Analyse to make them."
    bpy.data.objects.remove(shots()[2])
    assert "Sky has no relief in the scene" in told()
    shots()[0].modifiers.clear()
    assert "lost its relief modifier" in told()
    assert shots()[0].second_eye_row.near == 0.0
    shots()[0].second_eye_row.near = 2.0  # nothing to set, and nothing breaks
    action = shots()[1].animation_data.action
    action.name = "Renamed"
    shots()[1].second_eye_row.near = 0.6
    assert shots()[1].second_eye_row.near == pytest.approx(0.6)
    bpy.data.objects.remove(module("addon.rigs").find_stereo_camera(scene))
    assert "stereo camera was removed" in told()
    assert shots()[1].second_eye_row.convergence == 0.0
    with pytest.raises(RuntimeError, match="lost its relief"):
        bpy.context.view_layer.objects.active = shots()[0]
        bpy.ops.second_eye.copy_shot_settings()


def test_undo_brings_every_value_back(module, scene, shots):
    """As the buttons do it: an undo step after each operator, and one after a typed value."""

    def told():
        return [
            (r.name, r.second_eye_row.form, r.second_eye_row.locked,
             round(r.second_eye_row.near, 4), round(r.second_eye_row.convergence, 4))
            for r in module("addon.stage").reliefs(
                module("addon.stage").find_collection(bpy.context.scene)
            )
        ]  # fmt: skip

    bpy.context.view_layer.objects.active = shots()[1]
    bpy.ops.ed.undo_push(message="Built")
    steps = [told()]
    for change in (
        lambda: bpy.ops.second_eye.copy_shot_settings(),
        lambda: bpy.ops.second_eye.switch_form(relief="Second Eye Sky"),
        lambda: setattr(bpy.data.objects["Second Eye Face"].second_eye_row, "near", 0.25),
        lambda: setattr(bpy.data.objects["Second Eye Face"].second_eye_row, "convergence", 7.0),
        lambda: setattr(bpy.data.objects["Second Eye Face"].second_eye_row, "locked", True),
    ):
        change()
        bpy.ops.ed.undo_push(message="Step")
        steps.append(told())
    assert all(a != b for a, b in pairwise(steps))
    for expected in steps[-2::-1]:
        bpy.ops.ed.undo()
        assert told() == expected
    for expected in steps[1:]:
        bpy.ops.ed.redo()
        assert told() == expected


def test_thumbnails_are_not_read_in_background(module, case):
    thumbnails = module("addon.ui.thumbnails")
    assert thumbnails.icon(case.project.plate_path(2)) == 0
    assert thumbnails._previews is None
