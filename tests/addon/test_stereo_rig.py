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


def test_the_rig_is_the_one_core_suggests(module, two_shots):
    scene = bpy.context.scene
    camera = module("addon.rigs").make_stereo_camera(scene, two_shots.project, budget=0.03)
    stereo = camera.data.stereo
    assert scene.camera == camera and scene.render.use_multiview
    assert (stereo.convergence_mode, stereo.pivot) == ("OFFAXIS", "CENTER")
    inverse_distance = module("core.geometry").inverse_distance
    for shot, at in zip(two_shots.project.manifest.shots, (31, 33), strict=True):
        values = two_shots.normalised[shot.first - 2 : shot.last - 1]
        inverse = inverse_distance(values, shot.near, shot.far, shot.strength)
        rig = module("core.stereo").suggest_rig(inverse, 1.3, 0.03)
        scene.frame_set(at)  # a quarter of the depth's pixels is sampled: nearly the same rig
        assert stereo.interocular_distance == pytest.approx(rig.interocular, rel=0.05)
        assert stereo.convergence_distance == pytest.approx(rig.convergence, rel=0.05)
        held = stereo.convergence_distance
        scene.frame_set(at + 1)
        assert stereo.convergence_distance == held


def test_the_camera_hangs_from_the_footage_camera_and_drifts_along_its_x(module, two_shots):
    scene = bpy.context.scene
    camera = module("addon.rigs").make_stereo_camera(scene, two_shots.project, drift=1.0)
    footage = camera.parent
    assert footage["second_eye_role"] == "footage"
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
    curve = module("addon.stage.compat").find_fcurve(camera, "location", 0)
    kinds = [point.interpolation for point in curve.keyframe_points]
    assert kinds == ["BEZIER", "CONSTANT", "BEZIER", "CONSTANT"]
    values = [curve.evaluate(frame) for frame in np.linspace(33, 36, 13)]
    steps = np.diff(values)
    assert (steps > 0).all()
    assert steps[0] < 0.5 * steps[6] and steps[-1] < 0.5 * steps[6]  # eases in and out


def test_no_drift(module, two_shots):
    scene = bpy.context.scene
    camera = module("addon.rigs").make_stereo_camera(scene, two_shots.project, drift=0.0)
    for frame in (31, 33, 35):
        scene.frame_set(frame)
        assert camera.location.x == 0.0


def test_baking_writes_what_the_curves_say_into_the_project(module, two_shots):
    scene, rigs, keys = bpy.context.scene, module("addon.rigs"), module("addon.stage.keys")
    camera = rigs.make_stereo_camera(scene, two_shots.project)
    keys.key(camera, "location", [31, 36], [0.0, 0.5], index=0, interpolation=keys.LINEAR)
    baked = rigs.bake_camera(scene, two_shots.project)
    assert baked.lateral_offset == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5], abs=1e-6)
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
    camera.animation_data_clear()
    camera.data.animation_data_clear()
    camera.location.x = 0.25
    camera.data.stereo.interocular_distance = 0.125
    baked = rigs.bake_camera(scene, two_shots.project)
    assert baked.lateral_offset == [0.25] * 6
    assert baked.interocular == [0.125] * 6


def test_baking_without_a_stereo_camera_says_so(module, two_shots):
    with pytest.raises(module("core.errors").SecondEyeError, match="no stereo camera"):
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
