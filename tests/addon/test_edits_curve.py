# SPDX-License-Identifier: GPL-3.0-or-later
"""The depth curve: nodes and core agree, it is keyed, and the fast path gets it."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from stage_case import Case, engine, positions, texture


@pytest.fixture
def case(module, second_eye, engine_python, tmp_path):
    """Two frames of random depth, one value a pixel of the grid."""
    depths = np.random.default_rng(7).random((2, 10, 16)).astype(np.float32)
    plates = np.stack([texture(n, 20, 32) for n in range(2)])
    return Case(module, engine_python, tmp_path, plates, depths, shot={"bias": 0.25})


def seen(relief: bpy.types.Object) -> np.ndarray:
    """The distances that are there, sorted, without repeats."""
    return np.unique(np.round(-positions(relief)[:, 2], 5))


@pytest.mark.parametrize(("bias", "contrast"), [(0.25, 0.0), (-0.9, 0.4), (0.5, -0.98), (0.0, 0.0)])
def test_nodes_bend_as_core_does(module, case, bias, contrast):
    scene = bpy.context.scene
    relief = module("addon.stage").build_scene(case.project, scene).reliefs[0]
    compat, keys = module("addon.stage.compat"), module("addon.stage.keys")
    modifier = relief.modifiers[0]
    assert compat.get_input(modifier, "Bias") == 0.25  # the project's own
    for name, value in (("Bias", bias), ("Contrast", contrast)):
        keys.key(relief, compat.input_path(modifier, name), [1, 2], [0.0, value])
    inverse = module("core.geometry").inverse_distance
    for frame, curve in ((1, (0.0, 0.0)), (2, (bias, contrast))):
        scene.frame_set(frame)
        expected = 1.0 / inverse(case.normalised[frame - 1], 2.0, 20.0, 1.0, *curve)
        expected = np.sort(expected.ravel())
        found = seen(relief)
        nearest = np.abs(expected[None] - found[:, None]).min(axis=1)
        assert (nearest / found).max() < 2e-5
        missing = np.abs(expected[:, None] - found[None]).min(axis=1)
        assert (missing / expected).max() < 2e-5


def test_the_fast_path_gets_the_curve(module, case, engine_python):
    scene = bpy.context.scene
    relief = module("addon.stage").build_scene(case.project, scene).reliefs[0]
    module("addon.rigs").make_stereo_camera(scene, case.project)
    compat, keys = module("addon.stage.compat"), module("addon.stage.keys")
    modifier = relief.modifiers[0]
    keys.key(relief, compat.input_path(modifier, "Contrast"), [1], [-0.5])
    compat.set_input(modifier, "Contrast", -0.5)
    assert bpy.ops.second_eye.bake_camera() == {"FINISHED"}
    shot = module("core.project").Project.open(case.project.folder).manifest.shots[0]
    assert (shot.bias, shot.contrast) == (0.25, -0.5)
    script = (
        "import sys; from core.project import Project; from core.jobs.eyes import *\n"
        "eyes = Eyes(Project.open(sys.argv[1]), EyeSettings())\n"
        "print(*(1 / eyes.inverse_distance(1)).ravel().tolist())"
    )
    told = np.array(engine(module, engine_python, script, case.project.folder).split(), float)
    scene.frame_set(1)
    found = seen(relief)
    assert (np.abs(told[:, None] - found[None]).min(axis=1) / told).max() < 2e-5
