# SPDX-License-Identifier: GPL-3.0-or-later
"""Where most artists begin: Blender's start-up scene, with its cube at the origin."""

from __future__ import annotations

import bpy
import numpy as np
from stage_case import Case, difference, render, texture


def test_the_startup_cube_does_not_stand_before_the_footage(
    module, second_eye, engine_python, tmp_path
):
    plates = texture(5, 24, 40)[None]
    case = Case(module, engine_python, tmp_path, plates, np.full((1, 12, 20), 0.5, np.float32))
    bpy.ops.wm.read_homefile(use_empty=False, use_factory_startup=True)
    scene = bpy.context.scene
    assert "Cube" in scene.objects
    built = module("addon.stage").build_scene(case.project, scene)
    scene.camera = built.camera
    assert difference(render(scene, 1, tmp_path / "f.png"), case.plates[0]) <= 2
