# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's own solve of a clip of a known world (`solved.blend`, made by make_solved.py), and what
Use Camera Solve, Forget Solve and Set Lens make of it."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix
from stage_case import Case, positions

TESTS = Path(__file__).resolve().parents[1]
_spec = importlib.util.spec_from_file_location("solved_world", TESTS / "solved_world.py")
world = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(world)

WIDTH, HEIGHT = 160, 90
START = 101
SEEN = (1, 7, 12, 18, 24)


@pytest.fixture(scope="module")
def truth() -> dict[int, np.ndarray]:
    return {n: world.depth(n, WIDTH, HEIGHT) for n in range(1, world.FRAMES + 1)}


@pytest.fixture(scope="module")
def original(module_session, engine_python, truth, tmp_path_factory) -> Path:
    """A project whose depth flickers as a relative network's does: its own scale and shift in every
    frame, and some noise."""
    rng = np.random.default_rng(4)
    scale = np.exp(0.15 * rng.standard_normal(world.FRAMES))
    shift = 0.05 * rng.standard_normal(world.FRAMES)
    depths = np.stack(
        [((1 / z - 0.05) / 0.2 + shift[n - 1]) / scale[n - 1] + 1.0 for n, z in truth.items()]
    )
    depths += 0.01 * rng.standard_normal(depths.shape)
    plates = np.full((world.FRAMES, world.HEIGHT, world.WIDTH, 3), 90, np.uint8)
    folder = tmp_path_factory.mktemp("solved")
    shot = {"low": float(depths.min()), "high": float(depths.max())}
    Case(module_session, engine_python, folder, plates, depths.astype(np.float32), shot=shot)
    return folder / "clip.secondeye"


@pytest.fixture(scope="module")
def module_session(extension: str):
    import importlib

    return lambda name: importlib.import_module(f"{extension}.{name}")


@pytest.fixture
def scene(second_eye, original: Path, tmp_path: Path) -> bpy.types.Scene:
    """The solved .blend with a built scene; the solve is laid over the true world by a camera that
    has a Camera Solver constraint."""
    folder = shutil.copytree(original, tmp_path / "walk.secondeye")
    bpy.ops.wm.open_mainfile(filepath=str(TESTS / "solved.blend"), load_ui=False)
    clip = bpy.data.movieclips["walk"]
    clip.filepath = str(folder / "plate" / "000001.jpg")
    scene = bpy.context.scene
    solver = bpy.data.objects.new("Solved", bpy.data.cameras.new("Solved"))
    scene.collection.objects.link(solver)
    constraint = solver.constraints.new("CAMERA_SOLVER")
    constraint.use_active_clip, constraint.clip = False, clip
    solver.matrix_world = _onto_truth(clip)
    scene.second_eye.project_folder, scene.second_eye.start = str(folder), START
    scene.second_eye.sampling = "GRID"
    assert bpy.ops.second_eye.build_scene() == {"FINISHED"}
    return scene


def _onto_truth(clip) -> Matrix:
    """The similarity that brings the solve's cameras to the true ones."""
    cameras = clip.tracking.reconstruction.cameras
    solved = np.array([np.array(c.matrix) for c in cameras])
    true = np.array([world.pose(c.frame) for c in cameras])
    u, _, vt = np.linalg.svd((true[:, :3, :3] @ solved[:, :3, :3].transpose(0, 2, 1)).sum(0))
    turn = u @ vt
    a, b = (p[:, :3, 3] - p[:, :3, 3].mean(0) for p in (solved, true))
    size = float((b * (a @ turn.T)).sum() / (a * a).sum())
    matrix = np.eye(4)
    matrix[:3, :3] = size * turn
    matrix[:3, 3] = true[:, :3, 3].mean(0) - size * turn @ solved[:, :3, 3].mean(0)
    return Matrix(matrix.tolist())


def _manifest(scene) -> dict:
    path = Path(bpy.path.abspath(scene.second_eye.project_folder)) / "project.json"
    return json.loads(path.read_text())


def _built(module, scene):
    stage = module("addon.stage")
    collection = stage.find_collection(scene)
    footage = next(o for o in collection.objects if o.get("second_eye_role") == "footage")
    return footage, stage.reliefs(collection)[0]


def _points(module, scene, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The relief of a frame: rows and columns (N, 2) of the depth picture, and world places."""
    scene.frame_set(START + n - 1)
    footage, relief = _built(module, scene)
    local = positions(relief).astype(np.float64)
    focal = footage.data.lens / footage.data.sensor_width
    u = 0.5 + focal * local[:, 0] / -local[:, 2]
    v = 0.5 + focal * world.WIDTH / world.HEIGHT * local[:, 1] / -local[:, 2]
    inside = (u > 0.02) & (u < 0.98) & (v > 0.02) & (v < 0.98)
    matrix = np.array(relief.matrix_world)
    places = local @ matrix[:3, :3].T + matrix[:3, 3]
    pixels = np.stack([(1 - v) * HEIGHT, u * WIDTH], axis=1).astype(int)
    return pixels[inside], places[inside]


def _swim(module, scene, truth) -> np.ndarray:
    """How far fixed places of the world wander over the frames, in parts of their distance."""
    v, u = np.meshgrid(np.linspace(0.25, 0.75, 7), np.linspace(0.25, 0.75, 9))
    z = truth[12][((1 - v) * HEIGHT).astype(int), (u * WIDTH).astype(int)]
    aspect = world.HEIGHT / world.WIDTH
    local = np.stack([(u - 0.5) * z / world.FOCAL, (v - 0.5) * z * aspect / world.FOCAL, -z], -1)
    middle = world.pose(12)
    fixed = local.reshape(-1, 3) @ middle[:3, :3].T + middle[:3, 3]
    tracks: list[list[np.ndarray]] = [[] for _ in fixed]
    for n in SEEN:
        pixels, places = _points(module, scene, n)
        near = np.full((HEIGHT, WIDTH), -1)
        near[pixels[:, 0], pixels[:, 1]] = np.arange(len(pixels))
        back = np.linalg.inv(world.pose(n))
        for track, place in zip(tracks, fixed, strict=True):
            x, y, depth = back[:3, :3] @ place + back[:3, 3]
            row = int((0.5 - world.FOCAL * y / -depth / aspect) * HEIGHT)
            column = int((0.5 + world.FOCAL * x / -depth) * WIDTH)
            if 0 <= row < HEIGHT and 0 <= column < WIDTH and near[row, column] >= 0:
                around = truth[n][max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
                if np.ptp(around) < 0.05 * -depth and abs(around.mean() / -depth - 1) < 0.03:
                    track.append(places[near[row, column]])
    spreads = [
        np.linalg.norm(np.array(track) - np.mean(track, axis=0), axis=1).max() / distance
        for track, distance in zip(tracks, z.ravel(), strict=True)
        if len(track) == len(SEEN)
    ]
    assert len(spreads) > 15
    return np.array(spreads)


def test_the_relief_stands_still_in_the_solved_world(module, scene, truth) -> None:
    before = _swim(module, scene, truth)
    assert bpy.ops.second_eye.use_solve() == {"FINISHED"}
    stored = _manifest(scene)
    assert stored["lens"]["source"] == "solve"
    assert stored["lens"]["focal_over_width"] == pytest.approx(world.FOCAL, rel=0.01)
    assert stored["solve"]["clip"] == "walk" and stored["solve"]["error"] < 0.5
    footage, _ = _built(module, scene)
    for n in SEEN:
        scene.frame_set(START + n - 1)
        pose = np.array(footage.matrix_world)
        assert np.abs(pose - world.pose(n)).max() < 0.02
        assert np.allclose(np.linalg.det(pose[:3, :3]), 1.0)
        solver = np.array(bpy.data.objects["Solved"].matrix_world)[:3, 3]
        # The scene's own solved camera looks at the clip's frames from scene frame 1 on.
        pixels, places = _points(module, scene, n)
        z = -(places @ np.linalg.inv(pose)[:3, :3].T + np.linalg.inv(pose)[:3, 3])[:, 2]
        apart = np.abs(z / truth[n][pixels[:, 0], pixels[:, 1]] - 1)
        assert np.median(apart) < 0.03 and np.percentile(apart, 80) < 0.06
        assert np.isfinite(solver).all()
    after = _swim(module, scene, truth)
    print(f"swims {np.median(before):.3f} of its distance before, {np.median(after):.4f} after")
    assert np.median(after) < 0.03 and np.median(before) > 5 * np.median(after)
    # Building again keeps the way, and one that starts later moves it.
    scene.second_eye.start = START + 10
    assert bpy.ops.second_eye.build_scene() == {"FINISHED"}
    scene.frame_set(START + 10 + 6)
    assert np.abs(np.array(footage.matrix_world) - world.pose(7)).max() < 0.02


def test_forget_gives_scene_and_project_back(module, scene) -> None:
    compat, keys = module("addon.stage.compat"), module("addon.stage.keys")
    footage, relief = _built(module, scene)
    modifier = relief.modifiers[0]
    near = compat.input_path(modifier, "Near")
    keys.key(relief, near, [START, START + 9], [1.5, 2.5])
    stereo = module("addon.rigs").find_stereo_camera(scene)
    stereo.data.stereo.interocular_distance = 0.3
    keys.key(stereo.data, "stereo.interocular_distance", [START], [0.3])
    footage.location.x = 2.0
    project = Path(scene.second_eye.project_folder) / "project.json"
    stored = project.read_bytes()

    def state() -> list:
        scene.frame_set(START + 12)
        pairs = [(p.co.x, p.co.y) for p in compat.find_fcurve(relief, near).keyframe_points]
        inputs = ("Near", "Far", "Strength", "Low", "High", "Focal", "Scale", "Shift")
        values = [compat.get_input(modifier, name) for name in inputs]
        stand = [tuple(row) for row in footage.matrix_world]
        return [pairs, values, stand, stereo.data.stereo.interocular_distance, stereo.data.lens]

    before = state()
    assert bpy.ops.second_eye.use_solve() == {"FINISHED"}
    used = state()
    assert all(a != b for a, b in zip(before, used, strict=True))
    assert bpy.ops.second_eye.use_solve() == {"FINISHED"}  # again: the same, and nothing is lost
    assert bpy.ops.second_eye.forget_solve() == {"FINISHED"}
    assert project.read_bytes() == stored
    assert state() == before
    with pytest.raises(RuntimeError, match="uses no camera solve"):
        bpy.ops.second_eye.forget_solve()


def test_without_a_solved_camera_the_way_begins_where_the_footage_camera_stands(
    module, scene
) -> None:
    bpy.data.objects.remove(bpy.data.objects["Solved"])
    footage, _ = _built(module, scene)
    stood = footage.matrix_world.copy()
    assert bpy.ops.second_eye.use_solve() == {"FINISHED"}
    scene.frame_set(START)
    assert np.abs(np.array(footage.matrix_world) - np.array(stood)).max() < 1e-5
    scene.frame_set(START + 23)
    gone = (footage.matrix_world.translation - stood.translation).length
    assert gone > 0.5


def test_what_lacks_is_said_in_one_sentence(module, scene, tmp_path) -> None:
    stored = (Path(scene.second_eye.project_folder) / "project.json").read_bytes()

    def refused(words: str, **given) -> None:
        with pytest.raises(RuntimeError, match=words):
            bpy.ops.second_eye.use_solve(**given)
        project = Path(scene.second_eye.project_folder) / "project.json"
        assert project.read_bytes() == stored

    clip = bpy.data.movieclips["walk"]
    plate = clip.filepath
    other = tmp_path / "other" / "000001.jpg"
    other.parent.mkdir()
    shutil.copy(plate, other)
    clip.filepath = str(other)
    refused("not the footage of")
    clip.filepath = plate
    fresh = bpy.data.movieclips.load(plate)
    refused("has no tracks", movie_clip=fresh.name)
    fresh.tracking.tracks.new(name="one", frame=1)
    refused("has no valid camera solve", movie_clip=fresh.name)
    clip.frame_offset = 500
    refused("none of the analysed frames")
    bpy.data.batch_remove([clip, fresh])
    refused("No movie clip is loaded")


def test_the_lens_says_where_it_comes_from(module, scene) -> None:
    settings = scene.second_eye
    footage, relief = _built(module, scene)
    describe = module("addon.ui.solve").describe
    record = module("core.project").LensRecord
    assert "assumed" in describe(record()) and "36.0 mm, 53 degrees" in describe(record())

    def lens() -> tuple[float, str]:
        stored = _manifest(scene)["lens"]
        focal = stored["focal_over_width"]
        assert footage.data.lens / footage.data.sensor_width == pytest.approx(focal)
        compat = module("addon.stage.compat")
        assert compat.get_input(relief.modifiers[0], "Focal") == pytest.approx(focal)
        return focal, stored["source"]

    settings.focal_length, settings.sensor_width = 24.0, 20.0
    assert bpy.ops.second_eye.set_lens() == {"FINISHED"}
    assert lens() == (pytest.approx(1.2), "artist")
    assert bpy.ops.second_eye.set_lens(source="MOVIE_CLIP") == {"FINISHED"}
    assert lens() == (pytest.approx(world.FOCAL, rel=1e-5), "movie clip")
    with pytest.raises(RuntimeError, match="metadata tell no focal length"):
        bpy.ops.second_eye.set_lens(source="METADATA")
    assert bpy.ops.second_eye.set_lens(source="DEFAULT") == {"FINISHED"}
    assert lens() == (1.0, "default")
    assert bpy.ops.second_eye.use_solve() == {"FINISHED"}
    with pytest.raises(RuntimeError, match="brings its own lens"):
        bpy.ops.second_eye.set_lens()
    assert bpy.ops.second_eye.forget_solve() == {"FINISHED"}
    assert lens() == (1.0, "default")


class Layout:
    """Takes down what a panel draws."""

    def __init__(self, drawn: list[str]) -> None:
        self.drawn = drawn

    def row(self, **_) -> Layout:
        return Layout(self.drawn)

    column = row

    def label(self, text: str = "", **_) -> None:
        self.drawn.append(text)

    def prop(self, owner, name: str, **_) -> None:
        assert name in owner.bl_rna.properties
        self.drawn.append(name)

    def operator(self, name: str, **_) -> Layout:
        getattr(bpy.ops.second_eye, name.partition(".")[2]).get_rna_type()
        self.drawn.append(name)
        return self

    def operator_menu_enum(self, name: str, *_, **__) -> None:
        self.operator(name)


def _drawn(module) -> str:
    panel = module("addon.ui.solve").SECOND_EYE_PT_lens
    drawn: list[str] = []
    assert panel.poll(bpy.context)
    panel.draw(type("Panel", (), {"layout": Layout(drawn)}), bpy.context)
    return " ".join(drawn)


def test_an_adaptive_scene_with_an_estimate_and_a_solve(module, scene, monkeypatch) -> None:
    """The button that finds nothing in grey plates leaves all; the relief on its own pattern is
    sampled anew for the fitted depth; the panel tells it."""
    # Blender in background has no scale to wrap a text by.
    words = module("addon.ui.words")
    monkeypatch.setattr(words, "wrapped", lambda layout, text, **_: layout.label(text=text))
    stored = _manifest(scene)
    assert bpy.ops.second_eye.estimate_lens() == {"FINISHED"}
    assert _manifest(scene) == stored
    assert "too few" in module("addon.engine.session").latest.text
    drawn = _drawn(module)
    assert "set by hand" in drawn and "focal_length" in drawn and "estimate_lens" in drawn
    scene.second_eye.sampling, scene.second_eye.triangles = "ADAPTIVE", 2000
    assert bpy.ops.second_eye.build_scene() == {"FINISHED"}
    assert bpy.ops.second_eye.use_solve() == {"FINISHED"}
    drawn = _drawn(module)
    assert "from the camera solve" in drawn and "focal_length" not in drawn
    assert "tied to 115 bundles of" in drawn and "changed since" not in drawn
    with pytest.raises(RuntimeError, match="Forget Solve first"):
        bpy.ops.second_eye.estimate_lens()
    shot = _manifest(scene)["shots"][0]
    assert shot["sampling"] is not None
    project = module("core.project").Project.open(scene.second_eye.project_folder)
    current = module("core.project.sampling").is_current
    assert current(project.folder, project.manifest, project.manifest.shots[0])
    pixels, places = _points(module, scene, 12)
    back = np.linalg.inv(world.pose(12))
    z = -(places @ back[:3, :3].T + back[:3, 3])[:, 2]
    truth = world.depth(12, WIDTH, HEIGHT)[pixels[:, 0], pixels[:, 1]]
    assert np.median(np.abs(z / truth - 1)) < 0.04
