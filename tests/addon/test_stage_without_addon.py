# SPDX-License-Identifier: GPL-3.0-or-later
"""A saved .blend plays and renders in a Blender that never heard of the add-on."""

from __future__ import annotations

import os
import subprocess
import sys

import bpy
import numpy as np
from stage_case import Case, difference, read_picture, render, texture

OPEN = """
import os, sys
import bpy
bpy.ops.wm.open_mainfile(filepath=sys.argv[1])
assert not [name for name in bpy.context.preferences.addons.keys() if "second_eye" in name]
loaded = [name for name in sys.modules if name.startswith(("bl_ext", "second_eye"))]
assert not [name for name in loaded if "second_eye" in name], loaded
scene = bpy.context.scene
for frame in (21, 23):
    scene.frame_set(frame)
    scene.render.filepath = f"{sys.argv[2]}/alone_{frame}.png"
    bpy.ops.render.render(write_still=True)
sys.stdout.flush()
os._exit(0)
"""


def test_renders_the_same_without_the_addon(module, second_eye, engine_python, tmp_path):
    rng = np.random.default_rng(8)
    case = Case(
        module,
        engine_python,
        tmp_path,
        np.stack([texture(n, 27, 48, 3) for n in range(4)]),
        rng.random((4, 27, 48)).astype(np.float32),
        bases=rng.random((4, 27, 48)).astype(np.float32),
        scale=[1.0, 0.9, 0.8, 0.7],
        shots=[
            {"name": "One", "first": 1, "last": 2},
            {"name": "Two", "first": 3, "last": 4, "near": 1.0},
        ],
    )
    scene = bpy.context.scene
    built = module("addon.stage").build_scene(case.project, scene, start=21)
    compat, keys = module("addon.stage.compat"), module("addon.stage.keys")
    for relief in built.reliefs:  # before fades into after, and frame 23 is split
        modifier = relief.modifiers[0]
        for name, values in (("Repair", [0.0, 1.0]), ("Split", [0.0, 0.9])):
            path = compat.input_path(modifier, name)
            keys.key(relief, path, [20, 24], values, interpolation=keys.LINEAR)
    module("addon.rigs").make_stereo_camera(scene, case.project)
    module("addon.output").configure_stereo_render(scene, "sbs")
    here = {frame: render(scene, frame, tmp_path / f"here_{frame}.png") for frame in (21, 23)}
    assert here[21].shape == (27, 96, 3)
    assert difference(here[21], here[23]) > 50
    for relief in built.reliefs:
        for curve in compat.fcurves(relief):
            curve.mute = curve.data_path == compat.input_path(relief.modifiers[0], "Repair")
    repaired = render(scene, 21, tmp_path / "repaired.png")
    assert difference(repaired, here[21]) > 50  # what is compared is seen
    for relief in built.reliefs:
        for curve in compat.fcurves(relief):
            curve.mute = False
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert not [t for t in bpy.data.texts if t.use_module]
    environment = dict(os.environ, BLENDER_USER_RESOURCES=str(tmp_path / "nobody"))
    command = [sys.executable, "-c", OPEN, str(tmp_path / "scene.blend"), str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    for frame, picture in here.items():
        assert difference(read_picture(tmp_path / f"alone_{frame}.png"), picture) == 0
