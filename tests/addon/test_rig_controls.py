# SPDX-License-Identifier: GPL-3.0-or-later
"""The rig's arm, aim and screen: what they do to the camera, live, keyed, baked and undone."""

from __future__ import annotations

import math

import bpy
import pytest
import rig_case
from mathutils import Vector

case = rig_case.case


@pytest.fixture
def scene(module, second_eye, case) -> bpy.types.Scene:
    module("addon.stage").build_scene(case.project, bpy.context.scene)
    module("addon.rigs").make_stereo_camera(bpy.context.scene, case.project, drift=0.0)
    return bpy.context.scene


@pytest.fixture
def chain(module, scene):
    return module("addon.rigs").find_chain(scene)


def place(chain) -> Vector:
    """Where the camera is, in the footage camera's axes."""
    bpy.context.view_layer.update()
    return chain.footage.matrix_world.inverted() @ chain.camera.matrix_world.translation


@pytest.mark.parametrize("arm", [2.0, -3.0])
def test_the_arm_carries_the_camera_around_its_foot(chain, arm):
    rig = chain.rig
    rig.location = (0.1, 0.2, 0.3)
    assert tuple(place(chain)) == pytest.approx((0.1, 0.2, 0.3), abs=1e-6)
    rig["arm"], rig["swing"], rig["boom"] = arm, 0.5, 0.2
    rig.update_tag()
    found = place(chain) - rig.location
    assert found.x > 0 and found.y > 0
    assert (found - Vector((0.0, 0.0, arm))).length == pytest.approx(abs(arm), rel=1e-5)
    assert found.y == pytest.approx(abs(arm) * math.sin(0.2), rel=1e-5)
    drivers = rig.animation_data.drivers
    assert len(drivers) == 3 and all(d.driver.is_simple_expression for d in drivers)
    assert rig.id_properties_ui("swing").as_dict()["subtype"] == "ANGLE"


def test_a_keyed_arm_is_baked(module, scene, chain, case):
    rig = chain.rig
    rig["arm"] = 2.0
    for frame, swing in ((1, 0.0), (4, 0.9)):
        rig["swing"] = swing
        rig.keyframe_insert('["swing"]', frame=frame)
    baked = module("addon.rigs").bake_camera(scene, case.project)
    for index, frame in enumerate(range(1, 5)):
        scene.frame_set(frame)
        assert baked.lateral_offset[index] == pytest.approx(place(chain).x, abs=1e-5)
    assert baked.lateral_offset[-1] == pytest.approx(2.0 * math.sin(0.9), rel=1e-4)
    assert "forward or back" in baked.left_out


def test_a_keyed_pivot_is_baked(module, scene, chain, case):
    stereo = chain.camera.data.stereo
    for frame, pivot in ((1, "LEFT"), (3, "CENTER"), (4, "RIGHT")):
        stereo.pivot = pivot
        stereo.keyframe_insert("pivot", frame=frame)
    assert module("addon.rigs").bake_camera(scene, case.project).pivot == [-1.0, -1.0, 0.0, 1.0]


def test_the_aim_turns_trucks_into_arcs(chain):
    assert bpy.ops.second_eye.add_aim() == {"FINISHED"}
    aim = next(o for o in bpy.data.objects if o.get("second_eye_role") == "aim")
    distance = chain.camera.data.stereo.convergence_distance
    bpy.context.view_layer.update()
    seen = chain.footage.matrix_world.inverted() @ aim.matrix_world.translation
    assert tuple(seen) == pytest.approx((0.0, 0.0, -distance), abs=1e-4)
    aim.name = "my point"
    chain.rig.constraints[0].name = "renamed"
    for x in (0.0, 0.7):
        chain.rig.location.x = x
        bpy.context.view_layer.update()
        there = chain.camera.matrix_world.inverted() @ aim.matrix_world.translation
        assert (there.x, there.y) == pytest.approx((0.0, 0.0), abs=1e-4) and there.z < 0
    chain.rig.constraints[0].influence = 0.0
    bpy.context.view_layer.update()
    there = chain.camera.matrix_world.inverted() @ aim.matrix_world.translation
    assert there.x == pytest.approx(-0.7, abs=1e-4)
    assert bpy.ops.second_eye.add_aim() == {"FINISHED"}  # again: no second one
    assert len(chain.rig.constraints) == 1
    assert bpy.ops.second_eye.remove_aim() == {"FINISHED"}
    assert not chain.rig.constraints and "my point" not in bpy.data.objects
    with pytest.raises(RuntimeError, match="no aim"):
        bpy.ops.second_eye.remove_aim()


def _screen(module, scene):
    assert bpy.ops.second_eye.add_screen() == {"FINISHED"}
    bpy.context.view_layer.update()
    return module("addon.rigs.screen").find_screen(scene)


def test_the_screen_is_dragged_and_convergence_follows(module, scene, chain, case):
    stereo = chain.camera.data.stereo
    keyed = stereo.convergence_distance
    screen = _screen(module, scene)
    assert stereo.convergence_distance == pytest.approx(keyed)
    module("addon.stage.compat").remove_fcurve(screen, "location", 2)
    for z in (2.0, 7.0):
        screen.location.z = z
        bpy.context.view_layer.update()
        assert stereo.convergence_distance == pytest.approx(z)
        (frame,) = screen.children
        corner = chain.camera.matrix_world.inverted() @ (frame.matrix_world @ Vector((0.5, 0, 0)))
        assert (corner.x, corner.z) == pytest.approx((-0.5 * z / 1.2, -z), rel=1e-5)
    baked = module("addon.rigs").bake_camera(scene, case.project)
    assert baked.convergence == pytest.approx([7.0] * 4)
    drivers = [*chain.camera.data.animation_data.drivers, *frame.animation_data.drivers]
    assert len(drivers) == 3 and all(d.driver.is_simple_expression for d in drivers)
    with pytest.raises(RuntimeError, match="a screen already"):
        bpy.ops.second_eye.add_screen()
    assert bpy.ops.second_eye.remove_screen(keep=False) == {"FINISHED"}
    scene.frame_set(2)
    assert stereo.convergence_distance == pytest.approx(keyed)
    assert not [o for o in bpy.data.objects if o.get("second_eye_role") == "screen"]


def test_a_subject_carries_the_screen_and_its_way_becomes_keys(module, scene, chain):
    screen = _screen(module, scene)
    subject = bpy.data.objects.new("actor", None)
    scene.collection.objects.link(subject)
    subject.parent = chain.footage
    for frame, distance in ((1, 3.0), (4, 6.0)):
        subject.location = (0.4, 0.1, -distance)
        subject.keyframe_insert("location", frame=frame)
    module("addon.rigs.screen").subject_constraint(screen).target = subject
    shown = []
    for frame in range(1, 5):
        scene.frame_set(frame)
        shown.append(chain.camera.data.stereo.convergence_distance)
    assert shown[0] == pytest.approx(3.0) and shown[-1] == pytest.approx(6.0)
    assert 3.0 < shown[1] < shown[2] < 6.0
    assert bpy.ops.second_eye.remove_screen() == {"FINISHED"}
    curve = module("addon.stage.compat").find_fcurve(
        chain.camera.data, "stereo.convergence_distance"
    )
    assert [curve.evaluate(frame) for frame in range(1, 5)] == pytest.approx(shown, rel=1e-5)


def test_a_removed_screen_leaves_what_is_keyed_elsewhere(module, scene, chain):
    """Its keys are those of the scene's range; other shots keep theirs, and hold them."""
    data, path = chain.camera.data, "stereo.convergence_distance"
    module("addon.stage.keys").key(data, path, [1, 20, 40], [2.0, 3.0, 4.0])
    _screen(module, scene).location.z = 9.0
    module("addon.stage.compat").remove_fcurve(
        module("addon.rigs.screen").find_screen(scene), "location", 2
    )
    scene.frame_start, scene.frame_end = 22, 24
    assert bpy.ops.second_eye.remove_screen() == {"FINISHED"}
    curve = module("addon.stage.compat").find_fcurve(data, path)
    said = [curve.evaluate(frame) for frame in (1, 20, 21, 22, 24, 25, 39, 40)]
    assert said == pytest.approx([2.0, 3.0, 3.0, 9.0, 9.0, 3.0, 3.0, 4.0], abs=1e-4)


def test_below_a_screen_no_convergence_is_written(module, scene, chain):
    settings = module("addon.rigs.shot_settings")
    relief = module("addon.stage").reliefs(module("addon.stage").find_collection(scene))[0]
    before = settings.read(relief, "convergence")
    _screen(module, scene)
    settings.write(relief, "convergence", before + 1.0)
    assert settings.is_led(relief) and settings.read(relief, "convergence") == before
    bpy.ops.second_eye.remove_screen(keep=False)
    settings.write(relief, "convergence", before + 1.0)
    assert settings.read(relief, "convergence") == pytest.approx(before + 1.0)


def test_locked_keys_between_frames_come_back(module, scene, chain):
    """Curves hold frames in single precision: 10.3 moved by 24 isn't what they say then."""
    locked, data = module("addon.rigs.locked_keys"), chain.camera.data
    path = "stereo.convergence_distance"
    module("addon.stage.keys").key(data, path, [1.0, 10.3], [2.0, 5.0])
    held = locked._keys(data, path, 2.0, [0, 23, 0], [0, 23, -24])
    locked.restore([locked.Kept(data, path, (24, 47), held)])
    curve = module("addon.stage.compat").find_fcurve(data, path)
    assert [curve.evaluate(frame) for frame in (30, 35)] == pytest.approx([2.0, 5.0])


def test_a_render_puts_suffixes_back_and_never_loses_the_camera(module, scene):
    views, kept = scene.render.views, module("addon.output.kept").Kept
    views["left"].file_suffix = "_left"
    before = kept(scene)
    module("addon.output").configure_stereo_render(scene, None)
    assert views["left"].file_suffix != "_left"
    scene.camera.name = "renamed meanwhile"
    before.restore()
    assert views["left"].file_suffix == "_left"
    assert scene.camera is not None and scene.camera.name == "renamed meanwhile"


def test_keys_of_the_convergence_go_to_the_screen(module, scene, chain):
    data, keys = chain.camera.data, module("addon.stage.keys")
    keys.key(data, "stereo.convergence_distance", [1, 4], [2.0, 5.0], interpolation=keys.LINEAR)
    _screen(module, scene)
    for frame, expected in ((1, 2.0), (2, 3.0), (4, 5.0)):
        scene.frame_set(frame)
        assert data.stereo.convergence_distance == pytest.approx(expected)


def test_frames_of_another_rig_are_not_kept(module, scene, chain, case):
    """What the render's stamp sees of the rig; and that the playhead is nothing to it."""
    digest = module("addon.operators.render_stamp").digest
    collection = module("addon.stage").find_collection(scene)
    bpy.ops.second_eye.add_aim()
    bpy.ops.second_eye.add_screen()
    subject = bpy.data.objects.new("actor", None)
    scene.collection.objects.link(subject)
    screen = module("addon.rigs.screen").find_screen(scene)
    follow = module("addon.rigs.screen").subject_constraint(screen)
    follow.target = subject
    changes = (
        lambda: chain.rig.__setitem__("arm", 2.0),
        lambda: chain.rig.__setitem__("swing", 0.3),
        lambda: setattr(chain.rig.constraints[0], "influence", 0.5),
        lambda: setattr(subject.location, "y", 3.0),
        lambda: setattr(follow, "mute", True),
        lambda: bpy.ops.second_eye.set_rig_mode(mode="TOE"),
        lambda: setattr(chain.camera.data.stereo, "pivot", "LEFT"),
        lambda: bpy.ops.second_eye.set_rig_mode(mode="VR180"),
        lambda: setattr(chain.camera.data.stereo, "use_pole_merge", False),
    )
    seen = [digest(scene, collection, case.project.manifest)]
    for change in changes:
        change()
        seen.append(digest(scene, collection, case.project.manifest))
        scene.frame_set(2 + len(seen) % 2)
        assert digest(scene, collection, case.project.manifest) == seen[-1]
    assert len(set(seen)) == len(changes) + 1


@pytest.mark.parametrize("operator", ["add_aim", "add_screen"])
def test_what_was_added_is_undone(scene, operator):
    names = sorted(bpy.data.objects.keys())
    bpy.ops.ed.undo_push(message="built")
    getattr(bpy.ops.second_eye, operator)("EXEC_DEFAULT", True)
    assert len(bpy.data.objects) > len(names)
    bpy.ops.ed.undo()
    assert sorted(bpy.data.objects.keys()) == names
