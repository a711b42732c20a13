# SPDX-License-Identifier: GPL-3.0-or-later
"""The point cloud: a point for every sample of the picture, closed, and wearing the plate."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from stage_case import Case, difference, render, sample, texture


@pytest.mark.parametrize("triangles", [None, 120, 3000])
def test_a_cloud_is_closed_and_is_the_plate(module, second_eye, engine_python, tmp_path, triangles):
    """Before a red world: on a grid, and where a pattern leaves plains without points."""
    y, x = np.mgrid[:36, :64]
    depth = 0.2 + 0.2 * (x > 40) + 0.4 * ((x - 20) ** 2 + (y - 18) ** 2 < 81) + 0.002 * y
    plate = texture(8, 72, 128, 9)
    plate[..., 0] //= 3  # no red in the plate: what is red is a hole
    case = Case(module, engine_python, tmp_path, plate[None], depth[None].astype(np.float32))
    scene = bpy.context.scene
    if triangles:
        sample(module, engine_python, case, triangles)
    sampling = "ADAPTIVE" if triangles else "GRID"
    module("addon.stage").build_scene(case.project, scene, sampling=sampling, points=True)
    scene.world = bpy.data.worlds.new("Red")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs[0].default_value = (1.0, 0.0, 0.0, 1.0)
    picture = render(scene, 1, tmp_path / "points.png")
    assert difference(picture, case.plates[0]) <= 2


def test_points_stand_where_the_relief_would_and_wear_the_plate(
    module, second_eye, engine_python, tmp_path
):
    rng = np.random.default_rng(3)
    case = Case(
        module,
        engine_python,
        tmp_path,
        np.stack([texture(n, 36, 60, 15) for n in range(2)]),
        rng.uniform(0.4, 0.6, (2, 18, 30)).astype(np.float32),
    )
    scene = bpy.context.scene
    built = module("addon.stage").build_scene(case.project, scene, points=True)
    scene.frame_set(2)
    module("addon.stage.compat").set_input(built.reliefs[0].modifiers[0], "Point Size", 1.0)
    relief = built.reliefs[0].evaluated_get(bpy.context.evaluated_depsgraph_get())
    if hasattr(relief, "evaluated_geometry"):  # Blender 4.2 shows a point cloud to no script
        geometry = relief.evaluated_geometry()
        _check_cloud(module, case, geometry.pointcloud)
    picture = render(scene, 2, tmp_path / "points.png")
    assert difference(picture, case.plates[1]) <= 2


def _check_cloud(module, case: Case, cloud: bpy.types.PointCloud) -> None:
    co = np.empty(len(cloud.points) * 3, np.float32)
    cloud.attributes["position"].data.foreach_get("vector", co)
    co = co.reshape(-1, 3)
    pattern, columns = module("addon.stage.sampling").relief_pattern(case.project.manifest, None)
    inside = ((pattern.points >= 0) & (pattern.points <= 1)).all(axis=1)
    points = pattern.points[inside]
    assert len(co) == len(points) == 32 * 20
    place = np.floor(points * [30, 18]).astype(int).clip(0, [29, 17])
    n = case.normalised[1][17 - place[:, 1], place[:, 0]]
    inverse = module("core.geometry").inverse_distance(n, 2.0, 20.0)
    lens = module("core.geometry").Lens(1.0, 60, 36)
    expected = lens.unproject(points[:, 0], points[:, 1], inverse)
    np.testing.assert_allclose(co, expected, rtol=2e-6, atol=2e-6)
    radius = np.empty(len(co), np.float32)
    cloud.attributes["radius"].data.foreach_get("value", radius)
    cells = radius * inverse * columns  # in cells of the picture
    assert np.ptp(cells) < 1e-3
    assert 0.6 < cells.mean() < 0.8  # half a cell's diagonal
