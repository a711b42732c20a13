# SPDX-License-Identifier: GPL-3.0-or-later
"""Levels of detail: switched by numbers, one for the viewport and one for renders."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from stage_case import Case, engine, positions, render, sample

EMPTY = """
import sys
from pathlib import Path
import numpy as np
from core.project import pictures
for path in Path(sys.argv[1]).glob("*.exr"):
    pictures.write_exr(path, np.full((30, 48), np.nan, np.float16))
"""
NEWER = """
import sys
import numpy as np
with np.load(sys.argv[1]) as file:
    arrays = dict(file)
arrays["schema"] = np.array(99)
np.savez(sys.argv[1], **arrays)
"""


class CountingEngine(bpy.types.RenderEngine):
    """Sees what a render sees, and draws nothing."""

    bl_idname, bl_label = "SECOND_EYE_TEST_COUNT", "Count"
    seen: list[int] = []

    def render(self, depsgraph):
        self.seen.extend(
            len(i.object.data.vertices)
            for i in depsgraph.object_instances
            if i.object.type == "MESH"
        )


@pytest.fixture
def counting():
    bpy.utils.register_class(CountingEngine)
    CountingEngine.seen.clear()
    yield CountingEngine.seen
    bpy.utils.unregister_class(CountingEngine)


def relief_depth(frames: int, height: int = 30, width: int = 48) -> np.ndarray:
    t, y, x = np.mgrid[:frames, :height, :width]
    return (0.5 + 0.3 * np.sin(x / 5 + t / 3) * np.cos(y / 6) + 0.1 * (x > 30)).astype(np.float32)


@pytest.fixture
def case(module, second_eye, engine_python, tmp_path) -> Case:
    """Six frames in two shots, sampled."""
    plates = np.zeros((6, 60, 96, 3), np.uint8)
    shots = [
        {"name": "One", "first": 1, "last": 3, "near": 1.0, "far": 11.0},
        {"name": "Two", "first": 4, "last": 6, "near": 2.0, "far": 30.0},
    ]
    case = Case(module, engine_python, tmp_path, plates, relief_depth(6), shots=shots)
    sample(module, engine_python, case, 2400)
    return case


def _build(module, case, **given):
    stage = module("addon.stage")
    return stage.build_scene(case.project, bpy.context.scene, sampling="ADAPTIVE", **given)


def _set(module, relief, name, value) -> None:
    module("addon.stage.compat").set_input(relief.modifiers[0], name, value)


def _planes(module, case, number: int = 0):
    shot = case.project.manifest.shots[number]
    return module("addon.stage.sampling").adaptive_planes(case.project, shot)


def _sizes(planes) -> list[int]:
    return [len(plane.radius) for plane in planes.levels]


def test_levels_change_by_a_number_and_nothing_is_built(module, case) -> None:
    relief = _build(module, case).reliefs[0]
    sizes = _sizes(_planes(module, case))
    assert len(sizes) >= 3 and len(set(sizes)) == len(sizes)
    known = [sorted(b.name for b in blocks) for blocks in (bpy.data.meshes, bpy.data.objects)]
    scene = bpy.context.scene
    for number in (*range(1, len(sizes) + 1), 99):
        _set(module, relief, "Viewport Level", number)
        for frame in (1, 2, 3):  # one topology for the whole shot
            scene.frame_set(frame)
            assert len(positions(relief)) == sizes[min(number, len(sizes)) - 1]
    assert known == [sorted(b.name for b in d) for d in (bpy.data.meshes, bpy.data.objects)]


def test_auto_is_what_core_chooses(module, case) -> None:
    built = _build(module, case)
    geometry, files = module("core.geometry"), module("core.geometry.pattern_file")
    where, gain = module("core.project.sampling"), module("core.stereo.gain")
    detail = module("addon.stage.detail")
    for relief, shot in zip(built.reliefs, case.project.manifest.shots, strict=True):
        bpy.context.scene.frame_set(shot.first)
        pattern = files.load(where.pattern_path(case.project.folder, shot))
        pixels = gain.shot_gain(case.project.manifest, shot)
        pair = geometry.choose_pair(pattern, pixels)
        for level, viewport in zip(pair, (True, False), strict=True):
            shown = detail.shown(relief, relief.modifiers[0], viewport)
            assert (shown.number, shown.of) == (level + 1, len(pattern.levels))
            rms = pattern.levels[level].misfit.rms
            assert shown.error == pytest.approx(rms * pixels, rel=1e-5)
        planes = _planes(module, case, case.project.manifest.shots.index(shot))
        assert len(positions(relief)) == _sizes(planes)[pair[0]]


def test_a_render_takes_its_own_level_in_every_frame(module, case, counting) -> None:
    built = _build(module, case)
    relief, sizes = built.reliefs[0], _sizes(_planes(module, case))
    _set(module, relief, "Viewport Level", 1)
    _set(module, relief, "Render Level", len(sizes) - 1)
    scene = bpy.context.scene
    scene.render.engine = CountingEngine.bl_idname
    for frame in (1, 2, 3):
        scene.frame_set(frame)
        built.camera.location.y = -5.0 * frame  # wherever the camera is
        bpy.ops.render.render()
        assert len(positions(relief)) == sizes[0]
    assert counting == [sizes[-2]] * 3


def test_building_again_leaves_nothing_behind(module, case) -> None:
    _build(module, case)
    blocks = (bpy.data.meshes, bpy.data.objects, bpy.data.materials, bpy.data.actions)
    before = [len(b) for b in blocks]
    _build(module, case)
    assert [len(b) for b in blocks] == before
    module("addon.stage").build_scene(case.project, bpy.context.scene)
    assert len(bpy.data.meshes) == 2
    assert not any(o.get("second_eye_role") == "level" for o in bpy.data.objects)


def test_a_cut_shares_its_planes_until_it_is_sampled(module, case, engine_python) -> None:
    _build(module, case)
    stage, before = module("addon.stage"), len(bpy.data.meshes)
    shots = case.project.manifest.shots
    second = type(shots[0])(**(vars(shots[0]) | {"name": "One b", "first": 3}))
    shots[0].last = 2
    shots.insert(1, second)
    case.project.save()
    stage.update_scene(case.project, bpy.context.scene)
    first, cut, _ = stage.reliefs(stage.find_collection(bpy.context.scene))
    assert len(bpy.data.meshes) == before and first.data == cut.data
    sample(module, engine_python, case, 1500)
    stage.update_scene(case.project, bpy.context.scene)
    assert first.data != cut.data
    for relief, number in ((first, 0), (cut, 1)):
        planes = _planes(module, case, number)
        bpy.context.scene.frame_set(int(relief["second_eye_first"]))
        assert len(positions(relief)) == _sizes(planes)[planes.viewport - 1]
    used = {mesh for mesh in bpy.data.meshes if mesh.users}
    assert used == set(bpy.data.meshes)


def test_a_stale_pattern_goes_on_serving_what_is_built(module, case, engine_python) -> None:
    """Another depth over the old points is a relief; only a poorer one than it could be."""
    built = _build(module, case)
    before = [positions(relief) for relief in built.reliefs]
    case.project.manifest.shots[0].high = 0.9
    case.project.save()
    assert _planes(module, case) is None
    assert module("addon.stage").update_scene(case.project, bpy.context.scene) == []
    after = [positions(relief) for relief in built.reliefs]
    assert [len(co) for co in before] == [len(co) for co in after]
    assert np.abs(before[0] - after[0]).max() > 1e-3
    with pytest.raises(module("core.errors").SecondEyeError, match="One has no sampling pattern"):
        _build(module, case)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda p: p.write_bytes(b"no file"), "is damaged: delete it"),
        (lambda p: p.write_bytes(p.read_bytes()[:900]), "is damaged: delete it"),
        (NEWER, "newer version of Second Eye"),
    ],
    ids=["nonsense", "cut", "newer"],
)
def test_a_bad_file_is_told_and_the_old_relief_stays(
    module, case, engine_python, harm, words
) -> None:
    built = _build(module, case)
    path = case.project.folder / "sampling" / "000004.npz"
    if isinstance(harm, str):
        engine(module, engine_python, harm, path)
    else:
        harm(path)
    error, stage = module("core.errors").SecondEyeError, module("addon.stage")
    scene, names = bpy.context.scene, [relief.name for relief in built.reliefs]
    for attempt in (lambda: _build(module, case), lambda: stage.update_scene(case.project, scene)):
        with pytest.raises(error, match=rf"000004\.npz.*{words}"):
            attempt()
        kept = stage.reliefs(stage.find_collection(scene))
        assert [relief.name for relief in kept] == names and kept[0] == built.reliefs[0]


@pytest.mark.parametrize(
    ("depth", "size"),
    [(np.full((1, 20, 30), 0.5), (40, 60)), (np.full((1, 1, 1), 0.5), (2, 2))],
    ids=["flat", "one pixel"],
)
def test_flat_depth_and_one_pixel_in_one_frame(
    module, second_eye, engine_python, tmp_path, depth, size
) -> None:
    plates = np.zeros((1, *size, 3), np.uint8)
    case = Case(module, engine_python, tmp_path, plates, depth.astype(np.float32))
    sample(module, engine_python, case, 1000)
    relief = _build(module, case).reliefs[0]
    assert len(relief.data.polygons) == 2 + 16  # the picture, and the apron around it
    distance = 1 / module("core.geometry").inverse_distance(0.5, 2.0, 20.0)
    np.testing.assert_allclose(-positions(relief)[:, 2], distance, rtol=1e-3)


def test_a_frame_of_8k(module, second_eye, engine_python, tmp_path) -> None:
    """The plate keeps its size; depth is as small as it was stored."""
    depth = np.full((1, 18, 32), 0.1, np.float32)
    depth[:, 6:12, 8:24] = 0.9
    plate = np.zeros((1, 4320, 7680, 3), np.uint8)
    plate[:, 1440:2880, 1920:5760] = 200
    case = Case(module, engine_python, tmp_path, plate, depth)
    sample(module, engine_python, case, 1000)
    _build(module, case)
    scene = bpy.context.scene
    assert (scene.render.resolution_x, scene.render.resolution_y) == (7680, 4320)
    scene.render.resolution_percentage = 1
    picture = render(scene, 1, tmp_path / "small.png").astype(int)
    height, width = picture.shape[:2]
    assert (picture[height // 2, width // 2] >= 198).all() and picture[2].max() <= 2


def test_build_scene_samples_what_lacks_a_pattern(module, case) -> None:
    """By the engine, as a long job, and only where there is something to do."""
    scene = bpy.context.scene
    scene.second_eye.project_folder = str(case.project.folder)
    (case.project.folder / "sampling" / "000004.npz").unlink()
    kept = (case.project.folder / "sampling" / "000001.npz").stat().st_mtime_ns
    assert bpy.ops.second_eye.build_scene() == {"FINISHED"}
    assert (case.project.folder / "sampling" / "000001.npz").stat().st_mtime_ns == kept
    stage = module("addon.stage")
    assert stage.is_adaptive(scene)
    reliefs = stage.reliefs(stage.find_collection(scene))
    assert [list(r["second_eye_triangles"])[-1] > 2000 for r in reliefs] == [True, True]
    # Sample Again: this shot alone, with another budget.
    scene.frame_set(5)
    scene.second_eye.triangles = 800
    before = reliefs[0]["second_eye_source"]
    assert bpy.ops.second_eye.sample_shot() == {"FINISHED"}
    assert reliefs[0]["second_eye_source"] == before
    assert list(reliefs[1]["second_eye_triangles"])[-1] <= 800
    assert bpy.ops.second_eye.sample_shot(every_shot=True) == {"FINISHED"}
    assert list(reliefs[0]["second_eye_triangles"])[-1] <= 800
    # A grid needs no pattern, and no engine.
    scene.second_eye.sampling = "GRID"
    second_eye = bpy.context.preferences.addons[module("addon").ROOT_PACKAGE].preferences
    second_eye.engine_python = "/nowhere/python"
    assert bpy.ops.second_eye.build_scene() == {"FINISHED"}
    assert not stage.is_adaptive(scene)
    assert not bpy.ops.second_eye.sample_shot.poll()
    scene.second_eye.sampling = "ADAPTIVE"
    assert bpy.ops.second_eye.build_scene() == {"FINISHED"}  # nothing to sample


def test_without_an_engine_build_scene_names_the_grid(module, case) -> None:
    scene = bpy.context.scene
    scene.second_eye.project_folder = str(case.project.folder)
    (case.project.folder / "sampling" / "000001.npz").unlink()
    second_eye = bpy.context.preferences.addons[module("addon").ROOT_PACKAGE].preferences
    second_eye.engine_python = "/nowhere/python"
    with pytest.raises(RuntimeError, match="a Grid does not"):
        bpy.ops.second_eye.build_scene()


def test_depth_without_a_number_is_told_and_the_old_relief_stays(
    module, case, engine_python
) -> None:
    scene = bpy.context.scene
    scene.second_eye.project_folder = str(case.project.folder)
    bpy.ops.second_eye.build_scene()
    stage = module("addon.stage")
    before = stage.reliefs(stage.find_collection(scene))
    engine(module, engine_python, EMPTY, case.project.folder / "depth")
    scene.second_eye.triangles = 900
    with pytest.raises(RuntimeError, match="holds no number at all: delete it"):
        bpy.ops.second_eye.sample_shot()
    assert stage.reliefs(stage.find_collection(scene)) == before


def test_a_cancelled_sampling_changes_nothing_and_goes_on_another_time(module, case) -> None:
    scene, session = bpy.context.scene, module("addon.engine.session")
    scene.second_eye.project_folder = str(case.project.folder)
    bpy.ops.second_eye.build_scene()
    stage = module("addon.stage")
    (relief, _) = before = stage.reliefs(stage.find_collection(scene))
    source, plain = relief["second_eye_source"], session.begin

    def begin(title, task):
        session.begin = plain
        running = session.begin(title, task)
        task.cancel()
        return running

    scene.second_eye.triangles = 700
    session.begin = begin
    try:
        assert bpy.ops.second_eye.sample_shot() == {"CANCELLED"}
    finally:
        session.begin = plain
    assert session.current() is None and session.latest.icon == "CANCEL"
    assert stage.reliefs(stage.find_collection(scene)) == before
    assert relief["second_eye_source"] == source
    assert bpy.ops.second_eye.sample_shot() == {"FINISHED"}
    assert relief["second_eye_source"] != source
