# SPDX-License-Identifier: GPL-3.0-or-later
"""The relief: seen through the footage camera it is the plate, and its depth is core's formula."""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from stage_case import Case, difference, positions, render, sample, texture

# (width, height), (depth width, height), near, far, strength, focal
SETTINGS = [
    ((64, 36), (32, 18), 2.0, 20.0, 1.0, 1.0),
    ((64, 36), (64, 36), 0.5, 1000.0, 1.0, 0.7),
    ((63, 37), (30, 17), 1.0, 1.1, 0.3, 2.2),
    ((41, 61), (41, 61), 1.0, 3.0, 2.5, 1.6),  # strength pushes half the picture past infinity
    ((47, 29), (23, 14), 0.01, 1e4, 1.5, 1.0),
    ((40, 40), (20, 20), 3.0, 30.0, 0.0, 1.0),  # a flat card
]


@pytest.mark.parametrize("triangles", [None, 700], ids=["grid", "adaptive"])
@pytest.mark.parametrize(("size", "depth_size", "near", "far", "strength", "focal"), SETTINGS)
def test_through_the_footage_camera_the_relief_is_the_plate(
    module, second_eye, engine_python, tmp_path, triangles, size, depth_size, near, far, strength,
    focal,
):  # fmt: skip
    """Random depth: every neighbour is a step. Nothing is cut on the axis, so all pixels count."""
    (width, height), (columns, rows) = size, depth_size
    rng = np.random.default_rng(width)
    case = Case(
        module,
        engine_python,
        tmp_path,
        np.stack([texture(n, height, width, 3) for n in range(2)]),
        rng.random((2, rows, columns)).astype(np.float32),
        focal=focal,
        first=3,
        shot={"near": near, "far": far, "strength": strength},
    )
    if triangles:
        sample(module, engine_python, case, triangles)
    scene, sampling = bpy.context.scene, "ADAPTIVE" if triangles else "GRID"
    built = module("addon.stage").build_scene(case.project, scene, start=7, sampling=sampling)
    assert scene.camera == built.camera
    for i in range(2):
        picture = render(scene, 7 + i, tmp_path / "frame.png")
        assert difference(picture, case.plates[i]) <= 2


def test_inputs_move_the_relief_but_not_the_picture(module, second_eye, engine_python, tmp_path):
    """An artist's near, far and strength, keyed on the modifier, keep the plate as it is."""
    case = _steps(module, engine_python, tmp_path)
    scene = bpy.context.scene
    relief = module("addon.stage").build_scene(case.project, scene).reliefs[0]
    compat, keys = module("addon.stage.compat"), module("addon.stage.keys")
    modifier = relief.modifiers[0]
    keys.key(relief, compat.input_path(modifier, "Near"), [1, 2], [0.7, 4.0])
    keys.key(relief, compat.input_path(modifier, "Strength"), [1, 2], [1.0, 0.4])
    nearest = []
    for frame in (1, 2):
        assert difference(render(scene, frame, tmp_path / "f.png"), case.plates[frame - 1]) <= 2
        nearest.append(-positions(relief)[:, 2].max())
    inverse = module("core.geometry").inverse_distance
    top = case.normalised.max(axis=(1, 2))
    assert nearest[0] == pytest.approx(1 / inverse(top[0], 0.7, 20.0, 1.0), rel=1e-5)
    assert nearest[1] == pytest.approx(1 / inverse(top[1], 4.0, 20.0, 0.4), rel=1e-5)


def test_a_moving_footage_camera_takes_the_relief_along(
    module, second_eye, engine_python, tmp_path
):
    case = _steps(module, engine_python, tmp_path)
    scene = bpy.context.scene
    built = module("addon.stage").build_scene(case.project, scene)
    keys = module("addon.stage.keys")
    for index, values in enumerate(([3.0, -2.0], [1.0, 0.5], [-4.0, 7.0])):
        keys.key(built.camera, "location", [1, 2], values, index=index)
    keys.key(built.camera, "rotation_euler", [1, 2], [0.3, 2.2], index=2)
    for frame in (1, 2):
        assert difference(render(scene, frame, tmp_path / "f.png"), case.plates[frame - 1]) <= 2


@pytest.mark.parametrize(
    ("near", "far", "strength"), [(1.5, 12.0, 0.9), (0.5, 9.0, 2.5), (0.01, 900.0, 1.0)]
)
def test_depth_follows_the_formula_with_scale_and_shift_per_frame(
    module, second_eye, engine_python, tmp_path, near, far, strength
):
    """Also where a strength above 1 or a vast range ends at the horizon."""
    rng = np.random.default_rng(5)
    case = Case(
        module,
        engine_python,
        tmp_path,
        np.stack([texture(n, 24, 40) for n in range(3)]),
        rng.uniform(0, 3, (3, 12, 20)).astype(np.float32),
        scale=[1.0, 0.8, 1.3],
        shift=[0.0, 0.4, -0.2],
        shot={"low": 0.3, "high": 2.7, "near": near, "far": far, "strength": strength},
    )
    scene = bpy.context.scene
    relief = module("addon.stage").build_scene(case.project, scene).reliefs[0]
    pattern, columns = module("addon.stage.sampling").relief_pattern(case.project.manifest, None)
    assert columns == 21
    place = np.floor(pattern.points * [20, 12]).astype(int).clip(0, [19, 11])
    geometry = module("core.geometry")
    lens, counts = geometry.Lens(1.0, 40, 24), set()
    for i in range(3):
        scene.frame_set(1 + i)
        n = case.normalised[i][11 - place[:, 1], place[:, 0]]
        inverse = geometry.inverse_distance(n, near, far, strength)
        expected = lens.unproject(pattern.points[:, 0], pattern.points[:, 1], inverse)
        found = positions(relief)
        counts.add(len(found))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    assert len(counts) == 1  # one topology for the whole shot


@pytest.mark.parametrize("width", [1, 2, 3, 97, 368, 640])
def test_every_depth_pixel_has_its_column(module, width):
    """A pixel with two columns, or none, leaves a gap between points."""
    sampling, geometry = module("addon.stage.sampling"), module("core.geometry")
    grid = geometry.grid_pattern(width, 2, width + 1)
    u = np.unique(sampling.on_pixels(grid, width + 1, width, 2).points[:, 0])
    np.testing.assert_array_equal(np.floor(u[1:-1] * width), np.arange(width))
    assert np.abs(u[1:-1] * width - np.arange(width) - 0.5).max() < 0.16


@pytest.mark.parametrize("columns", [1, 2, 7, 50])
@pytest.mark.parametrize("size", [(64, 36), (36, 64), (101, 1), (1, 9), (1, 1)])
def test_patterns_of_any_size_have_no_empty_cells(module, columns, size):
    sampling = module("addon.stage.sampling")
    width, height = size
    manifest = SimpleNamespace(
        clip=SimpleNamespace(width=4 * width, height=4 * height),
        depth=SimpleNamespace(width=width, height=height),
    )
    pattern, chosen = sampling.relief_pattern(manifest, columns)
    assert 1 <= chosen <= columns
    a, b, c = (pattern.points[pattern.triangles[:, i]].astype(float) for i in range(3))
    assert (((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) > 0).all()


def test_the_apron_surrounds_the_picture_without_gap_or_overlap(module):
    sampling, geometry = module("addon.stage.sampling"), module("core.geometry")
    pattern = sampling.with_apron(geometry.grid_pattern(40, 30, 8), 0.05)
    a, b, c = (pattern.points[pattern.triangles[:, i]].astype(float) for i in range(3))
    area = ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
    assert area.min() > 0
    assert area.sum() == pytest.approx(1.1**2, rel=1e-5)
    assert len(np.unique(pattern.points, axis=0)) == len(pattern.points)


def _steps(module, engine_python, tmp_path) -> Case:
    """Two frames of blocks at random depths."""
    rng = np.random.default_rng(2)
    blocks = rng.random((2, 6, 8)).astype(np.float32)
    depths = blocks.repeat(4, axis=1).repeat(4, axis=2)
    plates = np.stack([texture(n + 10, 36, 48, 3) for n in range(2)])
    return Case(module, engine_python, tmp_path, plates, depths)
