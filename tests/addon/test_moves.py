# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera moves in a scene: the keys on the Move empty are what core says."""

from __future__ import annotations

import copy

import bpy
import moves_case
import numpy as np
import pytest
from mathutils import Euler, Matrix
from moves_case import KINDS, add, at, build, chain, curve, expected, keyed, moved, pose

case, scene = moves_case.case, moves_case.scene


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


def test_a_hand_shakes_within_its_shot_as_far_as_told(module, scene, case):
    add("hand-held", shot=13, strength=4.0)
    away = module("addon.rigs.moves").moved_shots(scene, chain(module).camera)[2].convergence
    xs = [curve(module).evaluate(frame) for frame in range(at(13), at(20) + 1)]
    assert np.ptp(xs) == pytest.approx(0.04 * away, rel=0.02)
    turns = [curve(module, "rotation_euler", 1).evaluate(f) for f in range(at(13), at(20) + 1)]
    assert np.ptp(turns) == pytest.approx(0.04 * 0.6, rel=0.02)
    assert all(curve(module).evaluate(frame) == 0.0 for frame in range(at(2), at(13)))
    scene.second_eye_moves.items[0].seed = 5
    assert [curve(module).evaluate(f) for f in range(at(13), at(20) + 1)] != pytest.approx(xs)
    build(module, case)
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
