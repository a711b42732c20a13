# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps are cut for views off the axis, by the material, and can be left whole."""

from __future__ import annotations

import math

import bpy
import numpy as np
import pytest
from mathutils import Matrix
from stage_case import Case, difference, render, texture


@pytest.fixture
def step(module, second_eye, engine_python, tmp_path):
    """A near square before a far wall, a red world behind; the built stage and its case."""
    depth = np.full((1, 36, 48), 0.1, np.float32)
    depth[:, 12:26, 16:34] = 0.9
    plate = texture(4, 72, 96, 5)
    plate[..., 0] //= 3  # no red in the plate: what is red is a hole
    case = Case(module, engine_python, tmp_path, plate[None], depth)
    scene = bpy.context.scene
    built = module("addon.stage").build_scene(case.project, scene)
    scene.world = bpy.data.worlds.new("Red")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs[0].default_value = (1.0, 0.0, 0.0, 1.0)
    return built, case


def _look_from(camera: bpy.types.Object, degrees: float) -> None:
    """Turn the scene's camera around a point of the far wall, 10.5 units away."""
    scene = bpy.context.scene
    if scene.camera == camera:
        scene.camera = bpy.data.objects.new("Viewer", camera.data)
        scene.collection.objects.link(scene.camera)
    pivot = Matrix.Translation((0.0, 0.0, -10.5))
    turn = pivot @ Matrix.Rotation(math.radians(degrees), 4, "Y") @ pivot.inverted()
    scene.camera.matrix_world = camera.matrix_world @ turn


def _holes(tmp_path) -> np.ndarray:
    """Where the middle of the picture shows the world."""
    picture = render(bpy.context.scene, 1, tmp_path / "v.png").astype(int)
    red = (picture[..., 0] > 180) & (picture[..., 1] < 40) & (picture[..., 2] < 40)
    return red[24:52, 24:72]


def test_nothing_is_cut_on_the_axis(step, tmp_path):
    built, case = step
    _look_from(built.camera, 0.0)
    assert difference(render(bpy.context.scene, 1, tmp_path / "v.png"), case.plates[0]) <= 2


def test_steps_open_off_the_axis_and_only_there(step, tmp_path, module):
    built, _ = step
    _look_from(built.camera, 4.0)
    holes = _holes(tmp_path)
    assert holes.mean() > 0.05
    # One hole beside the square's hidden edge: no teeth, no crumbs elsewhere.
    columns = np.flatnonzero(holes.any(axis=0))
    assert (np.diff(columns) == 1).all()
    module("addon.stage.compat").set_input(built.reliefs[0].modifiers[0], "Matte", 0.0)
    assert not _holes(tmp_path).any()


def test_the_step_input_says_what_a_step_is(step, tmp_path, module):
    built, _ = step
    compat, modifier = module("addon.stage.compat"), built.reliefs[0].modifiers[0]
    _look_from(built.camera, 4.0)
    compat.set_input(modifier, "Step", 5.0)
    assert not _holes(tmp_path).any()


def test_a_flat_card_has_no_steps(step, tmp_path, module):
    built, _ = step
    compat, keys = module("addon.stage.compat"), module("addon.stage.keys")
    path = compat.input_path(built.reliefs[0].modifiers[0], "Strength")
    keys.key(built.reliefs[0], path, [1], [0.0])
    _look_from(built.camera, 4.0)
    assert not _holes(tmp_path).any()


def test_eyes_see_no_holes(step, tmp_path, module):
    """Within the start angle the surface stays whole: a stereo pair has no black rims."""
    _, case = step
    camera = module("addon.rigs").make_stereo_camera(bpy.context.scene, case.project)
    bpy.context.scene.render.use_multiview = False
    move = camera.parent.parent
    move.animation_data_clear()
    for side in (-1.0, 1.0):
        move.location.x = side * camera.data.stereo.interocular_distance
        picture = render(bpy.context.scene, 1, tmp_path / "v.png").astype(int)
        assert not ((picture[..., 0] > 180) & (picture[..., 1] < 40)).any()
