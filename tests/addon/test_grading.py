# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth grading and the floating window in Blender: keys, undo, subjects, cards, and bad input."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from stage_case import Case, render, texture

WIDTH, HEIGHT, FIRST = 40, 24, 11  # scene frame of timeline frame 1
SHOTS = (("deep", 1, 6, 1.0, 40.0), ("close", 7, 7, 0.4, 0.9), ("far", 8, 12, 20.0, 90.0))
INTEROCULAR, CONVERGENCE = "stereo.interocular_distance", "stereo.convergence_distance"
LEFT, RIGHT = '["second_eye_window_left"]', '["second_eye_window_right"]'


@pytest.fixture(scope="module")
def project(extension, engine_python, tmp_path_factory):
    """Written once; graded scenes only read it, but for Bake Camera."""
    import importlib

    def module(name):
        return importlib.import_module(f"{extension}.{name}")

    depth = np.repeat(np.linspace(0.0, 0.6, HEIGHT)[:, None], WIDTH, 1).astype(np.float32)
    depths = np.stack([depth] * 12)
    for n in range(12):
        depths[n, 6:12, 2 + n : 12 + n] = 0.9
        depths[n, 8:, -3:] = 1.0
    return Case(
        module,
        engine_python,
        tmp_path_factory.mktemp("grading"),
        np.stack([texture(n, 2 * HEIGHT, 2 * WIDTH) for n in range(12)]),
        depths,
        shots=[dict(zip(("name", "first", "last", "near", "far"), s, strict=True)) for s in SHOTS],
    ).project


@pytest.fixture
def scene(module, second_eye, project):
    scene = bpy.context.scene
    opened = module("core.project").Project.open(project.folder)
    module("addon.stage").build_scene(opened, scene, start=FIRST)
    camera = module("addon.rigs").make_stereo_camera(scene, opened, drift=0.0)
    scene.second_eye_grade.screen = "CINEMA"
    assert camera == scene.camera
    return scene


def curve(module, owner, path):
    return module("addon.stage.compat").find_fcurve(owner, path, 0)


def values(module, scene, path):
    found = curve(module, scene.camera.data, path)
    return np.array([found.evaluate(FIRST - 1 + n) for n in range(1, 13)])


def told(module, scene, project):
    """core's own verdict of what the scene shows, from tables made anew."""
    statistics = module("core.project.statistics")
    stereo = module("core.stereo")
    shown = module("addon.rigs.shown").shown(scene, project)
    depths = shown.depths(project, statistics.read(project.folder))
    return stereo.measure(project.manifest, depths, shown.rigs, stereo.find_viewing("cinema"))


def relief_of(module, scene, name):
    return next(o for o in scene.objects if o.get("second_eye_shot") == name)


def test_no_frame_is_outside_and_the_keys_are_an_artists(module, scene, project):
    assert bpy.ops.second_eye.grade_depth() == {"FINISHED"}
    found = told(module, scene, project)
    assert len(found) == 12 and max(frame.verdict for frame in found) < 2
    assert np.median([frame.span for frame in found]) > 0.01
    for path in (INTEROCULAR, CONVERGENCE):
        points = list(curve(module, scene.camera.data, path).keyframe_points)
        assert [p.co.x for p in points if p.interpolation == "CONSTANT"] == [
            FIRST + 5, FIRST + 6, FIRST + 11,
        ]  # fmt: skip
        assert all(p.interpolation == "BEZIER" for p in points if p.co.x == FIRST)
    point = curve(module, scene.camera.data, CONVERGENCE).keyframe_points[0]
    point.co.y = 7.0
    scene.frame_set(FIRST)
    assert scene.camera.data.stereo.convergence_distance == pytest.approx(7.0)


def test_blender_draws_the_curves_that_core_reckoned(module, scene, project):
    numbers = module("addon.rigs.grading").scene_numbers(
        module("addon.rigs.shown").shown(scene, project)
    )
    bpy.ops.second_eye.grade_depth()
    curve_keys = module("core.stereo.curve_keys")
    assert len(numbers["near"]) == 12 and numbers["near"][6] == pytest.approx(0.4)
    data = scene.camera.data
    keys = curve_keys.Keys(
        np.array([0, 3, 5]), np.array([[0.1, 0.3, 0.2]]), np.array([[0.1, 0.02, -0.2]])
    )
    module("addon.rigs.span_keys").write_span(
        data, INTEROCULAR, 0.1, (FIRST, FIRST + 5), (FIRST, FIRST + 11), keys, 0
    )
    np.testing.assert_allclose(
        values(module, scene, INTEROCULAR)[:6], keys.at(np.arange(6))[0], rtol=1e-4
    )


def test_locked_and_other_shots_keep_their_keys(module, scene, project):
    before = values(module, scene, CONVERGENCE)
    relief = relief_of(module, scene, "far")
    module("addon.stage.locks").lock(relief, True)
    bpy.ops.second_eye.grade_depth()
    after = values(module, scene, CONVERGENCE)
    assert after[7:] == pytest.approx(before[7:]) and after[0] != pytest.approx(before[0])
    scene.second_eye_grade.shots = "THIS"
    with bpy.context.temp_override(object=relief), pytest.raises(RuntimeError, match="is locked"):
        bpy.ops.second_eye.grade_depth()
    again = values(module, scene, CONVERGENCE)
    np.testing.assert_array_equal(again, after)
    module("addon.stage.locks").lock(relief, False)
    with bpy.context.temp_override(object=relief):
        bpy.ops.second_eye.grade_depth()
    only = values(module, scene, CONVERGENCE)
    np.testing.assert_allclose(only[:7], after[:7], rtol=1e-6)
    assert only[7] != pytest.approx(after[7])


def test_removed_it_is_one_rig_a_shot_again(module, scene, project):
    before = [values(module, scene, path) for path in (INTEROCULAR, CONVERGENCE)]
    bpy.ops.second_eye.grade_depth()
    scene.second_eye_grade.screen = "TV"  # which the rig was fitted to
    assert bpy.ops.second_eye.remove_grade() == {"FINISHED"}
    for path, was in zip((INTEROCULAR, CONVERGENCE), before, strict=True):
        np.testing.assert_allclose(values(module, scene, path), was, rtol=1e-5)


def test_an_object_is_followed_and_may_be_gone(module, scene, project):
    settings = scene.second_eye_grade
    settings.follow, settings.ease, settings.look, settings.pace = "OBJECT", 0.0, 0.0, 100.0
    with pytest.raises(RuntimeError, match="No object is chosen"):
        bpy.ops.second_eye.grade_depth()
    thing = bpy.data.objects.new("Hero", None)
    scene.collection.objects.link(thing)
    thing.parent = scene.camera
    thing.location = (0.3, 0.0, -4.0)
    thing.keyframe_insert("location", frame=FIRST)
    thing.location.z = -3.0
    thing.keyframe_insert("location", frame=FIRST + 5)
    settings.object = thing
    bpy.ops.second_eye.grade_depth()
    shown = values(module, scene, CONVERGENCE)
    assert shown[0] == pytest.approx(4.0, rel=0.1) and shown[5] == pytest.approx(3.0, rel=0.1)
    thing.animation_data_clear()
    thing.location.z = 3.0
    with pytest.raises(RuntimeError, match="behind the camera"):
        bpy.ops.second_eye.grade_depth()
    scene.collection.objects.unlink(thing)
    with pytest.raises(RuntimeError, match="not in this scene"):
        bpy.ops.second_eye.grade_depth()
    bpy.data.objects.remove(thing)
    with pytest.raises(RuntimeError, match="No object is chosen"):
        bpy.ops.second_eye.grade_depth()


def square(name, low, high):
    """A mask that covers a square of the picture, in parts of its width."""
    mask = bpy.data.masks.new(name)
    spline = mask.layers.new(name="Layer").splines.new()
    spline.use_cyclic = True
    spline.points.add(4 - len(spline.points))
    corners = ((low, low), (high, low), (high, high), (low, high))
    for point, co in zip(spline.points, corners, strict=True):
        point.co = co
        point.handle_left_type = point.handle_right_type = "VECTOR"
    return mask


def test_a_mask_is_followed_and_may_cover_nothing(module, scene, project):
    settings = scene.second_eye_grade
    settings.follow, settings.shots, settings.ease = "MASK", "THIS", 0.0
    with pytest.raises(RuntimeError, match="No mask is chosen"):
        bpy.ops.second_eye.grade_depth()
    settings.mask = square("Face", 0.45, 0.55).name
    relief = relief_of(module, scene, "deep")
    with bpy.context.temp_override(object=relief):
        bpy.ops.second_eye.grade_depth()
        covered = values(module, scene, CONVERGENCE)[:6]
        settings.follow = "REGION"
        settings.size = 10.0
        bpy.ops.second_eye.grade_depth()
        np.testing.assert_allclose(values(module, scene, CONVERGENCE)[:6], covered, rtol=0.1)
        settings.follow = "MASK"
        settings.mask = square("Nothing", 1.4, 1.6).name
        with pytest.raises(RuntimeError, match="covers nothing"):
            bpy.ops.second_eye.grade_depth()
        settings.layer = "Lost"
        with pytest.raises(RuntimeError, match='no layer "Lost"'):
            bpy.ops.second_eye.grade_depth()


def test_without_a_camera_or_with_one_that_cannot(module, scene):
    camera = scene.camera
    poll, operator = bpy.ops.second_eye.grade_depth.poll, bpy.ops.second_eye.grade_depth
    assert poll()
    camera.data.stereo.convergence_mode = "PARALLEL"
    assert not poll()
    with pytest.raises(RuntimeError, match="no screen"):
        operator()
    camera.data.stereo.convergence_mode = "OFFAXIS"
    driver = camera.data.driver_add(CONVERGENCE)
    with pytest.raises(RuntimeError, match="driver"):
        operator()
    camera.data.driver_remove(CONVERGENCE)
    assert driver is not None and poll()
    bpy.data.objects.remove(camera)
    assert not poll() and not bpy.ops.second_eye.remove_grade.poll()
    with pytest.raises(RuntimeError, match="no stereo camera"):
        operator()


def test_a_project_that_is_gone_and_depth_that_is_missing(module, scene, project, tmp_path):
    gone = project.folder.rename(tmp_path / "gone.secondeye")
    assert not bpy.ops.second_eye.grade_depth.poll()
    assert not bpy.ops.second_eye.make_window.poll()
    gone.rename(project.folder)
    lost = project.depth_path(3)
    data = lost.read_bytes()
    lost.unlink()
    try:
        with pytest.raises(RuntimeError, match="is missing"):
            bpy.ops.second_eye.grade_depth()
    finally:
        lost.write_bytes(data)


def test_all_of_it_can_be_undone(extension):
    for name in ("grade_depth", "remove_grade", "make_window", "remove_window"):
        operator = getattr(bpy.types, f"SECOND_EYE_OT_{name}")
        assert operator.bl_options == {"REGISTER", "UNDO"}


def test_an_undo_gives_keys_and_cards_back(module, scene):
    """Undo reads the whole file again: nothing is held over it."""
    before = values(module, scene, CONVERGENCE)
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.second_eye.grade_depth()
    graded = values(module, scene, CONVERGENCE)
    assert graded[0] != pytest.approx(before[0])
    bpy.ops.ed.undo_push(message="graded")
    bpy.ops.second_eye.make_window()
    bpy.ops.ed.undo_push(message="window")
    for expected in (graded, before):
        bpy.ops.ed.undo()
        scene = bpy.context.scene
        assert not [o for o in scene.objects if o.get("second_eye_role") == "window"]
        np.testing.assert_allclose(values(module, scene, CONVERGENCE), expected, rtol=1e-6)


def test_cards_of_a_deleted_camera_go_with_the_next_window(module, scene, project):
    cards = module("addon.rigs.window_cards")
    cards.ensure_window(scene.camera, 0.6)
    data = scene.camera.data
    bpy.data.objects.remove(scene.camera)
    bpy.data.cameras.remove(data)
    camera = module("addon.rigs").make_stereo_camera(scene, project)
    cards.ensure_window(camera, 0.6)
    there = [o for o in scene.objects if o.get("second_eye_role") == "window"]
    assert len(there) == 2 and all(o.parent == camera for o in there)


def strips(module, scene):
    return [
        [100 * 0.01 * found.evaluate(FIRST - 1 + n) for n in range(1, 13)]
        for found in (curve(module, scene.camera, path) for path in (LEFT, RIGHT))
    ]


def test_the_window_is_keyed_baked_and_removed(module, scene, project):
    rigs = module("addon.rigs")
    assert not bpy.ops.second_eye.remove_window.poll()
    bpy.ops.second_eye.grade_depth()
    assert bpy.ops.second_eye.make_window() == {"FINISHED"}
    left, right = strips(module, scene)
    assert max(left) < max(right) and 0.1 < max(right) <= 3.0 + 1e-4
    rigs.bake_camera(scene, project)
    window = module("core.project").Project.open(project.folder).manifest.window
    np.testing.assert_allclose(window.right, np.array(right) / 100.0, atol=1e-6)
    assert window.softness == pytest.approx(0.004)
    before = max(right)
    scene.second_eye_grade.in_front, scene.second_eye_grade.clear = 90.0, False
    bpy.ops.second_eye.grade_depth()  # the window follows the new rig
    assert max(strips(module, scene)[1]) > before
    names = {o.name for o in bpy.data.objects} | {m.name for m in bpy.data.materials}
    assert any("Window" in name for name in names)
    assert bpy.ops.second_eye.remove_window() == {"FINISHED"}
    names = {o.name for o in bpy.data.objects} | {m.name for m in bpy.data.materials}
    assert not any("Window" in name for name in names)
    assert curve(module, scene.camera, LEFT) is None
    rigs.bake_camera(scene, project)
    assert module("core.project").Project.open(project.folder).manifest.window is None


@pytest.mark.parametrize(
    ("focal", "pivot", "shift"), [(1.0, "CENTER", 0.0), (1.6, "LEFT", 0.05), (1.0, "RIGHT", 0.0)]
)
def test_both_eyes_see_the_cards_as_the_fast_path_draws_the_strips(
    module, scene, project, tmp_path, focal, pivot, shift
):
    """A white world and nothing but the window: each eye loses its own side."""
    cards = module("addon.rigs.window_cards")
    camera, stereo = scene.camera, scene.camera.data.stereo
    for relief in [o for o in scene.objects if o.get("second_eye_role") == "relief"]:
        bpy.data.objects.remove(relief)
    camera.data.animation_data_clear()
    stereo.interocular_distance, stereo.convergence_distance = 0.08, 3.0
    camera.data.lens, camera.data.shift_x, stereo.pivot = 36.0 * focal, shift, pivot
    cards.ensure_window(camera, HEIGHT / WIDTH)
    camera["second_eye_window_left"], camera["second_eye_window_right"] = 5.0, 2.5
    camera["second_eye_window_softness"] = 0.5
    stamps = [module("addon.operators.render_stamp"), module("addon.stage").find_collection(scene)]
    narrow = stamps[0].digest(scene, stamps[1], project.manifest)
    camera["second_eye_window_softness"] = 1.0
    assert stamps[0].digest(scene, stamps[1], project.manifest) != narrow, "rendered anew"
    camera.update_tag()
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 4
    scene.cycles.use_denoising = False
    scene.world = bpy.data.worlds.new("White")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs[0].default_value = (1, 1, 1, 1)
    module("addon.output").configure_stereo_render(scene, "sbs")
    scene.render.resolution_x, scene.render.resolution_y = 400, 40
    picture = render(scene, FIRST, tmp_path / "eyes.png")
    cards_there = [o for o in scene.objects if o.get("second_eye_role") == "window"]
    stereo.convergence_mode = "PARALLEL"
    scene.frame_set(FIRST)
    assert len(cards_there) == 2 and not any(o.scale.x for o in cards_there), "no screen, no edge"
    eyes = picture[:, :400], picture[:, 400:]
    covered = module("core.stereo.floating_window").covered
    white = np.full((40, 400, 3), 255, np.uint8)
    for eye, expected in zip(
        eyes, (covered(white, 0.05, 0.0, 0.01), covered(white, 0.0, 0.025, 0.01)), strict=True
    ):
        off = np.abs(eye[20, :, 0].astype(int) - expected[20, :, 0])
        assert (off > 40).sum() <= 2, "an edge may be off by a pixel"
        assert (eye[0] == eye[-1]).mean() > 0.98, "from the top to the bottom"
