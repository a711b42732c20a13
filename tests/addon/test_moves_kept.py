# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera moves survive rebuilds, new cuts, an artist's edits, lost objects and older scenes."""

from __future__ import annotations

import bpy
import moves_case
import numpy as np
import pytest
from moves_case import START, add, at, build, chain, curve, expected, keyed, moved, pose, recut

case, scene = moves_case.case, moves_case.scene


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
