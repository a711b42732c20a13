# SPDX-License-Identifier: GPL-3.0-or-later
"""The Comfort section, Show Comfort and the overlay's shapes, on the installed zip."""

from __future__ import annotations

import importlib
import json
import shutil
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from stage_case import Case, read_picture, texture

FRAMES = 5


@pytest.fixture(scope="module")
def made(extension, engine_python, tmp_path_factory) -> Case:
    """Five frames from 2 on, cut after the third; written once, and copied for each test."""
    height, width = 24, 40
    depth = np.linspace(0.1, 0.9, height)[:, None] + np.zeros((height, width))
    depths = np.stack([depth + 0.01 * n for n in range(FRAMES)]).astype(np.float32)
    return Case(
        lambda name: importlib.import_module(f"{extension}.{name}"),
        engine_python,
        tmp_path_factory.mktemp("comfort"),
        np.stack([texture(n, height, width) for n in range(FRAMES)]),
        depths,
        focal=1.3,
        first=2,
        shots=[
            {"name": "A", "first": 2, "last": 4, "near": 2.0, "far": 20.0},
            {"name": "B", "first": 5, "last": 6, "near": 2.0, "far": 20.0},
        ],
    )


@pytest.fixture
def built(module, second_eye, made, tmp_path) -> SimpleNamespace:
    """A copy of it, built as a scene that begins at 11."""
    folder = tmp_path / "clip.secondeye"
    shutil.copytree(made.project.folder, folder)
    project = module("core.project").Project.open(folder)
    module("addon.stage.depth_tables").depth_tables(project, project.manifest.frames)
    scene = bpy.context.scene
    scene.second_eye.project_folder = str(folder)
    scene.second_eye.sampling, scene.second_eye.start = "GRID", 11
    assert bpy.ops.second_eye.build_scene() == {"FINISHED"}
    return SimpleNamespace(project=project, normalised=made.normalised)


def stereo(module) -> bpy.types.Object:
    return module("addon.rigs").find_stereo_camera(bpy.context.scene)


def judged(module, at: int):
    bpy.context.scene.frame_set(at)
    return module("addon.ui.comfort").judged(bpy.context)[0]


def test_the_readout_follows_the_scene_s_own_curves_and_sliders(module, built):
    scene, camera = bpy.context.scene, stereo(module)
    core, geometry = module("core.stereo"), module("core.geometry")
    setups = core.SETUPS
    scene.second_eye_grade.screen = "HEADSET"

    def expected(n: int, near: float = 2.0):
        rig = core.StereoRig(
            camera.data.stereo.interocular_distance, camera.data.stereo.convergence_distance, 1.3
        )
        inverse = geometry.inverse_distance(built.normalised[n - 2], near, 20.0)
        return np.percentile(rig.parallax(inverse), [5, 50, 95])

    for at, n in ((11, 2), (13, 4), (14, 5)):
        told = judged(module, at)
        assert told.frame == n
        assert told.parallax[1:4] == pytest.approx(expected(n), abs=3e-4)
    assert judged(module, 14).jump is not None and judged(module, 12).jump is None

    # An F-curve inside the shot, and a slider of the relief, without a bake.
    camera.data.stereo.interocular_distance = 0.5
    camera.data.keyframe_insert("stereo.interocular_distance", frame=12)
    told = judged(module, 12)
    assert told.parallax[1:4] == pytest.approx(expected(3), abs=3e-3)
    assert told.verdict == 2 and told.reasons
    relief = module("addon.stage").reliefs(module("addon.stage").find_collection(scene))[0]
    compat = module("addon.stage.compat")
    compat.set_input(relief.modifiers[0], "Near", 4.0)
    told = module("addon.ui.comfort").judged(bpy.context)[0]
    assert told.parallax[1:4] == pytest.approx(expected(3, 4.0), abs=3e-3)

    rows = module("addon.ui.comfort").readout(told, setups["headset"], 40)
    assert rows[2][1] == f"{100 * told.parallax[0]:+.2f} %"
    assert rows[2][2] == f"{40 * told.parallax[0]:+.1f} px"
    assert rows[0][3].endswith("\N{DEGREE SIGN}") and len(rows) == 4


def test_show_comfort_writes_what_the_scene_shows(module, built):
    scene, camera = bpy.context.scene, stereo(module)
    scene.second_eye_grade.screen = "TV"
    camera.data.stereo.interocular_distance = 3.0
    camera.data.keyframe_insert("stereo.interocular_distance", frame=13)
    manifest = built.project.folder / "project.json"
    before = manifest.read_bytes()
    assert bpy.ops.second_eye.show_comfort() == {"FINISHED"}
    assert manifest.read_bytes() == before, "the project's own numbers stay"
    report = json.loads(
        built.project.folder.with_name("clip_comfort.json").read_text(encoding="utf8")
    )
    assert [f["frame"] for f in report["frames"]] == [2, 3, 4, 5, 6]
    assert report["rig"] == "scene" and report["screen"]["name"] == "tv"
    at = report["frames"][2]
    assert at["interocular"] == pytest.approx(3.0) and at["verdict"] == "outside"
    assert report["frames"][3]["reasons"][0] == "jump", "from there to the next shot"
    assert report["frames"][4]["verdict"] != "outside"
    graph = module("core.plot.comfort")
    picture = read_picture(built.project.folder.with_name("clip_comfort.png")).astype(int)
    assert picture.shape == (graph.HEIGHT, 1600, 3)
    row = picture[graph.VERDICTS + 4, 110:1570]
    red = np.abs(row - graph.COLOURS[2]).max(1) < 8
    fifth = 1460 / 5
    assert red[int(2.2 * fifth) : int(2.8 * fifth)].all() and not red[int(4.1 * fifth) :].any()
    assert "clip_comfort.png" in [i.name for i in bpy.data.images]
    assert bpy.types.SECOND_EYE_OT_show_comfort.bl_options == {"REGISTER", "UNDO"}


def test_the_scene_s_floating_window_counts_and_a_cinema_s_rig_fits_it(module, built):
    scene, camera = bpy.context.scene, stereo(module)
    camera.data.stereo.convergence_distance = 6.0
    camera.data.keyframe_insert("stereo.convergence_distance", frame=11)
    assert {"left", "right"} <= set(judged(module, 11).reasons)
    cards = module("addon.rigs.window_cards")
    cards.ensure_window(camera, 0.6)
    camera[cards.LEFT] = 4.0
    told = judged(module, 11)
    assert not told.left.cut and told.right.cut

    scene.second_eye_grade.screen = "CINEMA"
    assert judged(module, 14).verdict == 2, "the rig of a TV"
    assert bpy.ops.second_eye.build_scene() == {"FINISHED"}
    assert all(judged(module, at).verdict < 2 for at in range(11, 16))
    camera.data.stereo.convergence_mode = "PARALLEL"
    assert judged(module, 11).parallax[-1] < 0.0, "all stands before a screen at infinity"


def said(module) -> str:
    with pytest.raises(module("core.errors").SecondEyeError) as raised:
        module("addon.ui.comfort").judged(bpy.context)
    return str(raised.value)


def test_what_is_missing_is_said_in_a_sentence(module, built):
    scene = bpy.context.scene
    statistics = built.project.folder / "statistics.npz"
    kept = statistics.read_bytes()
    statistics.unlink()
    assert "press Show Comfort" in said(module)
    statistics.write_bytes(kept)
    depth = built.project.depth_path(2)
    depth.rename(depth.with_suffix(".away"))
    assert "000002.exr is missing" in said(module)
    with pytest.raises(RuntimeError, match=r"000002\.exr is missing"):
        bpy.ops.second_eye.show_comfort()
    depth.with_suffix(".away").rename(depth)
    reliefs = module("addon.stage").reliefs(module("addon.stage").find_collection(scene))
    bpy.data.objects.remove(reliefs[0])
    assert "has no relief" in said(module)
    bpy.data.objects.remove(stereo(module))
    assert "no stereo camera" in said(module)
    with pytest.raises(RuntimeError, match="no stereo camera"):
        bpy.ops.second_eye.show_comfort()
    built.project.folder.rename(built.project.folder.with_name("elsewhere"))
    assert "gone" in said(module)


def test_the_overlay_s_shapes_lie_where_the_cameras_see_them(module, built):
    scene, camera = bpy.context.scene, stereo(module)
    shapes, view = module("addon.overlay.shapes"), module("addon.overlay.view")
    marks, rigs = module("core.stereo.marks"), module("addon.rigs.live_comfort")
    scene.frame_set(12)
    camera.data.shift_x = 0.1
    playing = rigs.live(scene, bpy.context.evaluated_depsgraph_get(), built.project.manifest)
    limits = module("addon.rigs.viewing").viewing_of(scene).limits
    planes = marks.limit_planes(playing.rig, limits)
    found = {f.name: f for f in shapes.frames(planes, camera.data.view_frame(scene=scene))}
    assert planes.near < planes.screen and "Screen" in found and "Near Limit" in found
    from bpy_extras.object_utils import world_to_camera_view
    from mathutils import Vector

    for frame, distance in ((found["Screen"], planes.screen), (found["Near Limit"], planes.near)):
        seen = [
            world_to_camera_view(scene, camera, camera.matrix_world @ Vector(c))
            for c in frame.corners
        ]
        assert sorted((round(s.x), round(s.y)) for s in seen) == [(0, 0), (0, 1), (1, 0), (1, 1)]
        assert [s.z for s in seen] == pytest.approx([distance] * 4, rel=1e-4)
    assert shapes.lines(found["Screen"].corners).shape == (8, 3)

    camera.data.shift_x = 0.0
    camera.data.stereo.interocular_distance = 2.0
    playing = rigs.live(scene, bpy.context.evaluated_depsgraph_get(), built.project.manifest)
    stored = marks.coarse(module("addon.stage.depth_pixels").stored(built.project, 3))
    points, colours = view.tinted(built.project.manifest, playing, stored, limits, 0.4)
    assert len(points) == len(colours) > 0 and len(points) % 6 == 0
    assert colours[:, 3] == pytest.approx(0.4)
    # A cell's own depth is the middle of its corners', give or take what the floor slopes.
    inverse = -0.995 / points[:, 2].reshape(-1, 6).mean(1).repeat(6)
    parallax = playing.rig.parallax(inverse)
    cut = np.isclose(colours[:, :3], shapes.TINTS[marks.WINDOW]).all(1)
    outside = (parallax < limits.near + 0.03) | (parallax > limits.far - 0.03)
    assert (outside | cut).all() and outside.any()


def test_nothing_is_drawn_or_registered_in_background(module, built):
    view, cells = module("addon.overlay.view"), module("addon.overlay.cells")
    bpy.context.scene.second_eye_comfort.overlay = True
    view.draw()
    assert view._handles == [] and not bpy.app.timers.is_registered(cells._read)
    assert cells.cells(built.project.folder, built.project.depth_path(3), 3) is None
    cells._read()  # what the timer does
    got = cells.cells(built.project.folder, built.project.depth_path(3), 3)
    assert got is not None and got.shape == (24, 40)
    cells.forget()


def test_the_section_is_there(module, second_eye):
    assert not bpy.types.SECOND_EYE_PT_comfort.poll(bpy.context)
    with pytest.raises(RuntimeError, match="Build Scene first"):
        bpy.ops.second_eye.show_comfort()


def test_toe_in_is_judged_by_its_corners(module, built):
    camera = stereo(module)
    camera.data.animation_data_clear()
    camera.data.stereo.interocular_distance = 2.0
    camera.data.stereo.convergence_distance = 4.0
    assert judged(module, 11).vertical == 0.0
    assert bpy.ops.second_eye.set_rig_mode(mode="TOE") == {"FINISHED"}
    told = judged(module, 11)
    assert told.vertical > module("core.stereo.comfort").VERTICAL and "vertical" in told.reasons
    bpy.ops.second_eye.show_comfort()
    path = built.project.folder.with_name("clip_comfort.json")
    report = json.loads(path.read_text(encoding="utf8"))
    assert report["frames"][0]["vertical_degrees"] == pytest.approx(told.vertical, abs=1e-3)
    assert report["limits"]["vertical_degrees"] == 0.5
