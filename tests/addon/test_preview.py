# SPDX-License-Identifier: GPL-3.0-or-later
"""Previews: what background can make of them, and why it refuses the others."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from stage_case import Case, read_picture, texture


@pytest.fixture
def case(module, second_eye, engine_python, tmp_path) -> Case:
    """Frames 4..6, a near square before a far ground."""
    depths = np.full((3, 12, 20), 0.1, np.float32)
    depths[:, 4:9, 7:14] = 0.9
    plates = np.stack([texture(n, 48, 80) for n in range(3)])
    return Case(module, engine_python, tmp_path, plates, depths, first=4)


@pytest.fixture
def scene(case) -> bpy.types.Scene:
    scene = bpy.context.scene
    scene.second_eye.project_folder, scene.second_eye.sampling = str(case.project.folder), "GRID"
    scene.second_eye.start = 11
    assert bpy.ops.second_eye.build_scene() == {"FINISHED"}
    return scene


def test_a_still_pair_and_a_wiggle_of_the_current_frame(module, case, scene, tmp_path):
    """As the stereo camera is now: what was set since is baked first."""
    scene.frame_set(12)
    camera = module("addon.rigs").find_stereo_camera(scene)
    camera.data.stereo.interocular_distance = 0.0
    path = module("addon.rigs.stereo_camera").INTEROCULAR
    module("addon.stage.compat").remove_fcurve(camera.data, path)
    module("addon.stage.compat").remove_fcurve(camera, "location")
    camera.location.x = 0.0
    assert bpy.ops.second_eye.still_pair() == {"FINISHED"}
    still = case.project.folder.with_name("clip_000005_sbs.png")
    picture = read_picture(still)
    np.testing.assert_array_equal(picture[:, :80], picture[:, 80:])  # eyes at one place
    assert any(bpy.path.abspath(i.filepath) == str(still) for i in bpy.data.images)
    camera.data.stereo.interocular_distance = 0.1
    scene.second_eye_preview.still = "anaglyph"
    assert bpy.ops.second_eye.still_pair() == {"FINISHED"}
    assert read_picture(case.project.folder.with_name("clip_000005_anaglyph.png")).shape[1] == 80
    scene.second_eye_preview.positions = 3
    assert bpy.ops.second_eye.wiggle() == {"FINISHED"}
    data = case.project.folder.with_name("clip_000005_wiggle.gif").read_bytes()
    assert data[:6] == b"GIF89a" and data.count(b"\x21\xf9\x04") == 4
    scene.frame_set(99)  # beyond the end the last frame is shown
    scene.second_eye_preview.wiggle, scene.second_eye_preview.frames = ".mp4", 9
    assert bpy.ops.second_eye.wiggle() == {"FINISHED"}
    assert case.project.folder.with_name("clip_000006_wiggle.mp4").stat().st_size > 500


def refused(operator, **asked) -> str:
    with pytest.raises(RuntimeError) as raised:
        operator(**asked)
    return str(raised.value)


def test_what_needs_a_window_says_so(scene):
    ops = bpy.ops.second_eye
    assert "needs Blender's window: use Still Pair" in refused(ops.live_stereo, mode="ANAGLYPH")
    built = getattr(bpy.app.build_options, "xr_openxr", False)
    words = "A headset needs Blender's window" if built else "built without OpenXR"
    assert words in refused(ops.start_vr)


def test_a_headset_that_fails_is_a_sentence(module, scene, monkeypatch):
    """Blender's own operator, asked in background: what it says must not be a traceback."""
    vr = module("addon.operators.start_vr")
    monkeypatch.setattr(vr, "refusal", lambda context: "")
    said = refused(bpy.ops.second_eye.start_vr)
    assert "OpenXR runtime first" in said and "Traceback" not in said


def test_without_depth_it_is_said(module, second_eye, case, scene):
    ops = bpy.ops.second_eye
    case.project.depth_path(5).unlink()
    scene.frame_set(12)
    assert "000005.exr" in refused(ops.still_pair)
    (case.project.folder / "project.json").unlink()
    for operator in (ops.still_pair, ops.wiggle):
        assert "Analyse the clip first" in refused(operator)
