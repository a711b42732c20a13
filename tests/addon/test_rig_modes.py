# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of stereo camera: what each sets, what each keeps, and that undo takes it back."""

from __future__ import annotations

import math

import bpy
import numpy as np
import pytest
import rig_case
from stage_case import Case, render, texture

case = rig_case.case


@pytest.fixture
def scene(module, second_eye, case) -> bpy.types.Scene:
    module("addon.stage").build_scene(case.project, bpy.context.scene)
    module("addon.rigs").make_stereo_camera(bpy.context.scene, case.project)
    return bpy.context.scene


def kind(module, scene) -> str:
    return module("addon.rigs.modes").mode_of(scene.camera.data)


@pytest.mark.parametrize("mode", ["OFFAXIS", "PARALLEL", "TOE"])
def test_flat_modes(module, scene, mode):
    data = scene.camera.data
    keyed = module("addon.stage.compat").find_fcurve(data, "stereo.interocular_distance")
    assert bpy.ops.second_eye.set_rig_mode(mode=mode) == {"FINISHED"}
    assert (data.type, data.stereo.convergence_mode) == ("PERSP", mode)
    assert not data.stereo.use_spherical_stereo and kind(module, scene) == mode
    again = module("addon.stage.compat").find_fcurve(data, "stereo.interocular_distance")
    assert again == keyed and again.keyframe_points[0].co.y == data.stereo.interocular_distance


@pytest.mark.parametrize(("mode", "half"), [("VR180", 90.0), ("SPHERE", 180.0)])
def test_round_modes_span_what_headsets_expect(module, scene, mode, half):
    data = scene.camera.data
    assert bpy.ops.second_eye.set_rig_mode(mode=mode) == {"FINISHED"}
    pano = module("addon.stage.compat").panorama(data)
    assert data.type == "PANO" and pano.panorama_type == "EQUIRECTANGULAR"
    across = [math.degrees(v) for v in (pano.longitude_min, pano.longitude_max)]
    up = [math.degrees(v) for v in (pano.latitude_min, pano.latitude_max)]
    assert across == pytest.approx([-half, half]) and up == pytest.approx([-90.0, 90.0])
    stereo = data.stereo
    assert stereo.use_spherical_stereo and stereo.convergence_mode == "PARALLEL"
    assert stereo.use_pole_merge and kind(module, scene) == mode


def test_each_mode_keeps_what_was_set_in_it(module, scene):
    data, panorama = scene.camera.data, module("addon.stage.compat").panorama
    data.stereo.pivot = "RIGHT"
    lens, near = data.lens, data.stereo.convergence_distance
    bpy.ops.second_eye.set_rig_mode(mode="TOE")
    assert data.stereo.pivot == "RIGHT"  # flat modes differ in nothing else
    bpy.ops.second_eye.set_rig_mode(mode="VR180")
    assert data.stereo.pivot == "CENTER"
    panorama(data).longitude_max = 1.0
    data.stereo.pole_merge_angle_to = 1.5
    bpy.ops.second_eye.set_rig_mode(mode="SPHERE")
    assert panorama(data).longitude_max == pytest.approx(math.pi)
    bpy.ops.second_eye.set_rig_mode(mode="OFFAXIS")
    assert data.stereo.pivot == "RIGHT"
    assert (data.lens, data.stereo.convergence_distance) == (lens, near)
    bpy.ops.second_eye.set_rig_mode(mode="VR180")
    assert panorama(data).longitude_max == pytest.approx(1.0)
    assert data.stereo.pole_merge_angle_to == pytest.approx(1.5)


def test_building_again_keeps_mode_shift_and_a_lens_of_its_own(module, scene, case):
    data, rigs = scene.camera.data, module("addon.rigs")
    lens = data.lens
    for mode, pivot in (("VR180", "CENTER"), ("TOE", "LEFT")):
        bpy.ops.second_eye.set_rig_mode(mode=mode)
        data.stereo.pivot, data.shift_x = pivot, 0.25
        rigs.make_stereo_camera(scene, case.project)
        module("addon.stage.solve").show_lens(case.project, scene)
        assert (kind(module, scene), data.stereo.pivot, data.shift_x) == (mode, pivot, 0.25)
    case.project.manifest.lens.focal_over_width *= 2.0
    try:
        rigs.make_stereo_camera(scene, case.project)
        assert data.lens == pytest.approx(2.0 * lens)  # the footage's, as long as it is
        data.lens = 85.0
        module("addon.stage.solve").show_lens(case.project, scene)
        assert data.lens == 85.0
    finally:
        case.project.manifest.lens.focal_over_width /= 2.0


def test_a_mode_is_undone(module, scene):
    bpy.ops.ed.undo_push(message="built")
    bpy.ops.second_eye.set_rig_mode("EXEC_DEFAULT", True, mode="VR180")
    assert kind(module, bpy.context.scene) == "VR180"
    bpy.ops.ed.undo()
    assert kind(module, bpy.context.scene) == "OFFAXIS"
    assert bpy.context.scene.camera.data.type == "PERSP"


def test_a_panorama_without_cycles_is_refused_in_a_sentence(module, scene, monkeypatch):
    monkeypatch.setattr(module("addon.stage.compat"), "panorama", lambda camera: None)
    with pytest.raises(RuntimeError, match="rendered by Cycles"):
        bpy.ops.second_eye.set_rig_mode(mode="VR180")
    assert scene.camera.data.type == "PERSP"


def test_without_a_camera_there_is_no_mode_to_set(module, scene):
    bpy.data.objects.remove(scene.camera)
    with pytest.raises(RuntimeError, match="Repair Rig"):
        bpy.ops.second_eye.set_rig_mode(mode="TOE")


def test_a_bake_says_what_a_conversion_leaves_out(module, scene, case):
    rigs, camera = module("addon.rigs"), scene.camera
    rig = rigs.find_chain(scene).rig

    def said() -> str:
        return rigs.bake_camera(scene, case.project).left_out

    rig.location.x = 0.3
    assert said() == ""
    changes = (
        (lambda: rig.__setattr__("location", (0.0, 0.3, 0.0)), "up or down (up to 0.3 units)"),
        (lambda: rig.__setattr__("location", (0.0, 0.0, 0.2)), "forward or back (up to 0.2 units)"),
        (lambda: rig.__setattr__("rotation_euler", (0.0, 0.1, 0.0)), "turns (up to 5.7 degrees)"),
        (lambda: camera.data.__setattr__("lens", 2.0 * camera.data.lens), "the lens (2 times"),
        (lambda: camera.data.__setattr__("shift_y", 0.1), "the shift up or down (10 % of"),
        (lambda: bpy.ops.second_eye.set_rig_mode(mode="TOE"), "toe-in's vertical parallax"),
        (lambda: bpy.ops.second_eye.set_rig_mode(mode="VR180"), "the sphere"),
    )
    for change, words in changes:
        before = {thing: thing.matrix_basis.copy() for thing in (rig, camera)}
        lens = camera.data.lens, camera.data.shift_y
        change()
        assert words in said() and said().count(" up to") < 2 and " and " not in said()
        for thing, matrix in before.items():
            thing.matrix_basis = matrix
        camera.data.lens, camera.data.shift_y = lens
        bpy.ops.second_eye.set_rig_mode(mode="OFFAXIS")
        rig.location, rig.rotation_euler = (0.3, 0.0, 0.0), (0.0, 0.0, 0.0)
    rig.location, rig.rotation_euler = (0.3, 0.1, 0.4), (0.0, 0.0, 0.1)
    assert said().count("up to") == 3 and " and turns" in said()


def test_parallel_cameras_are_baked_as_meeting_at_infinity(module, scene, case):
    bpy.ops.second_eye.set_rig_mode(mode="PARALLEL")
    baked = module("addon.rigs").bake_camera(scene, case.project)
    rig = module("core.stereo").StereoRig(baked.interocular[0], baked.convergence[0], 1.2)
    assert rig.disparity(0.0) == pytest.approx(0.0, abs=1e-9)
    assert baked.left_out == ""


def test_toe_in_has_the_keystone_that_is_told(module, second_eye, engine_python, tmp_path):
    """A flat card on the screen: corners stand higher in one eye than in the other."""
    width, height, focal, card, b = 320, 240, 0.7, 4.0, 0.8
    case = Case(
        module,
        engine_python,
        tmp_path,
        texture(5, height, width, 4)[None],
        np.full((1, 24, 32), 0.5, np.float32),
        focal=focal,
        shot={"near": card / 1.001, "far": card * 1.001, "strength": 0.0},
    )
    scene = bpy.context.scene
    module("addon.stage").build_scene(case.project, scene)
    module("addon.rigs").make_stereo_camera(scene, case.project, drift=0.0)
    data = scene.camera.data
    data.animation_data_clear()
    data.stereo.interocular_distance, data.stereo.convergence_distance = b, card
    bpy.ops.second_eye.set_rig_mode(mode="TOE")
    module("addon.output").configure_stereo_render(scene, "sbs")
    both = render(scene, 1, tmp_path / "pair.png").astype(float).mean(2)
    left, right = both[:, :width], both[:, width:]
    told = module("core.stereo.toe_in").keystone(b, card, focal, height / width) * height
    assert told > 4.0
    # A patch near a corner, a quarter of the way in: keystone grows with x times y.
    for x, y, sign in ((40, 30, 1), (width - 40, 30, -1), (40, height - 30, -1)):
        down, across = _moved(left, right, x, y)
        u, v = x + across / 2 - width / 2, y + down / 2 - height / 2  # between both eyes
        expected = told * abs(u * v) / (width * height / 4)
        assert sign * down == pytest.approx(expected, abs=0.05 * told)


def _moved(left: np.ndarray, right: np.ndarray, x: int, y: int, size: int = 9):
    """How many pixels lower, and further right, a patch stands in the right eye's picture."""
    patch = left[y - size : y + size, x - size : x + size]
    costs = {}
    for down in range(-14, 15):
        for across in range(-20, 21):
            there = right[y + down - size : y + down + size, x + across - size : x + across + size]
            costs[down, across] = ((there - patch) ** 2).mean()
    down, across = min(costs, key=costs.get)
    before, at, after = (costs[down + step, across] for step in (-1, 0, 1))
    return down + 0.5 * (before - after) / (before - 2 * at + after), across
