# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene around the relief: its clock, its shots, its settings, and building it again."""

from __future__ import annotations

from fractions import Fraction

import bpy
import numpy as np
import pytest
from stage_case import Case, positions, read_picture, render, texture


def _numbered(module, engine_python, tmp_path, **given) -> Case:
    """Frame n is one grey of 20 * n, at normalised inverse depth n / 10."""
    first, count = given.get("first", 1), given.pop("count", 6)
    numbers = np.arange(first, first + count)
    plates = np.broadcast_to(numbers[:, None, None, None] * 20, (count, 16, 24, 3))
    depths = np.broadcast_to(numbers[:, None, None] / 10, (count, 8, 12))
    return Case(
        module,
        engine_python,
        tmp_path,
        plates.astype(np.uint8),
        depths.astype(np.float32),
        **given,
    )


def _shown(scene, frame, tmp_path) -> float:
    return round(float(np.median(render(scene, frame, tmp_path / "f.png"))) / 20, 1)


def _depth_number(relief) -> float:
    """The n of the depth that the relief shows, with near 1 and far 11."""
    z = -float(np.median(positions(relief)[:, 2]))
    return round((1 / z - 1 / 11) / (1 - 1 / 11) * 10, 1)


@pytest.mark.parametrize(("start", "first"), [(1, 1), (101, 5), (30, 2), (0, 1)])
def test_scene_frame_shows_its_timeline_frame(
    module, second_eye, engine_python, tmp_path, start, first
):
    case = _numbered(
        module, engine_python, tmp_path, first=first, count=5, shot={"near": 1.0, "far": 11.0}
    )
    scene, stage = bpy.context.scene, module("addon.stage")
    relief = stage.build_scene(case.project, scene, start=start).reliefs[0]
    assert (scene.frame_start, scene.frame_end) == (start, start + 4)
    for frame in (start, start + 1, start + 4):
        number = frame - start + first
        assert stage.timeline_frame(scene, frame) == number
        assert stage.scene_frame(scene, number) == frame
        assert _shown(scene, frame, tmp_path) == number
        assert _depth_number(relief) == number
    # Beyond the ends the last picture stays, where Blender alone would show depth 0.
    assert _shown(scene, start + 9, tmp_path) == first + 4
    assert _depth_number(relief) == first + 4
    assert _shown(scene, start - 7, tmp_path) == first
    assert _depth_number(relief) == first


def test_each_shot_has_an_object_that_only_it_shows(module, second_eye, engine_python, tmp_path):
    shots = [
        {"name": "Street", "first": 2, "last": 3, "near": 1.0, "far": 11.0},
        {"name": "Face", "first": 4, "last": 4, "near": 0.5, "far": 3.0, "strength": 0.5},
        {"name": "Sky", "first": 5, "last": 7, "near": 40.0, "far": 900.0},
    ]
    case = _numbered(module, engine_python, tmp_path, first=2, shots=shots)
    scene = bpy.context.scene
    reliefs = module("addon.stage").build_scene(case.project, scene, start=11).reliefs
    assert [r["second_eye_shot"] for r in reliefs] == ["Street", "Face", "Sky"]
    expected = {11: 0, 12: 0, 13: 1, 14: 2, 15: 2, 16: 2}
    for frame, seen in expected.items():
        assert _shown(scene, frame, tmp_path) == frame - 11 + 2
        assert [r.hide_render for r in reliefs] == [i != seen for i in range(3)]
        assert [r.hide_viewport for r in reliefs] == [i != seen for i in range(3)]
    compat = module("addon.stage.compat")
    for relief, shot in zip(reliefs, shots, strict=True):
        for name in ("Near", "Far", "Strength", "Scale", "Shift"):
            curve = compat.find_fcurve(relief, compat.input_path(relief.modifiers[0], name))
            assert {p.interpolation for p in curve.keyframe_points} == {"CONSTANT"}
        assert compat.get_input(relief.modifiers[0], "Near") == pytest.approx(shot["near"])


@pytest.mark.parametrize("rate", [(24000, 1001), (30000, 1001), (25, 1), (60000, 1001), (25, 2)])
def test_rate_size_range_and_colours_come_from_the_clip(
    module, second_eye, engine_python, tmp_path, rate
):
    shot = {"near": 0.02, "far": 3e6}
    case = _numbered(module, engine_python, tmp_path, count=2, rate=rate, shot=shot)
    scene = bpy.context.scene
    built = module("addon.stage").build_scene(case.project, scene)
    render_settings = scene.render
    found = Fraction(render_settings.fps) / Fraction(render_settings.fps_base)
    assert float(abs(found / Fraction(*rate) - 1)) < 1e-7  # a frame in four days
    if rate[1] == 1001:
        assert render_settings.fps == round(rate[0] / 1001)
    assert (render_settings.resolution_x, render_settings.resolution_y) == (24, 16)
    assert scene.view_settings.view_transform == "Standard"
    assert scene.view_settings.look == "None"
    assert built.camera.data.clip_end > -2.0 * positions(built.reliefs[0])[:, 2].min()
    assert built.camera.data.clip_start < 0.02
    assert built.camera.data.lens / built.camera.data.sensor_width == pytest.approx(1.0)
    materials = [m for m in bpy.data.materials if m.get("second_eye_relief")]
    assert materials
    assert {m.cycles.emission_sampling for m in materials} == {"NONE"}


def test_building_again_replaces_the_reliefs_and_keeps_the_cameras(
    module, second_eye, engine_python, tmp_path
):
    case = _numbered(module, engine_python, tmp_path, count=2)
    scene, stage = bpy.context.scene, module("addon.stage")
    blocks = ("objects", "meshes", "materials", "images", "node_groups", "collections", "actions")
    built = stage.build_scene(case.project, scene, start=1)
    stereo = module("addon.rigs").make_stereo_camera(scene, case.project)
    counts = {name: len(getattr(bpy.data, name)) for name in blocks}
    camera, stereo_name = built.camera.name, stereo.name
    case.project.manifest.shots[0].near = 1.25
    again = stage.build_scene(case.project, scene, start=5)
    module("addon.rigs").make_stereo_camera(scene, case.project)
    assert {name: len(getattr(bpy.data, name)) for name in blocks} == counts
    assert again.camera.name == camera and stereo_name in bpy.data.objects
    assert scene.frame_start == 5
    near = module("addon.stage.compat").get_input(again.reliefs[0].modifiers[0], "Near")
    assert near == pytest.approx(1.25)


def test_a_scene_cannot_start_before_frame_0(module, second_eye, engine_python, tmp_path):
    case = _numbered(module, engine_python, tmp_path, count=2)
    with pytest.raises(module("core.errors").UsageError, match="start"):
        module("addon.stage").build_scene(case.project, bpy.context.scene, start=-3)


def test_a_shot_of_one_frame(module, second_eye, engine_python, tmp_path):
    case = _numbered(module, engine_python, tmp_path, first=4, count=1)
    scene = bpy.context.scene
    module("addon.stage").build_scene(case.project, scene, start=8)
    assert [_shown(scene, frame, tmp_path) for frame in (1, 8, 30)] == [4, 4, 4]


@pytest.mark.parametrize("frame", [1, 2, 3])
@pytest.mark.parametrize("kind", ["plate", "depth"])
def test_missing_pictures_are_named_and_nothing_is_built(
    module, second_eye, engine_python, tmp_path, kind, frame
):
    case = _numbered(module, engine_python, tmp_path, count=3)
    lost = getattr(case.project, f"{kind}_path")(frame)
    lost.unlink()
    before = len(bpy.data.objects)
    with pytest.raises(module("core.errors").SecondEyeError, match=f"{lost.name} is missing"):
        module("addon.stage").build_scene(case.project, bpy.context.scene)
    assert len(bpy.data.objects) == before


@pytest.mark.parametrize("damage", ["empty", "noise", "half"])
def test_a_depth_file_that_cannot_be_read_is_named(
    module, second_eye, engine_python, tmp_path, damage
):
    case = _numbered(module, engine_python, tmp_path, count=2)
    path = case.project.depth_path(1)
    whole = path.read_bytes()
    path.write_bytes(
        {"empty": b"", "noise": b"no EXR" * 50, "half": whole[: len(whole) // 2]}[damage]
    )
    before = len(bpy.data.objects), len(bpy.data.images)
    with pytest.raises(module("core.errors").SecondEyeError, match=r"000001\.exr is damaged"):
        module("addon.stage").build_scene(case.project, bpy.context.scene)
    assert (len(bpy.data.objects), len(bpy.data.images)) == before


def test_a_saved_scene_keeps_paths_relative_to_it(module, second_eye, engine_python, tmp_path):
    case = Case(
        module,
        engine_python,
        tmp_path,
        texture(1, 16, 24)[None],
        np.full((1, 8, 12), 0.5, np.float32),
    )
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    module("addon.stage").build_scene(case.project, bpy.context.scene)
    paths = sorted(i.filepath.replace("\\", "/") for i in bpy.data.images if i.source == "SEQUENCE")
    assert paths == ["//clip.secondeye/depth/000001.exr", "//clip.secondeye/plate/000001.jpg"]
    assert read_picture(case.project.plate_path(1)).shape == (16, 24, 3)
