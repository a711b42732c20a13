# SPDX-License-Identifier: GPL-3.0-or-later
"""Stereo frames on disk: packed, numbered by the timeline, resumed, never half."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from stage_case import Case, read_picture, texture


@pytest.fixture
def staged(module, second_eye, engine_python, tmp_path) -> Case:
    case = Case(
        module,
        engine_python,
        tmp_path,
        np.stack([texture(n, 30, 50, 3) for n in range(4)]),
        np.stack([np.tile(np.linspace(0.1, 0.9, 25), (15, 1))] * 4).astype(np.float32),
        first=5,
    )
    scene = bpy.context.scene
    module("addon.stage").build_scene(case.project, scene, start=1)
    module("addon.rigs").make_stereo_camera(scene, case.project, budget=0.05)
    return case


SIZES = {
    "sbs": (100, 30),
    "half-sbs": (50, 30),
    "top-bottom": (50, 60),
    "half-top-bottom": (50, 30),
    "anaglyph": (50, 30),
}


@pytest.mark.parametrize("packing", SIZES)
def test_packings_have_their_size(module, staged, tmp_path, packing):
    output, scene = module("addon.output"), bpy.context.scene
    output.configure_stereo_render(scene, packing)
    done = output.render_frames(scene, tmp_path / "out", 5, 5)
    picture = read_picture(done.folder / "000005.png")
    assert picture.shape == (*SIZES[packing][::-1], 3)


def test_left_is_left(module, staged, tmp_path):
    """The near right side stands further left in the right eye's picture."""
    output, scene = module("addon.output"), bpy.context.scene
    move = scene.camera.parent.parent
    move.animation_data_clear()
    scene.camera.data.animation_data_clear()
    move.location.x = 0.0
    scene.camera.data.stereo.convergence_distance = 60.0  # everything stands before the screen
    output.configure_stereo_render(scene, "sbs")
    output.render_frames(scene, tmp_path / "out", 5, 5)
    picture = read_picture(tmp_path / "out" / "000005.png").astype(int)
    left, right = picture[:, :50], picture[:, 50:]
    near = slice(34, 46)

    def error(shift):
        return np.abs(left[:, near] - right[:, 34 - shift : 46 - shift]).mean()

    assert min(range(-3, 4), key=error) > 0


def test_unknown_packing(module, staged):
    with pytest.raises(module("core.errors").UsageError, match="sideways"):
        module("addon.output").configure_stereo_render(bpy.context.scene, "sideways")


def test_a_stopped_render_goes_on_and_leaves_whole_frames_alone(module, staged, tmp_path):
    output, scene, folder = module("addon.output"), bpy.context.scene, tmp_path / "out"
    output.configure_stereo_render(scene, "sbs")
    scene.frame_set(3)
    before = scene.render.filepath
    calls = []
    done = output.render_frames(
        scene, folder, report=lambda n, total: calls.append((n, total)), cancelled=lambda: True
    )
    assert (done.rendered, done.kept, calls) == (1, 0, [(1, 4)])
    assert (scene.frame_current, scene.render.filepath) == (3, before)
    first = output.frame_path(folder, 5)
    stamp = first.stat().st_mtime_ns
    # Killed while writing: a half picture under the frame's name, and a leftover beside it.
    output.frame_path(folder, 6).write_bytes(first.read_bytes()[:-40])
    (folder / ".000007.part.png").write_bytes(b"half")
    done = output.render_frames(scene, folder)
    assert (done.rendered, done.kept) == (3, 1)
    assert first.stat().st_mtime_ns == stamp
    assert sorted(p.name for p in folder.iterdir()) == [f"{n:06d}.png" for n in range(5, 9)]
    assert read_picture(output.frame_path(folder, 6)).shape == (30, 100, 3)
    assert output.render_frames(scene, folder).kept == 4


def test_frames_of_another_size_are_rendered_again(module, staged, tmp_path):
    output, scene = module("addon.output"), bpy.context.scene
    output.configure_stereo_render(scene, "half-sbs")
    output.render_frames(scene, tmp_path / "out", 5, 5)
    output.configure_stereo_render(scene, "sbs")
    assert output.render_frames(scene, tmp_path / "out", 5, 5).rendered == 1


def test_a_folder_that_is_a_file_is_named(module, staged, tmp_path):
    (tmp_path / "taken").write_text("")
    output = module("addon.output")
    output.configure_stereo_render(bpy.context.scene, "sbs")
    with pytest.raises(module("core.errors").SecondEyeError, match="taken"):
        output.render_frames(bpy.context.scene, tmp_path / "taken")
