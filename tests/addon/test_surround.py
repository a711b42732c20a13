# SPDX-License-Identifier: GPL-3.0-or-later
"""A surround without the add-on, with nothing to hang from, and while the engine makes it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest
from stage_case import Case, difference, read_picture, render, texture

ALONE = """
import os, sys
import bpy
bpy.ops.wm.open_mainfile(filepath=sys.argv[1])
assert not [name for name in bpy.context.preferences.addons.keys() if "second_eye" in name]
scene = bpy.context.scene
scene.frame_set(3)
scene.render.filepath = sys.argv[2]
bpy.ops.render.render(write_still=True)
sys.stdout.flush()
os._exit(0)
"""
HEIGHT, WIDTH = 30, 48
SHOTS = [{"name": "One", "first": 1, "last": 2}, {"name": "Two", "first": 3, "last": 3}]


@pytest.fixture
def staged(module, second_eye, engine_python, tmp_path: Path) -> Case:
    plates = np.stack([texture(n, HEIGHT, WIDTH, 8) for n in range(3)])
    plates[2] //= 3  # another shot: nothing is mixed over a cut
    depths = np.full((3, HEIGHT // 2, WIDTH // 2), 0.5, np.float32)
    case = Case(module, engine_python, tmp_path, plates, depths, focal=0.8, shots=SHOTS)
    scene = bpy.context.scene
    module("addon.stage").build_scene(case.project, scene, start=1)
    module("addon.rigs").make_stereo_camera(scene, case.project, drift=0.0)
    scene.second_eye.project_folder = str(case.project.folder)
    scene.second_eye.output_path = str(tmp_path / "movie.mp4")
    asked = scene.second_eye_render
    asked.kind, asked.sphere, asked.side, asked.movie = "VR180", "CUSTOM", 48, False
    asked.surround = "BLUR"
    return case


def test_it_is_rendered_without_the_addon(module, staged, tmp_path) -> None:
    """The rig's own round mode and the surround, by Blender's own render."""
    scene = bpy.context.scene
    assert bpy.ops.second_eye.add_surround() == {"FINISHED"}
    modes = module("addon.rigs.modes")
    modes.set_mode(scene.camera.data, modes.VR180)
    module("addon.output").configure_stereo_render(scene, "sbs")
    scene.render.resolution_x = scene.render.resolution_y = 48
    here = render(scene, 3, tmp_path / "here.png")
    other = render(scene, 1, tmp_path / "other.png")
    assert here.shape == (48, 96, 3) and difference(here[:, :8], other[:, :8]) > 20
    assert here[0].min() > 5
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    environment = dict(os.environ, BLENDER_USER_RESOURCES=str(tmp_path / "nobody"))
    target = tmp_path / "alone.png"
    command = [sys.executable, "-c", ALONE, str(tmp_path / "scene.blend"), str(target)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert difference(read_picture(target), here) == 0


def test_values_outlive_the_artists_world(module, staged) -> None:
    scene, surround = bpy.context.scene, module("addon.stage.surround")
    assert bpy.ops.second_eye.add_surround() == {"FINISHED"}
    collection = module("addon.stage").find_collection(scene)

    def values() -> dict:
        return {name: socket for name, socket in surround.surround_values(collection)}

    values()["Darkening"].default_value = 0.125
    around = module("addon.operators.render_steps")._Around(scene)
    around.put(staged.project, "WORLD")
    assert surround.find_dome(collection) is None
    around.restore(staged.project)
    assert values()["Darkening"].default_value == 0.125
    surround.add_surround(collection, staged.project, "WORLD")
    surround.remove_surround(collection)
    assert not [m for m in bpy.data.materials if m.name.startswith(surround.NAME)]


def test_a_flat_render_elsewhere_leaves_the_soft_edge(module, staged) -> None:
    surround = module("addon.stage.surround")
    assert bpy.ops.second_eye.add_surround() == {"FINISHED"}
    collection = module("addon.stage").find_collection(bpy.context.scene)
    assert surround.is_shown(collection)
    other = bpy.data.scenes.new("Other")
    module("addon.stage").build_scene(staged.project, other, start=1)
    around = module("addon.operators.render_steps")._Around(other)
    around.hide()
    around.restore(staged.project)
    assert surround.is_shown(collection)


class Driven:
    """Stands for the operator's own instance, which only Blender can make."""

    start_over = in_window = False


def test_cancel_ends_the_engine_at_once(module, staged) -> None:
    """While it makes the surround, before the first frame."""
    scene = bpy.context.scene
    objects, materials = len(bpy.data.objects), len(bpy.data.materials)
    operator = module("addon.operators.render_stereo").SECOND_EYE_OT_render_stereo
    task = operator.start(Driven(), bpy.context)
    assert task.poll() and task.progress.stage != "frames"
    task.cancel()
    assert not task.poll()
    assert "0 of 3 frames are kept" in str(task.error)
    assert (len(bpy.data.objects), len(bpy.data.materials)) == (objects, materials)
    assert scene.camera.data.type == "PERSP"
    assert not list((staged.project.folder / "surround").glob("*.exr"))


def test_nothing_to_hang_from_is_said(module, staged) -> None:
    asked = bpy.context.scene.second_eye_render
    asked.surround = "BLACK"
    footage = next(o for o in bpy.data.objects if o.get("second_eye_role") == "footage")
    bpy.data.objects.remove(footage)
    with pytest.raises(RuntimeError, match="footage camera is gone: press Build Scene"):
        bpy.ops.second_eye.add_surround()
    with pytest.raises(RuntimeError, match="footage camera is gone: press Build Scene"):
        bpy.ops.second_eye.render_stereo()
    collection = module("addon.stage").find_collection(bpy.context.scene)
    with pytest.raises(module("core.errors").UsageError, match="FOG"):
        module("addon.stage.surround").add_surround(collection, staged.project, "FOG")
    (staged.project.folder / "project.json").unlink()
    with pytest.raises(RuntimeError, match="is gone"):
        bpy.ops.second_eye.add_surround()
