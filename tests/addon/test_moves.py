# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera moves in a scene: keys on the Move empty that survive rebuilds and an artist's edits."""

from __future__ import annotations

import copy
import time
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from mathutils import Euler, Matrix
from stage_case import Case, render, texture

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


def test_a_moves_keys_are_what_core_says(module, scene):
    for kind in KINDS:
        one_move(module, scene, kind)


def one_move(module, scene, kind):
    assert add(kind, strength=12.0) == {"FINISHED"}
    for frame in (at(2), at(5), at(8), at(11)):
        values = expected(module, kind, 0.12, 2, 11, frame)
        true = Matrix.Translation(values[:3]) @ Euler(values[3:6]).to_matrix().to_4x4()
        found = pose(module, frame)
        worst = np.abs(np.array(found) - np.array(true)).max()
        assert worst < (0.006 if kind == "wobble" else 0.002)
        assert chain(module).camera.data.lens == pytest.approx(36 * 1.2 * values[6], rel=1e-4)
    for frame in (at(12), at(13), at(20)):  # the other shots rest
        assert np.abs(np.array(pose(module, frame)) - np.eye(4)).max() < 1e-6
        assert chain(module).camera.data.lens == pytest.approx(43.2)
    for found in module("addon.stage.compat").fcurves(chain(module).move):
        kinds = {round(p.co.x): p.interpolation for p in found.keyframe_points}
        assert kinds[at(11)] == kinds[at(12)] == kinds[at(13)] == "CONSTANT"
        assert len(found.keyframe_points) <= 8
    scene.frame_set(at(2))
    assert bpy.ops.second_eye.remove_move() == {"FINISHED"}
    assert module("addon.stage.compat").fcurves(chain(module).move) == []
    assert np.abs(np.array(pose(module, at(6))) - np.eye(4)).max() < 1e-6
    assert chain(module).camera.data.lens == pytest.approx(43.2)


def test_a_hand_shakes_within_its_shot_as_far_as_told(module, scene):
    add("hand-held", shot=13, strength=4.0)
    away = module("addon.rigs.moves").moved_shots(scene, chain(module).camera)[2].convergence
    xs = [curve(module).evaluate(frame) for frame in range(at(13), at(20) + 1)]
    assert np.ptp(xs) == pytest.approx(0.04 * away, rel=0.02)
    turns = [curve(module, "rotation_euler", 1).evaluate(f) for f in range(at(13), at(20) + 1)]
    assert np.ptp(turns) == pytest.approx(0.04 * 0.6, rel=0.02)
    assert all(curve(module).evaluate(frame) == 0.0 for frame in range(at(2), at(13)))
    scene.second_eye_moves.items[0].seed = 5
    assert [curve(module).evaluate(f) for f in range(at(13), at(20) + 1)] != pytest.approx(xs)
    build(module, _kept[0])
    assert len(curve(module).modifiers) == 1
    bpy.ops.second_eye.remove_move()
    assert curve(module) is None


def test_moves_add_up_and_go_one_by_one(module, scene):
    add("drift", strength=5.0)
    alone = keyed(module)
    add("push-in", strength=20.0)
    add("arc", strength=6.0)
    parts = [expected(module, *m, 2, 11, at(9)) for m in
             (("drift", 0.05), ("push-in", 0.2), ("arc", 0.06))]  # fmt: skip
    there = pose(module, at(9)).translation
    assert tuple(there) == pytest.approx(sum(p[:3] for p in parts), abs=0.003)
    scene.second_eye_moves.active = 2
    bpy.ops.second_eye.remove_move()
    scene.second_eye_moves.active = 1
    bpy.ops.second_eye.remove_move()
    assert keyed(module) == alone and moved(scene) == [(2, "drift")]


def test_a_move_for_every_shot_leaves_out_locked_ones_and_rests_in_one_frame(module, scene):
    stage = module("addon.stage")
    reliefs = stage.reliefs(stage.find_collection(scene))
    module("addon.stage.locks").lock(reliefs[0], True)
    add("push-in", strength=10.0, every_shot=True)
    assert moved(scene) == [(12, "push-in"), (13, "push-in")]
    assert pose(module, at(11)).translation.length == 0.0
    assert pose(module, at(12)).translation.length == 0.0
    assert pose(module, at(20)).translation.z < -0.05
    bpy.ops.second_eye.remove_move(all_moves=True, every_shot=True)
    assert moved(scene) == [] and curve(module) is None


def test_settings_are_written_as_they_are_changed(module, scene):
    add("push-in", strength=10.0)
    item = scene.second_eye_moves.items[0]
    before = pose(module, at(11)).translation.z
    item.strength = 20.0
    assert pose(module, at(11)).translation.z == pytest.approx(2 * before)
    item.pivot = 1.0
    assert pose(module, at(11)).translation.z == pytest.approx(-0.2)
    item.delay, item.easing = 4, "linear"
    assert pose(module, at(6)).translation.z == 0.0
    item.kind = "ken-burns"
    item.toward = (1.0, 0.0)
    assert pose(module, at(11)).translation.x == pytest.approx(0.2 / 2.4, rel=1e-4)
    item.crop = 10.0
    pose(module, at(5))
    assert chain(module).camera.data.lens == pytest.approx(43.2 / 0.8)


def test_a_lens_of_the_artists_own_is_what_moves_multiply(module, scene, case):
    data = chain(module).camera.data
    data.lens = 60.0
    add("dolly-zoom", strength=20.0)
    for _ in range(2):
        scene.frame_set(at(11))
        assert data.lens == pytest.approx(60.0 * 0.8)
        scene.frame_set(at(20))
        assert data.lens == pytest.approx(60.0)
        build(module, case)
    scene.frame_set(at(2))
    bpy.ops.second_eye.remove_move()
    assert data.lens == pytest.approx(60.0)


def test_building_again_keeps_moves_and_the_rigs_own_keys(module, scene, case):
    add("arc", shot=13, strength=8.0)
    add("drift", shot=2, strength=3.0)
    rig = chain(module).rig
    rig.location = (0.0, 0.4, 0.0)
    rig.keyframe_insert("location", frame=at(4))
    before = [pose(module, frame) for frame in range(at(2), at(20) + 1)]
    kept = keyed(module), keyed(module, "rotation_euler", 1)
    build(module, case)
    assert (keyed(module), keyed(module, "rotation_euler", 1)) == kept
    # At another frame: the moves go with the footage.
    build(module, case, start=START + 7)
    for path, index, keys in (("location", 0, kept[0]), ("rotation_euler", 1, kept[1])):
        assert keyed(module, path, index) == [(f + 7, v, i) for f, v, i in keys]
    build(module, case)
    after = [pose(module, frame) for frame in range(at(2), at(20) + 1)]
    assert np.abs(np.array(after) - np.array(before)).max() < 1e-4


def test_keys_that_an_artist_edited_stay(module, scene, case):
    add("drift", strength=4.0, every_shot=True)
    found = curve(module)
    point = next(p for p in found.keyframe_points if round(p.co.x) == at(20))
    point.co.y += 0.5
    found.update()
    theirs = keyed(module)
    build(module, case)
    assert keyed(module) == theirs
    scene.second_eye_moves.items[2].strength = 9.0  # its settings say nothing any more
    assert keyed(module) == theirs
    scene.second_eye_moves.items[0].strength = 8.0
    assert keyed(module) != theirs and keyed(module)[-2:] == theirs[-2:]
    with pytest.raises(RuntimeError, match="edited by hand"):
        add("arc", shot=13)
    assert moved(scene) == [(2, "drift"), (12, "drift"), (13, "drift")]
    assert add("crane", shot=13) == {"FINISHED"}  # of other channels
    scene.frame_set(at(13))
    with pytest.raises(RuntimeError, match="by hand"):
        bpy.ops.second_eye.fit_move()
    assert bpy.ops.second_eye.rewrite_move() == {"FINISHED"}
    assert keyed(module)[-1][1] == pytest.approx(
        expected(module, "drift", 0.09, 13, 20, at(20))[0], rel=1e-4
    )


def test_a_curve_that_an_artist_removed_stays_away(module, scene, case):
    add("push-in", strength=10.0)
    module("addon.stage.compat").remove_fcurve(chain(module).move, "location", 2)
    build(module, case)
    assert curve(module, index=2) is None
    bpy.ops.second_eye.rewrite_move()
    assert curve(module, index=2) is not None


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


def test_moved_cuts_take_their_moves_along(module, scene, case):
    add("push-in", shot=2, strength=10.0)
    add("drift", shot=13, strength=3.0)
    last = keyed(module)
    recut(module, case, [2, 7, 12, 13])
    assert moved(scene) == [(2, "push-in"), (7, "push-in"), (13, "drift")]
    for first, end in ((2, 6), (7, 11)):  # each begins at rest and goes its own way
        assert pose(module, at(first)).translation.z == 0.0
        assert pose(module, at(end)).translation.z < -0.1
    assert keyed(module)[-2:] == last[-2:]
    recut(module, case, [2, 12, 13])
    assert moved(scene) == [(2, "push-in"), (13, "drift")]
    assert pose(module, at(7)).translation.z < -0.1
    assert keyed(module, index=2)[:2] == [(at(2), 0.0, "BEZIER"), keyed(module, index=2)[1]]


def test_a_cut_through_edited_keys_leaves_them_alone(module, scene, case):
    add("push-in", shot=2, strength=10.0)
    point = curve(module, index=2).keyframe_points[1]
    point.co.y *= 2.0
    curve(module, index=2).update()
    theirs = keyed(module, index=2)
    recut(module, case, [2, 7, 12, 13])
    assert keyed(module, index=2) == theirs
    recut(module, case, [2, 12, 13])
    build(module, case)
    assert keyed(module, index=2) == theirs


@pytest.mark.parametrize("loss", ["deleted", "renamed", "rig too"])
def test_a_missing_move_empty_is_made_again(module, scene, case, loss):
    add("arc", strength=9.0)
    before = pose(module, at(9))
    if loss == "renamed":
        chain(module).move.name = "Mine"
    else:
        if loss == "rig too":
            bpy.data.objects.remove(chain(module).rig)
        bpy.data.objects.remove(chain(module).move)
    build(module, case)
    assert np.abs(np.array(pose(module, at(9))) - np.array(before)).max() < 1e-5
    assert (chain(module).move.name == "Mine") == (loss == "renamed")
    bpy.data.objects.remove(chain(module).move)
    add("push-in", strength=10.0)
    assert pose(module, at(11)).translation.z < -0.1
    assert moved(scene) == [(2, "arc"), (2, "push-in")]


def test_without_its_cameras_a_move_says_so(module, scene):
    add("drift")
    bpy.data.objects.remove(chain(module).camera)
    for operator in ("add_move", "remove_move", "fit_move", "measure_move", "rewrite_move"):
        assert not getattr(bpy.ops.second_eye, operator).poll()
    scene.second_eye_moves.items[0].strength = 3.0  # no traceback, nothing to write on


def test_the_drift_of_build_scene_is_a_move(module, scene, case):
    build(module, case, drift=1.5)
    assert moved(scene) == [(2, "drift"), (12, "drift"), (13, "drift")]
    apart = chain(module).camera.data.stereo
    scene.frame_set(at(11))
    assert pose(module, at(11)).translation.x == pytest.approx(
        1.5 * apart.interocular_distance, rel=1e-3
    )
    bpy.ops.second_eye.remove_move()
    build(module, case, drift=1.5)
    assert moved(scene) == [(12, "drift"), (13, "drift")]  # taken away, it stays away
    scene.second_eye_moves.items[1].strength = 2.0
    build(module, case, drift=0.5)
    assert scene.second_eye_moves.items[1].strength == 2.0  # the artist's own now
    assert moved(scene) == [(12, "drift"), (13, "drift"), (2, "drift")]
    build(module, case, drift=0.0)
    assert moved(scene) == [(13, "drift")]


def test_the_drift_of_an_older_scene_becomes_a_move(module, scene, case):
    """Before there were moves the drift was keyed on the camera, whose parent was the footage's."""
    keys, compat = module("addon.stage.keys"), module("addon.stage.compat")
    found = chain(module)
    found.camera.parent = found.footage
    for extra in (found.move, found.rig):
        bpy.data.objects.remove(extra)
    scene.second_eye_moves.items.clear()
    scene.second_eye_moves.shots.clear()
    keys.key(found.camera, "location", [at(2), at(11), at(12), at(13), at(20)],
             [-0.1, 0.1, -0.2, -0.3, 0.4])  # fmt: skip
    recut(module, case, [2, 12, 13])
    assert compat.find_fcurve(found.camera, "location", 0) is None
    assert moved(scene) == [(2, "drift")]  # the last shot's was edited
    assert [v for _, v, _ in keyed(module)] == pytest.approx([-0.1, 0.1, -0.2, -0.3, 0.4])
    assert scene.second_eye_moves.items[0].auto


def test_a_path_leads_through_the_world_while_the_footage_camera_moves(module, scene):
    compat, keys = module("addon.stage.compat"), module("addon.stage.keys")
    footage = chain(module).footage
    with pytest.raises(RuntimeError, match="draw a curve"):
        add("path")
    line = bpy.data.curves.new("line", "CURVE")
    line.dimensions = "3D"
    spline = line.splines.new("POLY")
    spline.points.add(2)
    for point, place in zip(spline.points, [(0, 0, 1.6), (1, 0, 1.6), (1, 1, 1.6)], strict=True):
        point.co = (*place, 1.0)
    path = bpy.data.objects.new("line", line)
    scene.collection.objects.link(path)
    assert add("path", path="line", easing="linear") == {"FINISHED"}
    scene.second_eye_moves.items[0].aimed = False

    def world(frame):
        scene.frame_set(frame)
        return tuple(chain(module).camera.matrix_world.translation)

    ways = {at(2): (0, 0, 1.6), at(11): (1, 1, 1.6)}
    for frame, place in ways.items():
        assert world(frame) == pytest.approx(place, abs=1e-4)
    # As a solved camera goes: the path stays where it was drawn.
    quaternion = footage.matrix_world.to_quaternion()
    footage.rotation_mode = "QUATERNION"
    for index in range(3):
        ends = [footage.location[index], footage.location[index] + 0.5]
        keys.key(footage, "location", [at(2), at(11)], ends, index=index, interpolation=keys.LINEAR)
    for index in range(4):
        keys.key(footage, "rotation_quaternion", [at(2)], [quaternion[index]], index=index)
    bpy.ops.second_eye.rewrite_move()
    for frame, place in ways.items():
        assert world(frame) == pytest.approx(place, abs=1e-4)
    assert compat.find_fcurve(chain(module).move, "location", 0) is not None
    scene.second_eye_moves.items[0].kind = "push-in"  # and other moves add to it
    scene.frame_set(at(2))
    before = footage.matrix_world.translation.copy()
    assert np.linalg.norm(world(at(11)) - np.array(footage.matrix_world.translation)) > 0.5
    assert (footage.matrix_world.translation - before).length > 0.1


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


def test_the_uncovered_area_is_what_a_render_shows(module, scene, case, tmp_path):
    """Against the alpha of a render, of one eye, with steps and the picture's edges open."""
    opened(module, scene)
    scene.render.use_multiview = False
    scene.render.film_transparent = True
    scene.render.resolution_x, scene.render.resolution_y = 180, 120
    shown = {}
    for kind, strength in (("drift", 15.0), ("crane", 12.0), ("arc", 10.0)):
        assert add(kind, measured=True, strength=strength) == {"FINISHED"}
        found, current = module("addon.rigs.moves").kept(
            scene, module("addon.rigs.moves").moved_shots(scene, chain(module).camera)[0]
        )
        assert current
        path = tmp_path / f"{kind}.png"
        render(scene, found.frame, path)
        scene.render.image_settings.color_mode = "RGBA"
        bpy.ops.render.render(write_still=True)
        image = bpy.data.images.load(str(path))
        alpha = np.array(image.pixels[:]).reshape(-1, 4)[:, 3]
        shown[kind] = 100.0 * (1.0 - alpha.mean())
        assert found.uncovered == pytest.approx(shown[kind], abs=1.5)
        assert found.bare == found.uncovered and not found.layers
        bpy.ops.second_eye.remove_move()
    assert min(shown.values()) > 4.0


def test_a_move_is_made_to_fit(module, scene):
    opened(module, scene, Step=100.0)  # no step is cut: the picture's edges alone open
    settings, rigs = scene.second_eye_moves, module("addon.rigs.moves")
    add("drift", strength=12.0)
    add("crane", strength=6.0)
    settings.limit = 3.0
    assert bpy.ops.second_eye.fit_move() == {"FINISHED"}
    strengths = [item.strength for item in settings.items]
    assert strengths[0] / strengths[1] == pytest.approx(2.0, rel=1e-4)
    assert 0.0 < strengths[0] < 11.0

    def shot():
        return rigs.moved_shots(scene, chain(module).camera)[0]

    found, current = rigs.kept(scene, shot())
    assert current and 1.0 < found.uncovered <= 3.0
    settings.items[0].strength *= 2.0
    assert not rigs.kept(scene, shot())[1]
    bpy.ops.second_eye.measure_move()
    assert rigs.kept(scene, shot())[0].uncovered > 3.0
    # Cropping first leaves more of the move.
    settings.items[0].strength, settings.items[1].strength = 12.0, 6.0
    settings.most_crop = 8.0
    bpy.ops.second_eye.fit_move()
    assert settings.items[0].strength > 1.2 * strengths[0] and settings.items[0].crop > 0.0
    assert rigs.kept(scene, shot())[0].uncovered <= 3.0
    # What no strength can mend is told, and nothing changes.
    chain(module).rig.location.x = 3.0
    before = [item.strength for item in settings.items]
    with pytest.raises(RuntimeError, match="Even without the move"):
        bpy.ops.second_eye.fit_move()
    assert [item.strength for item in settings.items] == pytest.approx(before)


def test_a_crop_that_does_not_help_is_not_taken(module, scene):
    opened(module, scene)  # the square's steps open, however much is cut off at the edges
    add("drift", strength=12.0)
    scene.second_eye_moves.most_crop = 8.0
    assert bpy.ops.second_eye.fit_move() == {"FINISHED"}
    item = scene.second_eye_moves.items[0]
    assert item.crop == 0.0 and 0.0 < item.strength < 6.0


def test_a_project_that_is_gone_leaves_the_move(module, scene, case, tmp_path):
    case.project.folder.rename(tmp_path / "away")
    try:
        assert add("drift", measured=True, strength=4.0) == {"FINISHED"}
        assert not bpy.ops.second_eye.measure_move.poll()
        assert not bpy.ops.second_eye.fit_move.poll()
        assert keyed(module)
        assert bpy.ops.second_eye.remove_move() == {"FINISHED"}
    finally:
        (tmp_path / "away").rename(case.project.folder)


def test_undo_takes_a_move_back(module, scene):
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.ed.undo_push(message="Built")
    add("drift", strength=4.0)
    bpy.ops.ed.undo_push(message="Moved")
    assert keyed(module)
    bpy.ops.ed.undo()
    assert keyed(module) == [] and moved(bpy.context.scene) == []
    for name in ("add", "remove", "fit", "measure", "rewrite"):
        cls = getattr(bpy.types, f"SECOND_EYE_OT_{name}_move")
        assert {"REGISTER", "UNDO"} <= cls.bl_options


def test_a_lateral_move_goes_into_the_fast_path(module, scene, case):
    add("drift", strength=4.0)
    baked = module("addon.rigs").bake_camera(scene, copy.deepcopy(case.project))
    offsets = [pose(module, at(n)).translation.x for n in range(2, 21)]
    assert baked.lateral_offset == pytest.approx(offsets, abs=1e-5)
    assert np.ptp(baked.lateral_offset) > 0.1


class Ticks:
    """The ``modal`` of a task operator, driven as a window's timer does."""

    def __init__(self, module, **given):
        task = module("addon.operators.moves_task")
        said = self.said = []

        class Driven(task.MovesTask):
            every_shot = False

            def report(self, kind, text):
                said.append((kind, text))

        self.session, self.operator = module("addon.engine.session"), Driven()
        self.operator._running = self.session.begin(
            self.operator.title, self.operator.start(bpy.context)
        )

    def tick(self):
        time.sleep(0.02)
        return self.operator.modal(bpy.context, SimpleNamespace(type="TIMER"))

    def run(self):
        until, answer = time.monotonic() + 120.0, {"PASS_THROUGH"}
        while answer == {"PASS_THROUGH"} and time.monotonic() < until:
            answer = self.tick()
        return answer


def first_shot(module):
    rigs = module("addon.rigs.moves")
    return rigs.moved_shots(bpy.context.scene, chain(module).camera)[0]


def test_moves_change_while_one_is_measured(module, second_eye, scene):
    rigs = module("addon.rigs.moves")
    add("drift", strength=12.0)
    measuring = Ticks(module)
    assert measuring.tick() == {"PASS_THROUGH"}
    assert not bpy.ops.second_eye.grade_depth.poll()  # what needs the engine waits
    assert bpy.ops.second_eye.add_move.poll() and bpy.ops.second_eye.measure_move.poll()
    assert add("push-in", strength=5.0) == {"FINISHED"}  # and ends the measurement
    assert measuring.session.current() is None
    assert measuring.tick() == {"CANCELLED"} and measuring.said == []
    # Settings that are changed meanwhile: no figure of other keys is shown as theirs.
    measuring = Ticks(module)
    scene.second_eye_moves.items[0].strength = 3.0
    assert measuring.run() == {"CANCELLED"}
    assert "changed meanwhile" in measuring.said[0][1]
    assert rigs.kept(scene, first_shot(module)) == (None, False)
    measuring = Ticks(module)
    assert bpy.ops.second_eye.cancel() == {"FINISHED"}
    assert measuring.run() == {"CANCELLED"} and measuring.said[0][0] == {"WARNING"}
    assert Ticks(module).run() == {"FINISHED"}
    assert rigs.kept(scene, first_shot(module))[1]
    scene.second_eye_moves.items[1].strength = 4.0
    assert bpy.ops.second_eye.predict_move() == {"FINISHED"}
    assert rigs.kept(scene, first_shot(module))[1]


def test_without_an_engine_a_move_is_added_and_says_so(module, second_eye, scene):
    preferences = module("addon.preferences").get()
    preferences.engine_python = "/nowhere/python"
    assert add("drift", measured=True, strength=4.0) == {"FINISHED"}
    assert keyed(module)
    with pytest.raises(RuntimeError, match="/nowhere/python"):
        bpy.ops.second_eye.measure_move()
    assert keyed(module)


def test_fit_leaves_the_figure_open_where_a_constraint_turns_the_rig(module, scene):
    opened(module, scene, Step=100.0)
    rigs = module("addon.rigs.moves")
    add("drift", strength=12.0)
    assert bpy.ops.second_eye.add_aim() == {"FINISHED"}
    scene.second_eye_moves.limit = 3.0
    assert bpy.ops.second_eye.fit_move() == {"FINISHED"}
    assert 0.0 < scene.second_eye_moves.items[0].strength < 12.0
    assert not rigs.kept(scene, first_shot(module))[1]
    bpy.ops.second_eye.measure_move()
    assert rigs.kept(scene, first_shot(module))[1]
