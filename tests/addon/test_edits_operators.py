# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth edits by their operators: the stack, masks, what survives, and the fast path."""

from __future__ import annotations

import copy

import bpy
import numpy as np
import pytest
from stage_case import Case, engine, positions, texture

FAST = (
    "import sys; from core.project import Project; from core.jobs.eyes import *\n"
    "eyes = Eyes(Project.open(sys.argv[1]), EyeSettings())\n"
    "print(*(1 / eyes.inverse_distance(int(sys.argv[2]))).ravel().tolist())"
)
ROWS, COLUMNS = 12, 20


@pytest.fixture
def case(module, second_eye, engine_python, tmp_path):
    """Three frames of random depth; one grid vertex a depth pixel."""
    depths = np.random.default_rng(7).random((3, ROWS, COLUMNS)).astype(np.float32)
    plates = np.stack([texture(n, 24, 40) for n in range(3)])
    return Case(module, engine_python, tmp_path, plates, depths)


@pytest.fixture
def relief(module, case):
    relief = module("addon.stage").build_scene(case.project, bpy.context.scene).reliefs[0]
    module("addon.rigs").make_stereo_camera(bpy.context.scene, case.project)
    return relief


def depth(relief, frame):
    """Z of each depth pixel that has a vertex, (row, column) -> Z; the vertex in the apron left."""
    bpy.context.scene.frame_set(frame)
    points = positions(relief).astype(float)
    u, v = 0.5 + points[:, 0] / -points[:, 2], 0.5 + points[:, 1] / -points[:, 2] * 40 / 24
    keep = (u > 0.01) & (u < 0.99) & (v > 0.01) & (v < 0.99)
    row, column = ((1 - v[keep]) * ROWS).astype(int), (u[keep] * COLUMNS).astype(int)
    found = np.full((ROWS, COLUMNS), np.nan)
    found[row, column] = -points[keep, 2]
    return found


def converted(module, python, case, frame):
    told = engine(module, python, FAST, case.project.folder, str(frame))
    return np.array(told.split(), float).reshape(ROWS, COLUMNS)


def agree(module, python, case, relief, frame, rtol=2e-4):
    fast, shown = converted(module, python, case, frame), depth(relief, frame)
    there = np.isfinite(shown)
    assert there.mean() > 0.9
    np.testing.assert_allclose(fast[there], shown[there], rtol=rtol)


def make_mask(name="Mask", layer="Layer", left=0.2, right=0.6):
    mask = bpy.data.masks.new(name)
    spline = mask.layers.new(name=layer).splines.new()
    spline.points.add(3)
    corners = [(left, 0.35), (right, 0.35), (right, 0.62), (left, 0.62)]
    for point, corner in zip(spline.points, corners, strict=True):
        point.handle_type = "VECTOR"
        point.co = point.handle_left = point.handle_right = corner
    spline.use_cyclic = True
    return mask


def value(module, modifier, name, new):
    module("addon.stage.compat").set_input(modifier, name, new)


def key(module, relief, modifier, name, frames, values):
    path = module("addon.stage.compat").input_path(modifier, name)
    module("addon.stage.keys").key(relief, path, frames, values, interpolation=1)


def test_a_mask_edit_keyed_and_on_the_fast_path(module, case, relief, engine_python):
    make_mask()
    before = depth(relief, 2)
    assert bpy.ops.second_eye.add_edit(source="mask", kind="offset") == {"FINISHED"}
    modifier = relief.modifiers[-1]
    assert bpy.data.masks["Mask"].use_fake_user
    np.testing.assert_allclose(depth(relief, 2), before, rtol=1e-5)  # not drawn yet
    assert "Rasterise" in module("addon.stage.edits").lacking(modifier)
    scenes, masks, trees = len(bpy.data.scenes), len(bpy.data.masks), len(bpy.data.node_groups)
    assert bpy.ops.second_eye.rasterise_mask() == {"FINISHED"}
    now = len(bpy.data.scenes), len(bpy.data.masks), len(bpy.data.node_groups)
    assert now == (scenes, masks, trees)
    key(module, relief, modifier, "Amount", [1, 3], [0.0, 0.4])
    n = module("core.geometry.edits").normalised_of(1 / before, 2.0, 20.0, 1.0)
    edited = 1 / module("core.geometry").inverse_distance(n + 0.2, 2.0, 20.0)
    shown = depth(relief, 2)
    moved = np.abs(shown - before) > 1e-4 * before
    # A mask's larger side spans 0..1: rows by the picture's height over its width.
    inside = np.zeros((ROWS, COLUMNS), bool)
    v0, v1 = (0.5 + (y - 0.5) * 40 / 24 for y in (0.35, 0.62))
    inside[round((1 - v1) * ROWS) : round((1 - v0) * ROWS), 4:12] = True
    assert (moved & inside).sum() >= 0.8 * inside.sum() and not (moved & ~inside).any()
    core = moved & inside
    full = np.abs(shown - edited) < 2e-4 * edited
    assert full[core].mean() > 0.6  # the rest is the mask's soft rim
    value(module, modifier, "Feather", 0.08)
    assert bpy.ops.second_eye.bake_camera() == {"FINISHED"}
    for frame in (1, 2, 3):
        agree(module, engine_python, case, relief, frame)
    assert len(bpy.data.images) < 8


def test_a_mask_that_changed_since_is_noticed(module, case, relief):
    """In the frame that is shown; a hair's breadth is enough, and undone it is as it was."""
    mask = make_mask()
    assert bpy.ops.second_eye.add_edit(source="mask", kind="offset") == {"FINISHED"}
    assert bpy.ops.second_eye.rasterise_mask() == {"FINISHED"}
    changed, scene, edit = (
        module("addon.stage.edits").changed,
        bpy.context.scene,
        relief.modifiers[-1],
    )
    for frame in (1, 3):
        scene.frame_set(frame)
        assert changed(edit, scene) == ""
    point = mask.layers[0].splines[0].points[0]
    old = tuple(point.co)
    point.co = (old[0] + 0.01, old[1])
    mask.update_tag()
    bpy.context.view_layer.update()
    assert changed(edit, scene).startswith('"Mask" has changed since')
    point.co = old
    mask.update_tag()
    bpy.context.view_layer.update()
    assert changed(edit, scene) == ""
    mask.layers[0].invert = True
    mask.update_tag()
    bpy.context.view_layer.update()
    assert changed(edit, scene)
    assert bpy.ops.second_eye.rasterise_mask() == {"FINISHED"}
    assert changed(edit, scene) == ""


@pytest.mark.parametrize("space, mode", [("Non-Color", "STRAIGHT"), ("sRGB", "CHANNEL_PACKED")])
def test_painted_alpha_and_colour_space_are_baked_as_shown(module, case, relief, space, mode):
    """Bytes with an alpha of a half: the bake says what the nodes make of them."""
    assert bpy.ops.second_eye.add_edit(source="image", kind="offset") == {"FINISHED"}
    modifier = relief.modifiers[-1]
    image = bpy.data.images.new("Half", COLUMNS, ROWS, alpha=True)
    image.colorspace_settings.name, image.alpha_mode = space, mode
    image.pixels.foreach_set(np.tile(np.float32((0.8, 0, 0, 0.5)), ROWS * COLUMNS))
    image.update()
    value(module, modifier, "Painted Image", image)
    value(module, modifier, "Amount", 0.3)
    shown = depth(relief, 1)
    value(module, modifier, "Strength", 0.0)
    plain = depth(relief, 1)
    edits = module("core.geometry.edits")
    n = [edits.normalised_of(1 / z, 2.0, 20.0, 1.0) for z in (plain, shown)]
    there = np.isfinite(shown)
    weight = ((n[1] - n[0]) / 0.3)[there]
    assert np.ptp(weight) < 0.01
    blocks = len(bpy.data.objects), len(bpy.data.meshes), len(bpy.data.node_groups)
    red = module("addon.stage.painted").painted_red(image, ROWS, COLUMNS)
    assert red.shape == (ROWS, COLUMNS) and np.ptp(red) < 1e-6
    assert red[0, 0] == pytest.approx(np.median(weight), abs=2e-3)
    assert blocks == (len(bpy.data.objects), len(bpy.data.meshes), len(bpy.data.node_groups))


def test_object_image_and_keyed_range_on_the_fast_path(module, case, relief, engine_python):
    ops = bpy.ops.second_eye
    assert ops.add_edit(source="sphere", kind="plane") == {"FINISHED"}
    thing = bpy.data.objects["Sphere of Depth"]
    thing.scale = (2.0, 2.0, 3.0)
    at = thing.location.copy()
    for frame, shift in ((1, 0.0), (3, 1.0)):
        thing.location = at
        thing.location.x += shift
        thing.keyframe_insert("location", frame=frame)
    value(module, relief.modifiers[-1], "Feather", 0.6)
    assert ops.add_edit(source="image", kind="constant") == {"FINISHED"}
    paint = bpy.data.images["Second Eye Shot 001 Paint"]
    assert tuple(paint.size) == (COLUMNS, ROWS)
    red = np.zeros((ROWS, COLUMNS, 4), np.float32)
    red[: ROWS // 2, :5, 0] = 1.0
    paint.pixels.foreach_set(red.ravel())
    paint.update()
    own = relief.modifiers[0]
    key(module, relief, own, "Near", [1, 3], [1.0, 3.0])
    key(module, relief, own, "Contrast", [1, 3], [0.0, 0.5])
    assert ops.bake_camera() == {"FINISHED"}
    manifest = module("core.project").Project.open(case.project.folder).manifest
    assert [e.source for e in manifest.edits] == ["sphere", "image"]
    assert len(manifest.edits[0].matrix) == 3 and manifest.ranges.near == [1.0, 2.0, 3.0]
    for frame in (1, 3):
        # Vertices stand 0.15 pixels, here 0.8 % of the picture, beside the pixels' middles.
        agree(module, engine_python, case, relief, frame, rtol=3e-2)
    relief.modifiers[-1].show_render = False
    assert ops.bake_camera() == {"FINISHED"}
    manifest = module("core.project").Project.open(case.project.folder).manifest
    assert manifest.edits[1].strength == [0.0]


def test_the_stack_moves_is_removed_and_survives(module, case, relief, engine_python):
    ops, scene = bpy.ops.second_eye, bpy.context.scene
    stage, edits = module("addon.stage"), module("addon.stage.edits")
    make_mask()
    ops.add_edit(source="mask")
    ops.rasterise_mask()
    ops.add_edit(source="box", kind="constant")
    names = [m.name for m in edits.edits_of(relief)]
    assert names == ["Mask Edit", "Box Edit"]
    key(module, relief, relief.modifiers["Mask Edit"], "Strength", [1, 3], [1.0, 0.5])
    before = depth(relief, 2)
    assert ops.move_edit(way="UP") == {"FINISHED"}
    assert [m.name for m in edits.edits_of(relief)] == names[::-1]
    assert ops.move_edit(way="UP") == {"CANCELLED"}
    assert ops.move_edit(way="DOWN") == {"FINISHED"}
    np.testing.assert_allclose(depth(relief, 2), before, rtol=1e-6)
    relief = stage.build_scene(case.project, scene).reliefs[0]  # Build Scene again
    assert relief.name == "Second Eye Shot 001"
    np.testing.assert_allclose(depth(relief, 2), before, rtol=1e-6)
    shots = case.project.manifest.shots  # a cut, and back
    first, second = shots[0], copy.deepcopy(shots[0])
    first.last, second.first, second.name = 1, 2, "Shot 002"
    shots.append(second)
    stage.update_scene(case.project, scene)
    halves = stage.reliefs(stage.find_collection(scene))
    assert [len(edits.edits_of(h)) for h in halves] == [2, 2]
    np.testing.assert_allclose(depth(halves[1], 2), before, rtol=1e-6)
    first.last = shots.pop().last
    stage.update_scene(case.project, scene)
    relief = stage.reliefs(stage.find_collection(scene))[0]
    np.testing.assert_allclose(depth(relief, 2), before, rtol=1e-6)
    curves = len(module("addon.stage.compat").fcurves(relief))
    relief.second_eye_edits.active = relief.modifiers.find("Mask Edit")
    assert ops.remove_edit() == {"FINISHED"}
    assert len(module("addon.stage.compat").fcurves(relief)) == curves - 1
    assert ops.remove_edit() == {"FINISHED"}
    assert not edits.edits_of(relief)


def test_bad_masks_are_said_and_keep_the_pictures(module, case, relief):
    ops = bpy.ops.second_eye
    with pytest.raises(RuntimeError, match="There is no mask yet"):
        ops.add_edit(source="mask")
    with pytest.raises(RuntimeError, match='no object "Nobody"'):
        ops.add_edit(source="sphere", datablock="Nobody")
    mask = make_mask()
    mask.layers.new(name="Empty")
    with pytest.raises(RuntimeError, match='no layer "Other"'):
        ops.add_edit(source="mask", layer="Other")
    assert ops.add_edit(source="mask", layer="Layer") == {"FINISHED"}
    assert ops.rasterise_mask() == {"FINISHED"}
    value(module, relief.modifiers[-1], "Amount", 0.3)
    before = depth(relief, 1)
    files = sorted(p.name for p in (case.project.folder / "edits" / "mask_001").iterdir())
    assert files == ["000001.png", "000002.png", "000003.png", "mask.json"]
    relief.second_eye_edits.layer = "Empty"
    with pytest.raises(RuntimeError, match="covers nothing"):
        ops.rasterise_mask()
    bpy.data.masks.remove(mask)
    with pytest.raises(RuntimeError, match="is gone"):
        ops.rasterise_mask()
    assert "is gone" in module("addon.stage.edits").lacking(relief.modifiers[-1])
    left = sorted(p.name for p in (case.project.folder / "edits").iterdir())
    assert left == ["mask_001"]
    np.testing.assert_allclose(depth(relief, 1), before, rtol=1e-6)
    assert ops.bake_camera() == {"FINISHED"}  # with the pictures that are there


def test_the_panel_draws_every_kind(module, case, relief, monkeypatch):
    """With a layout that only listens: names of properties and inputs are right."""
    from unittest.mock import MagicMock

    make_mask()
    panel = module("addon.ui.edits")
    said = []  # without a window, text has no width
    monkeypatch.setattr(panel.words, "wrapped", lambda _, text, **more: said.append(text))
    for source in ("mask", "image", "sphere", "box"):
        for kind in ("offset", "constant", "plane"):
            assert bpy.ops.second_eye.add_edit(source=source, kind=kind) == {"FINISHED"}
            modifier = relief.modifiers[-1]
            assert relief.second_eye_edits.kind == kind
            layout = MagicMock()
            panel.draw_edit(layout, relief, modifier)
            assert layout.mock_calls
    assert len(said) == 3 and all("Rasterise Mask" in text for text in said)
    relief.second_eye_edits.kind = "offset"
    assert module("addon.stage.compat").get_input(relief.modifiers[-1], "Kind") == 0


@pytest.mark.parametrize("flat", [0.0, 0.7])
def test_one_pixel_of_one_frame_is_built_and_edited(
    module, second_eye, engine_python, tmp_path, flat
):
    """A shot of one frame, a depth of one pixel, flat: a card, and edits move it."""
    depths, plates = np.full((1, 1, 1), flat, np.float32), texture(0, 8, 8)[None]
    case = Case(module, engine_python, tmp_path, plates, depths)
    relief = module("addon.stage").build_scene(case.project, bpy.context.scene).reliefs[0]
    module("addon.rigs").make_stereo_camera(bpy.context.scene, case.project)
    before = positions(relief)
    assert np.isfinite(before).all() and np.ptp(before[:, 2]) < 1e-5
    assert bpy.ops.second_eye.add_edit(source="box") == {"FINISHED"}
    value(module, relief.modifiers[-1], "Projected", True)
    bpy.data.objects["Box of Depth"].scale = (50.0,) * 3
    after = positions(relief)
    assert np.isfinite(after).all() and (after[:, 2] > before[:, 2]).all()
    assert bpy.ops.second_eye.bake_camera() == {"FINISHED"}


def test_what_an_edit_does_is_in_the_stamp_of_rendered_frames(module, case, relief):
    """Else Render Stereo would go on with frames of another mask, object or painted image."""
    ops, scene, stage = bpy.ops.second_eye, bpy.context.scene, module("addon.stage")
    digest, stack = module("addon.operators.render_stamp").digest, stage.edits
    compat = module("addon.stage.compat")
    seen = []

    def changed():
        now = digest(scene, stage.find_collection(scene), case.project.manifest)
        assert now == digest(scene, stage.find_collection(scene), case.project.manifest)
        seen.append(now)
        return len(set(seen)) == len(seen)

    mask = make_mask()
    ops.add_edit(source="mask", kind="offset")
    ops.rasterise_mask()
    assert changed()
    for point in mask.layers[0].splines[0].points:
        point.co.x += 0.1
    ops.rasterise_mask()
    assert changed()
    holder, thing, other = (bpy.data.objects.new(name, None) for name in "ABC")
    for each in (holder, thing, other):
        scene.collection.objects.link(each)
    thing.parent = holder
    ops.add_edit(source="sphere", kind="offset", datablock="B")
    assert changed()
    thing.location.x += 1.0
    assert changed()
    holder.location.x += 1.0
    assert changed()
    value(module, relief.modifiers[-1], "Object", other)
    assert changed()
    relief.modifiers[-1].show_render = False
    assert changed()
    ops.add_edit(source="image", kind="offset")
    assert changed()
    compat.get_input(relief.modifiers[-1], "Painted Image").pixels[0] = 0.7
    assert changed()
    # Keys go by the playhead no more than others do.
    path = f'modifiers["{relief.modifiers[-1].name}"].show_render'
    module("addon.stage.keys").key(relief, path, [1, 3], [0.0, 1.0])
    assert changed()
    scene.frame_set(3)
    assert not changed()
    assert len(stack.edits_of(relief)) == 3


def test_a_removed_edit_leaves_no_curves_for_the_next(module, case, relief):
    ops, compat = bpy.ops.second_eye, module("addon.stage.compat")
    paths = {curve.data_path for curve in compat.fcurves(relief)}
    ops.add_edit(source="image", kind="offset")
    modifier = relief.modifiers[-1]
    key(module, relief, modifier, "Amount", [1, 3], [0.0, 0.4])
    for name in ("show_viewport", "show_render"):
        shown = f'modifiers["{modifier.name}"].{name}'
        module("addon.stage.keys").key(relief, shown, [1, 2], [0.0, 1.0])
    assert ops.remove_edit() == {"FINISHED"}
    assert {curve.data_path for curve in compat.fcurves(relief)} == paths


def test_an_object_scaled_to_nothing_edits_nothing(module, case, relief, engine_python):
    before = depth(relief, 2)
    bpy.ops.second_eye.add_edit(source="sphere", kind="offset")
    modifier = relief.modifiers[-1]
    value(module, modifier, "Feather", 5.0)
    assert np.nanmax(np.abs(depth(relief, 2) - before)) > 0.1
    bpy.data.objects["Sphere of Depth"].scale = (0.0, 0.0, 0.0)
    bpy.context.view_layer.update()
    for projected in (False, True):
        value(module, modifier, "Projected", projected)
        np.testing.assert_allclose(depth(relief, 2), before, rtol=1e-5)
    assert bpy.ops.second_eye.bake_camera() == {"FINISHED"}
    agree(module, engine_python, case, relief, 2)


def test_pictures_that_cannot_be_put_in_place_leave_the_old_ones(module, case, relief, tmp_path):
    raster, errors = module("addon.stage.mask_raster"), module("core.errors")
    old, new = tmp_path / "mask_001", tmp_path / "gone"
    old.mkdir()
    (old / "000001.png").write_bytes(b"of before")
    with pytest.raises(errors.SecondEyeError, match="rasterise again"):
        raster._swap(new, old)
    assert [p.name for p in tmp_path.glob("*mask_001*")] == ["mask_001"]
    assert (old / "000001.png").read_bytes() == b"of before"
