# SPDX-License-Identifier: GPL-3.0-or-later
"""Repair Again, cuts, the split and the flicker plot, by the operators that the buttons call."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import bpy
import numpy as np
import pytest
from stage_case import positions, read_picture


@pytest.fixture
def project(analysed: Path, tmp_path: Path) -> Path:
    """A copy of the analysed clip: eight frames, one shot."""
    return Path(shutil.copytree(analysed, tmp_path / "clip.secondeye"))


@pytest.fixture
def scene(second_eye, project: Path) -> bpy.types.Scene:
    scene = bpy.context.scene
    scene.second_eye.project_folder, scene.second_eye.start = str(project), 11
    assert bpy.ops.second_eye.build_scene() == {"FINISHED"}
    return scene


def _manifest(project: Path) -> dict:
    return json.loads((project / "project.json").read_text())


def _shots(project: Path) -> list[tuple[int, int]]:
    return [(shot["first"], shot["last"]) for shot in _manifest(project)["shots"]]


def _digests(project: Path) -> list[str]:
    files = sorted((project / "depth").glob("*.exr"))
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]


def _reliefs(module, scene) -> list[bpy.types.Object]:
    stage = module("addon.stage")
    return stage.reliefs(stage.find_collection(scene))


def _get(module, relief, name: str):
    return module("addon.stage.compat").get_input(relief.modifiers[0], name)


def test_settings_go_into_a_new_analysis(second_eye, clip: Path, tmp_path: Path) -> None:
    bpy.ops.second_eye.import_clip(filepath=str(clip))
    settings = bpy.context.scene.second_eye
    settings.project_folder, settings.last = str(tmp_path / "p.secondeye"), 3
    settings.spatial, settings.temporal, settings.semantic = 0.25, 0.5, 0.7
    settings.look_ahead = 2
    bpy.ops.second_eye.analyse()
    manifest = _manifest(tmp_path / "p.secondeye")
    (shot,) = manifest["shots"]
    assert (shot["spatial"], shot["temporal"], shot["semantic"]) == (0.25, 0.5, 0.7)
    assert manifest["repair"]["look_ahead"] == 2
    # A finished one keeps what it has, whatever the settings say now.
    before = _digests(tmp_path / "p.secondeye")
    settings.spatial = settings.temporal = 0.0
    bpy.ops.second_eye.analyse()
    assert _manifest(tmp_path / "p.secondeye")["shots"] == [shot]
    assert _digests(tmp_path / "p.secondeye") == before


def test_the_look_ahead_is_the_engines(module, second_eye, engine_python) -> None:
    """Blender's process knows its range and default without loading the repair."""
    from stage_case import engine

    script = "from core.repair import settings as s; print(s.LOOK_AHEAD, s.MOST_LOOK_AHEAD)"
    told = engine(module, engine_python, script).split()
    look_ahead = bpy.context.scene.second_eye.bl_rna.properties["look_ahead"]
    assert told == [str(look_ahead.default), str(look_ahead.hard_max)]


def test_repair_again_repairs_the_shot_and_the_scene_follows(module, scene, project) -> None:
    stamp, stage = module("addon.operators.render_stamp"), module("addon.stage")

    def rendered_with() -> str:
        opened = module("core.project").Project.open(project)
        return stamp.digest(scene, stage.find_collection(scene), opened.manifest)

    # A grid: its points stay, and can be compared; a pattern is made anew for the new depth.
    scene.second_eye.sampling = "GRID"
    bpy.ops.second_eye.build_scene()
    (relief,) = _reliefs(module, scene)
    stamps = [rendered_with()]
    scene.frame_set(14)
    repaired, low = positions(relief), _get(module, relief, "Low")
    before = _digests(project)
    module("addon.stage.keys").key(
        relief, module("addon.stage.compat").input_path(relief.modifiers[0], "Near"), [11], [1.5]
    )
    relief.second_eye.spatial = relief.second_eye.temporal = relief.second_eye.semantic = 0.0
    stamps.append(rendered_with())  # other keys, and strengths that are not applied yet
    assert bpy.ops.second_eye.repair_shot() == {"FINISHED"}
    stamps.append(rendered_with())
    assert len(set(stamps)) == 3
    shot = _manifest(project)["shots"][0]
    assert (shot["spatial"], shot["temporal"], shot["semantic"]) == (0.0, 0.0, 0.0)
    assert _digests(project) != before
    # All off: the depth is the estimate, and Repair moves nothing any more.
    scene.frame_set(14)
    off = positions(relief)
    assert np.abs(off - repaired).max() > 1e-4
    assert _get(module, relief, "Low") == pytest.approx(shot["low"]) and shot["low"] != low
    assert _get(module, relief, "Near") == pytest.approx(1.5)
    module("addon.stage.compat").set_input(relief.modifiers[0], "Repair", 0.0)
    np.testing.assert_allclose(positions(relief), off, rtol=1e-5)
    # And back: the same files as at first.
    for branch in ("spatial", "temporal", "semantic"):
        setattr(relief.second_eye, branch, 1.0)
    bpy.ops.second_eye.repair_shot()
    assert _digests(project) == before


def test_a_cut_a_shot_repaired_alone_and_a_merge(module, scene, project) -> None:
    """And at the end the files that there were at the beginning."""
    compat, stereo = module("addon.stage.compat"), module("addon.rigs").find_stereo_camera(scene)

    def keys(owner, path: str) -> set[int]:
        return {round(p.co.x) for p in compat.find_fcurve(owner, path).keyframe_points}

    move = module("addon.rigs").find_chain(scene).move
    interocular, before = "stereo.interocular_distance", _digests(project)
    (first,) = _reliefs(module, scene)
    path = compat.input_path(first.modifiers[0], "Far")
    module("addon.stage.keys").key(first, path, [11, 18], [30.0, 31.0])
    scene.frame_set(15)
    assert bpy.ops.second_eye.cut_here() == {"FINISHED"}
    assert _shots(project) == [(1, 4), (5, 8)]
    assert keys(stereo.data, interocular) == {11, 15}
    assert keys(move, "location") == {11, 14, 15, 18}
    first, second = _reliefs(module, scene)
    for frame in range(11, 19):
        scene.frame_set(frame)
        assert (first.hide_render, second.hide_render) == (frame >= 15, frame < 15)
        shown = second if frame >= 15 else first
        assert _get(module, shown, "Far") == pytest.approx(30.0 + (frame >= 18))

    cut = _digests(project)
    second.second_eye.temporal = 0.0
    first.second_eye.spatial = 0.5  # moved, but not applied: it stays the artist's
    assert bpy.ops.second_eye.repair_shot() == {"FINISHED"}  # the second plays
    after = _digests(project)
    assert after[:4] == cut[:4] and after[4:] != cut[4:]
    assert [s["temporal"] for s in _manifest(project)["shots"]] == [1.0, 0.0]
    assert first.second_eye.spatial == 0.5 and second.second_eye.temporal == 0.0
    second.second_eye.temporal = 1.0
    bpy.ops.second_eye.repair_shot(every_shot=True)
    assert _digests(project) == cut
    assert first.second_eye.spatial == 1.0

    assert bpy.ops.second_eye.merge_shots() == {"FINISHED"}
    assert _shots(project) == [(1, 8)]
    assert keys(stereo.data, interocular) == {11} and keys(move, "location") == {11, 18}
    assert _reliefs(module, scene) == [first] and not first.hide_render
    assert _digests(project) == before


def test_a_scene_that_undo_took_back_is_not_repaired_in_part(module, scene, project) -> None:
    compat = module("addon.stage.compat")
    scene.frame_set(15)
    bpy.ops.ed.undo_push(message="Built")
    assert bpy.ops.second_eye.cut_here() == {"FINISHED"}
    bpy.ops.ed.undo_push(message="Cut")
    bpy.ops.ed.undo()
    scene = bpy.context.scene
    (relief,) = _reliefs(module, scene)
    assert module("addon.stage").span(relief) == (1, 8) and _shots(project) == [(1, 4), (5, 8)]
    before = _digests(project)
    relief.second_eye.spatial = 0.5
    with pytest.raises(RuntimeError, match=r"frames 1 to 8, .* frames 1 to 4 there, .*Build"):
        bpy.ops.second_eye.repair_shot()
    assert _digests(project) == before
    assert bpy.ops.second_eye.build_scene() == {"FINISHED"}  # the remedy
    first, second = _reliefs(module, scene)
    second.second_eye.temporal = 0.5
    scene.frame_set(15)
    assert bpy.ops.second_eye.repair_shot() == {"FINISHED"}
    # A merge that the scene doesn't show: the shot reaches into another relief.
    spans = [module("addon.stage").span(relief) for relief in (first, second)]
    assert bpy.ops.second_eye.merge_shots() == {"FINISHED"}
    assert spans == [(1, 4), (5, 8)] and _shots(project) == [(1, 8)]
    assert bpy.ops.second_eye.repair_shot() == {"FINISHED"}
    (first,) = _reliefs(module, scene)
    second = first.copy()
    first.users_collection[0].objects.link(second)
    compat.set_input(first.modifiers[0], "Last", 4)
    compat.set_input(second.modifiers[0], "First", 5)
    before = _digests(project)
    for shown in (first, second):
        bpy.context.view_layer.objects.active = shown
        with pytest.raises(RuntimeError, match="has a shot of frames 1 to 8 there"):
            bpy.ops.second_eye.repair_shot()
    assert _digests(project) == before


def test_the_redo_panel_offers_no_other_repair(second_eye) -> None:
    """Its every change runs the operator again."""
    every_shot = bpy.ops.second_eye.repair_shot.get_rna_type().properties["every_shot"]
    assert every_shot.is_hidden and every_shot.is_skip_save


def test_what_lacks_is_said(module, scene, project) -> None:
    def refused(operator: str, words: str) -> None:
        with pytest.raises(RuntimeError, match=words):
            getattr(bpy.ops.second_eye, operator)()

    scene.frame_set(11)
    refused("cut_here", "begins at the current frame already")
    refused("merge_shots", "none before it")
    scene.frame_set(30)
    refused("cut_here", "outside the clip")
    refused("merge_shots", "outside the clip")
    (project / "flicker.json").unlink()
    refused("show_flicker", "press Analyse")
    shutil.rmtree(project / "base")
    refused("repair_shot", "keeps no depth from before repair")
    (project / "project.json").rename(project / "gone.json")
    refused("repair_shot", "is gone")
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    refused("repair_shot", "Build Scene first")
    refused("cut_here", "Build Scene first")
    refused("split_preview", "Build Scene first")
    refused("show_flicker", "Analyse a clip first")


def test_a_cancelled_repair_leaves_all_as_it_was(module, scene, project) -> None:
    """Cancelled in the middle of its frames, as by the button; the next one goes through."""
    session = module("addon.engine.session")
    (relief,) = _reliefs(module, scene)
    before, manifest = _digests(project), (project / "project.json").read_bytes()
    relief.second_eye.temporal = 0.0
    plain, stages = session.begin, []

    def begin(title, task):
        listen = task.pause

        def pause() -> None:
            listen()
            stages.append(task.progress.stage)
            if task.progress.stage == "repair":
                session.cancel()

        task.pause = pause
        return plain(title, task)

    session.begin = begin
    try:
        assert bpy.ops.second_eye.repair_shot() == {"CANCELLED"}
    finally:
        session.begin = plain
    assert "repair" in stages
    assert session.current() is None and session.latest.icon == "CANCEL"
    assert _digests(project) == before
    assert (project / "project.json").read_bytes() == manifest
    assert relief.second_eye.temporal == 0.0
    assert bpy.ops.second_eye.repair_shot() == {"FINISHED"}
    assert _digests(project) != before


def test_split_preview_comes_and_goes(module, scene) -> None:
    (relief,) = _reliefs(module, scene)
    names = ("Split", "Depth View", "Repair")
    assert bpy.ops.second_eye.split_preview() == {"FINISHED"}
    assert [_get(module, relief, name) for name in names] == [0.5, 1.0, 1.0]
    assert bpy.ops.second_eye.split_preview() == {"FINISHED"}
    assert [_get(module, relief, name) for name in names] == [0.0, 0.0, 1.0]


def test_split_preview_gives_the_depth_view_back(module, scene) -> None:
    compat, (relief,) = module("addon.stage.compat"), _reliefs(module, scene)

    def toggled() -> tuple[float, float]:
        assert bpy.ops.second_eye.split_preview() == {"FINISHED"}
        return _get(module, relief, "Split"), _get(module, relief, "Depth View")

    compat.set_input(relief.modifiers[0], "Depth View", 0.25)
    assert toggled() == (0.5, 1.0)
    assert toggled() == (0.0, 0.25)
    # The split ended by its slider: its view isn't the artist's.
    toggled()
    compat.set_input(relief.modifiers[0], "Split", 0.0)
    assert toggled() == (0.5, 1.0)
    assert toggled() == (0.0, 0.25)
    # And made by its slider: the view is.
    compat.set_input(relief.modifiers[0], "Split", 0.7)
    assert toggled() == (0.0, 0.25)


def test_show_flicker_draws_what_the_project_says(scene, project) -> None:
    figures = {"first": 1, "base": [None, 2.0, 2, 4, 2, None, 2, 2.0],
               "repaired": [None, *[1.0] * 4, None, 1.0, 1.0]}  # fmt: skip
    (project / "flicker.json").write_text(json.dumps(figures))
    assert bpy.ops.second_eye.show_flicker() == {"FINISHED"}
    picture = read_picture(project / "flicker.png").astype(int)
    assert picture.shape == (640, 1600, 3)
    field = picture[110:559, 110:1570]
    orange = np.abs(field - [240, 150, 60]).max(axis=2) < 20
    blue = np.abs(field - [70, 170, 250]).max(axis=2) < 20
    frame = [round(i * 1459 / 7) for i in range(8)]

    def height(colour, column: int) -> float:
        rows = np.flatnonzero(colour[:, max(column - 3, 0) : column + 4].any(axis=1))
        return 450 - float(np.median(rows)) if len(rows) else 0.0

    level = height(blue, frame[2])
    assert level > 40
    assert height(orange, frame[2]) == pytest.approx(2 * level, abs=4)
    assert height(orange, frame[1]) == pytest.approx(2 * level, abs=4)
    peak = np.flatnonzero(orange[:, frame[3] - 2 : frame[3] + 3].any(axis=1)).min()
    assert 450 - peak == pytest.approx(4 * level, abs=6)
    gap = slice(frame[4] + 8, frame[6] - 8)
    assert not orange[:, gap].any() and not blue[:, gap].any()
    images = [i for i in bpy.data.images if i.filepath.endswith("flicker.png")]
    # It makes a data-block, which an Undo must know of.
    operator = bpy.types.SECOND_EYE_OT_show_flicker.bl_options
    assert operator == {"REGISTER", "UNDO"}
    assert len(images) == 1
    (project / "flicker.json").write_text("{}")
    with pytest.raises(RuntimeError, match=r"flicker\.json is damaged"):
        bpy.ops.second_eye.show_flicker()


def test_a_conversion_without_a_render_says_what_it_leaves_out(module, scene) -> None:
    (relief,) = _reliefs(module, scene)
    comparing = module("addon.rigs").comparing
    assert not comparing(scene)
    compat, keys = module("addon.stage.compat"), module("addon.stage.keys")
    keys.key(relief, compat.input_path(relief.modifiers[0], "Repair"), [11, 18], [1.0, 0.0])
    assert comparing(scene)
    assert bpy.ops.second_eye.bake_camera() == {"FINISHED"}
