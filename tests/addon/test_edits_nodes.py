# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth edits: on random depth the nodes say what core's formulas say, for every kind."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Euler, Matrix
from stage_case import Case, positions, texture

NEAR, FAR, STRENGTH = 1.0, 12.0, 0.9
COLUMNS, ROWS = 16, 10
KINDS, SHARE, AMOUNT = ("offset", "constant", "plane"), 0.8, 0.35


@pytest.fixture
def built(module, second_eye, engine_python, tmp_path):
    depths = np.random.default_rng(3).random((2, ROWS, COLUMNS)).astype(np.float32)
    plates = np.stack([texture(n, 20, 32) for n in range(2)])
    shot = {"near": NEAR, "far": FAR, "strength": STRENGTH, "bias": 0.2, "contrast": -0.3}
    case = Case(module, engine_python, tmp_path, plates, depths, shot=shot, focal=1.3)
    relief = module("addon.stage").build_scene(case.project, bpy.context.scene).reliefs[0]
    bpy.context.scene.frame_set(2)
    return case, relief


def vertices(relief):
    """u, v (0..1), rays, 1/Z of each vertex, float64."""
    points = positions(relief).astype(np.float64)
    rays = points / -points[:, 2:]
    u = 0.5 + 1.3 * rays[:, 0]
    v = 0.5 + 1.3 * 32 / 20 * rays[:, 1]
    return u, v, rays, -1.0 / points[:, 2]


def before(module, relief):
    """As `vertices`, and n, without edits. The relief keeps 1/Z in single precision."""
    edits = module("core.geometry.edits")
    u, v, rays, inverse = vertices(relief)
    return u, v, rays, edits.normalised_of(inverse, NEAR, FAR, STRENGTH)


def expect(module, relief, n):
    found = vertices(relief)[3]
    expected = module("core.geometry").inverse_distance(n, NEAR, FAR, STRENGTH)
    np.testing.assert_allclose(found, expected, rtol=3e-4, atol=3e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("feather", [0.0, 0.07])
def test_a_mask(module, built, tmp_path, kind, feather):
    case, relief = built
    stage, edits = module("addon.stage.edits"), module("core.geometry.edits")
    pictures = module("core.project.edits")
    rng = np.random.default_rng(5)
    u, v, _, n = before(module, relief)
    inside = rng.random((ROWS, COLUMNS)) > 0.85
    coverage = (inside * rng.random((ROWS, COLUMNS))).round(3)
    far = pictures.distances(inside)
    for frame in (1, 2):
        path = pictures.mask_path(case.project.folder, "edit", frame)
        pictures.write(path, coverage if frame == 2 else coverage * 0, far)
    values = {"Strength": SHARE, "Amount": AMOUNT, "Feather": feather, "Level": 0.7}
    values |= {"Tilt X": 0.3, "Tilt Y": -0.4}
    modifier = stage.add_edit(relief, "Edit", "mask", kind, **values)
    stage.show_pictures(modifier, case.project.folder, "edit", 1, 2)
    row = ((1 - v.clip(0, 0.9999)) * ROWS).astype(int).clip(0, ROWS - 1)
    column = (u.clip(0, 0.9999) * COLUMNS).astype(int)
    on = (np.abs(v * ROWS - np.round(v * ROWS)) > 0.01) & (
        np.abs(u * COLUMNS - np.round(u * COLUMNS)) > 0.01
    )
    weight = edits.mask_weight(coverage, far, feather)[row, column] * SHARE
    tilts = (0.3, -0.4) if kind == "plane" else (0.0, 0.0)
    target = edits.picture_target(u, v, 0.7, *tilts)
    expected = edits.edit(n, weight, kind, AMOUNT, target)
    found = edits.normalised_of(vertices(relief)[3], NEAR, FAR, STRENGTH)
    inner = on & (expected > 0.0)
    assert inner.sum() > 100
    np.testing.assert_allclose(found[inner], expected[inner], atol=3e-4)
    assert np.abs(found - n).max() > 0.1
    bpy.context.scene.frame_set(3)  # beyond the last picture: nothing is edited
    held = edits.normalised_of(vertices(relief)[3], NEAR, FAR, STRENGTH)
    np.testing.assert_allclose(held, n, atol=3e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("source", ["sphere", "box"])
@pytest.mark.parametrize("projected", [False, True])
def test_an_object(module, built, kind, source, projected):
    _, relief = built
    stage, edits = module("addon.stage.edits"), module("core.geometry.edits")
    _, _, rays, n = before(module, relief)
    thing = bpy.data.objects.new("Pull", None)
    bpy.context.scene.collection.objects.link(thing)
    local = (
        Matrix.Translation((0.3, -0.2, -3.0))
        @ Euler((0.5, 0.4, 0.3)).to_matrix().to_4x4()
        @ Matrix.Diagonal((0.9, 0.7, 1.5, 1.0))
    )
    thing.matrix_world = relief.matrix_world @ local
    values = {"Strength": SHARE, "Amount": AMOUNT, "Feather": 0.5, "Projected": projected}
    stage.add_edit(relief, "Pull", source, kind, Object=thing, **values)
    matrix = np.array(local)
    inverse = np.linalg.inv(matrix)
    box = source == "box"
    if projected:
        weight = edits.projected_weight(rays, inverse, box, 0.5)
    else:
        away = module("core.geometry").inverse_distance(n, NEAR, FAR, STRENGTH)
        weight = edits.volume_weight(rays / away[:, None], inverse, box, 0.5)
    assert 0 < (weight > 0).sum() < len(weight)
    target = edits.object_target(rays, matrix, kind == "plane", NEAR, FAR, STRENGTH)
    expect(module, relief, edits.edit(n, weight * SHARE, kind, AMOUNT, target))
    bpy.data.objects.remove(thing)  # gone: nothing is edited any more, and said so
    expect(module, relief, n)
    assert "lost its object" in stage.lacking(stage.edits_of(relief)[0])


def test_painted_and_stacked(module, built):
    """Red of a painted image; two edits, one after the other, and muted."""
    _, relief = built
    stage, edits = module("addon.stage.edits"), module("core.geometry.edits")
    u, _, _, n = before(module, relief)
    image = bpy.data.images.new("Paint", COLUMNS, ROWS, float_buffer=True)
    image.colorspace_settings.name = "Non-Color"
    red = np.zeros((ROWS, COLUMNS, 4), np.float32)
    red[:, : COLUMNS // 2, 0] = 0.5
    image.pixels.foreach_set(red.ravel())
    image.update()
    first = stage.add_edit(relief, "One", "image", "offset", Amount=0.4, **{"Painted Image": image})
    second = stage.add_edit(
        relief, "Two", "image", "constant", Level=0.9, **{"Painted Image": image}
    )
    weight = np.where(u < 0.5, 0.5, 0.0)
    once = edits.edit(n, weight, "offset", 0.4, None)
    twice = edits.edit(once, weight, "constant", 0.0, np.full_like(n, 0.9))
    expect(module, relief, twice)
    second.show_viewport = False
    expect(module, relief, once)
    stage.remove_edit(relief, first)
    second.show_viewport = True
    expect(module, relief, edits.edit(n, weight, "constant", 0.0, np.full_like(n, 0.9)))


def test_what_an_edit_makes_is_told_to_the_material(module, built):
    """A hard step that an edit made is steep there and nowhere else; flattened points are told."""
    _, relief = built
    stage = module("addon.stage.edits")
    image = bpy.data.images.new("Paint", COLUMNS, ROWS, float_buffer=True)
    image.colorspace_settings.name = "Non-Color"
    stage.add_edit(relief, "Level", "box", "constant", Object=(thing := _everywhere(relief)))
    stage.add_edit(relief, "Up", "image", "offset", Amount=3.0, **{"Painted Image": image})
    red = np.zeros((ROWS, COLUMNS, 4), np.float32)
    red[:, : COLUMNS // 2, 0] = 1.0
    image.pixels.foreach_set(red.ravel())
    image.update()
    assert thing.name
    mesh = relief.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    flat, cut = (
        np.array([d.value for d in mesh.attributes[name].data]) for name in ("se_flat", "se_cut")
    )
    assert flat.min() == pytest.approx(1.0)
    u, v, *_ = vertices(relief)
    beside = np.abs(u - 0.5) < 1.0 / COLUMNS
    inside = (v > 0.01) & (v < 0.99)  # the apron's rim has other edges
    assert cut[beside & inside].min() > 4.2 and cut[~beside].max() < 1e-3


def _everywhere(relief):
    thing = bpy.data.objects.new("All", None)
    bpy.context.scene.collection.objects.link(thing)
    thing.matrix_world = relief.matrix_world @ (
        Matrix.Translation((0.0, 0.0, -4.0)) @ Matrix.Diagonal((99.0, 99.0, 99.0, 1.0))
    )
    return thing
