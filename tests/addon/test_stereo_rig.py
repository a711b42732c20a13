# SPDX-License-Identifier: GPL-3.0-or-later
"""The stereo camera: fitted to the depth, keyed per shot, and baked for the fast path."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from stage_case import Case, texture


@pytest.fixture
def two_shots(module, second_eye, engine_python, tmp_path) -> Case:
    """Six frames, cut after the second; the shots differ in their ranges."""
    rng = np.random.default_rng(1)
    case = Case(
        module,
        engine_python,
        tmp_path,
        np.stack([texture(n, 24, 40) for n in range(6)]),
        rng.uniform(0.2, 0.9, (6, 12, 20)).astype(np.float32),
        focal=1.3,
        first=2,
        shots=[
            {"name": "Wide", "first": 2, "last": 3, "near": 5.0, "far": 80.0},
            {"name": "Close", "first": 4, "last": 7, "near": 0.6, "far": 4.0, "strength": 0.8},
        ],
    )
    module("addon.stage").build_scene(case.project, bpy.context.scene, start=31)
    return case


def chain(module):
    return module("addon.rigs").find_chain(bpy.context.scene)


def test_the_rig_is_the_one_core_suggests(module, two_shots):
    scene = bpy.context.scene
    camera = module("addon.rigs").make_stereo_camera(scene, two_shots.project, budget=0.03)
    stereo = camera.data.stereo
    assert scene.camera == camera and scene.render.use_multiview
    assert (stereo.convergence_mode, stereo.pivot) == ("OFFAXIS", "CENTER")
    statistics, core = module("core.project.statistics"), module("core.stereo")
    manifest, limits = two_shots.project.manifest, core.find_viewing().limits
    tables = statistics.read(two_shots.project.folder)
    assert statistics.missing(two_shots.project, tables, manifest.frames) == [], "kept for the next"
    for shot, at in zip(manifest.shots, (31, 33), strict=True):
        depths = [
            core.frame_depth(manifest, n, tables[n]) for n in range(shot.first, shot.last + 1)
        ]
        for n, depth in enumerate(depths, shot.first):
            inverse = module("core.geometry").inverse_distance(
                two_shots.normalised[n - 2], shot.near, shot.far, shot.strength
            )
            middle = np.percentile(inverse, [20, 50, 80])
            assert depth.percentile([20, 50, 80]) == pytest.approx(middle, rel=0.02)
        rig = module("core.stereo.shot_rig").suggest_shot_rig(depths, 1.3, 0.03, limits)
        scene.frame_set(at)
        assert stereo.interocular_distance == pytest.approx(rig.interocular, rel=1e-5)
        assert stereo.convergence_distance == pytest.approx(rig.convergence, rel=1e-5)
        held = stereo.convergence_distance
        scene.frame_set(at + 1)
        assert stereo.convergence_distance == held


def test_the_camera_hangs_from_the_footage_camera_and_drifts_along_its_x(module, two_shots):
    scene = bpy.context.scene
    camera = module("addon.rigs").make_stereo_camera(scene, two_shots.project, drift=1.0)
    footage, move, rig = (getattr(chain(module), n) for n in ("footage", "move", "rig"))
    assert (camera.parent, rig.parent, move.parent) == (rig, move, footage)
    footage.rotation_euler = (1.2, 0.1, 0.7)
    footage.location = (3.0, -2.0, 1.0)
    for first, last in ((31, 32), (33, 36)):
        sides = []
        for frame in (first, last):
            scene.frame_set(frame)
            offset = footage.matrix_world.inverted() @ camera.matrix_world.translation
            assert offset.y == pytest.approx(0, abs=1e-5)
            assert offset.z == pytest.approx(0, abs=1e-5)
            sides.append(offset.x / camera.data.stereo.interocular_distance)
        assert sides == pytest.approx([-1.0, 1.0], abs=1e-3)
    curve = module("addon.stage.compat").find_fcurve(move, "location", 0)
    kinds = [point.interpolation for point in curve.keyframe_points]
    assert kinds == ["BEZIER", "CONSTANT", "BEZIER", "CONSTANT"]
    values = [curve.evaluate(frame) for frame in np.linspace(33, 36, 13)]
    steps = np.diff(values)
    assert (steps > 0).all()
    assert steps[0] < 0.5 * steps[6] and steps[-1] < 0.5 * steps[6]  # eases in and out


def test_no_drift(module, two_shots):
    scene = bpy.context.scene
    module("addon.rigs").make_stereo_camera(scene, two_shots.project, drift=0.0)
    for frame in (31, 33, 35):
        scene.frame_set(frame)
        assert chain(module).move.location.x == 0.0


def test_baking_writes_what_the_curves_say_into_the_project(module, two_shots):
    scene, rigs, keys = bpy.context.scene, module("addon.rigs"), module("addon.stage.keys")
    camera = rigs.make_stereo_camera(scene, two_shots.project, drift=0.0)
    footage, move, rig = (getattr(chain(module), n) for n in ("footage", "move", "rig"))
    footage.location = (0.3, -4.0, 1.0)
    keys.key(move, "location", [31, 36], [0.0, 0.5], index=0, interpolation=keys.LINEAR)
    keys.key(rig, "location", [31, 36], [1.0, 1.5], index=0, interpolation=keys.LINEAR)
    camera.delta_location.x = 2.0
    before = scene.frame_current
    baked = rigs.bake_camera(scene, two_shots.project)
    assert baked.lateral_offset == pytest.approx([3.0, 3.2, 3.4, 3.6, 3.8, 4.0], abs=1e-5)
    assert scene.frame_current == before and len(bpy.data.scenes) == 1
    for i, frame in enumerate(range(31, 37)):
        scene.frame_set(frame)
        assert baked.interocular[i] == pytest.approx(camera.data.stereo.interocular_distance)
        assert baked.convergence[i] == pytest.approx(camera.data.stereo.convergence_distance)
    again = module("core.project").Project.open(two_shots.project.folder)
    assert again.manifest.camera == baked


def test_baking_takes_the_range_that_the_artist_set_in_blender(module, two_shots):
    scene, rigs = bpy.context.scene, module("addon.rigs")
    rigs.make_stereo_camera(scene, two_shots.project)
    compat, keys = module("addon.stage.compat"), module("addon.stage.keys")
    relief = module("addon.stage.build").reliefs(module("addon.stage").find_collection(scene))[1]
    keys.key(relief, compat.input_path(relief.modifiers[0], "Near"), [33], [0.9])
    rigs.bake_camera(scene, two_shots.project)
    shots = module("core.project").Project.open(two_shots.project.folder).manifest.shots
    assert [round(shot.near, 5) for shot in shots] == [5.0, 0.9]
    assert [shot.far for shot in shots] == [80.0, 4.0]


def test_unkeyed_values_are_baked_as_they_stand(module, two_shots):
    scene, rigs = bpy.context.scene, module("addon.rigs")
    camera = rigs.make_stereo_camera(scene, two_shots.project)
    chain(module).move.animation_data_clear()
    chain(module).move.location.x = 0.0
    camera.data.animation_data_clear()
    camera.location.x = 0.25
    camera.data.stereo.interocular_distance = 0.125
    baked = rigs.bake_camera(scene, two_shots.project)
    assert baked.lateral_offset == [0.25] * 6
    assert baked.interocular == [0.125] * 6


def test_baking_without_a_stereo_camera_says_so(module, two_shots):
    with pytest.raises(module("core.errors").SecondEyeError, match="stereo camera is gone"):
        module("addon.rigs").bake_camera(bpy.context.scene, two_shots.project)
    assert two_shots.project.manifest.camera is None


def test_a_wide_rig_still_sees_whole_surfaces(module, two_shots):
    """The matte starts beyond the angle from which the eyes see the nearest point."""
    scene = bpy.context.scene
    module("addon.rigs").make_stereo_camera(scene, two_shots.project, budget=0.2, drift=6.0)
    compat = module("addon.stage.compat")
    collection = module("addon.stage").find_collection(scene)
    shots = two_shots.project.manifest.shots
    for relief, shot in zip(module("addon.stage.build").reliefs(collection), shots, strict=True):
        scene.frame_set(31 + shot.first - 2)
        aside = 6.5 * scene.camera.data.stereo.interocular_distance
        angle = compat.get_input(relief.modifiers[0], "Matte Angle")
        assert angle > np.arctan(aside / shot.near)


def as_built_before(module) -> bpy.types.Object:
    """A scene as versions before the rig left it: the stereo camera hangs from the footage camera
    and keeps the drift itself."""
    found = chain(module)
    module("addon.stage.keys").hand_over(found.move, found.camera, "location")
    found.camera.parent = found.footage
    for extra in (found.move, found.rig):
        bpy.data.objects.remove(extra)
    for kept in (
        bpy.context.scene.second_eye_moves.items,
        bpy.context.scene.second_eye_moves.shots,
    ):
        kept.clear()
    return found.camera


def drift_keys(module, owner):
    curve = module("addon.stage.compat").find_fcurve(owner, "location", 0)
    return [(round(p.co.x), p.co.y, p.interpolation) for p in curve.keyframe_points]


def test_a_scene_of_before_there_was_a_rig_bakes_refits_and_gets_one(module, two_shots):
    scene, rigs = bpy.context.scene, module("addon.rigs")
    rigs.make_stereo_camera(scene, two_shots.project)
    expected = rigs.bake_camera(scene, two_shots.project)
    keyed = drift_keys(module, chain(module).move)
    camera = as_built_before(module)
    assert rigs.bake_camera(scene, two_shots.project) == expected
    assert drift_keys(module, camera) == keyed
    # As it is refitted it gets a rig, and the drift goes to the move.
    rigs.refit_shots(scene, two_shots.project, two_shots.project.manifest.shots[1:], 0.02, 2.0)
    found = chain(module)
    assert [t["second_eye_role"] for t in (camera.parent, found.rig.parent)] == ["rig", "move"]
    refitted = drift_keys(module, found.move)
    assert refitted[:2] == keyed[:2] and refitted[2][1] == pytest.approx(2.0 * keyed[2][1])
    assert module("addon.stage.compat").find_fcurve(camera, "location", 0) is None
    # Built again, there is one drift.
    rigs.make_stereo_camera(scene, two_shots.project)
    again = rigs.bake_camera(scene, two_shots.project)
    assert again.lateral_offset == pytest.approx(expected.lateral_offset, abs=1e-6)


def test_handed_over_keys_keep_handles_and_modifiers(module, second_eye):
    keys, compat = module("addon.stage.keys"), module("addon.stage.compat")
    one, other = (bpy.data.objects.new(name, None) for name in ("one", "other"))
    keys.key(one, "location", [1, 20, 50], [0.0, 3.0, 1.0], interpolation=keys.BEZIER)
    curve = compat.find_fcurve(one, "location", 0)
    for point in curve.keyframe_points:
        point.handle_left_type = point.handle_right_type = "FREE"
        point.handle_right = (point.co.x + 9.0, point.co.y + 2.0)
    curve.modifiers.new("NOISE").strength = 0.4
    curve.extrapolation = "LINEAR"
    frames = np.linspace(-5.0, 60.0, 40)
    expected = [curve.evaluate(frame) for frame in frames]
    keys.hand_over(one, other, "location")
    assert compat.find_fcurve(one, "location", 0) is None
    new = compat.find_fcurve(other, "location", 0)
    assert [new.evaluate(frame) for frame in frames] == pytest.approx(expected, abs=1e-5)
