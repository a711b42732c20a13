# SPDX-License-Identifier: GPL-3.0-or-later
"""Stages of other files, linked and overridden: said, and no traceback."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
import rig_case
from rig_case import chain, drawn

case, scene = rig_case.case, rig_case.scene


@pytest.fixture
def library(module, scene, tmp_path) -> Path:
    path = tmp_path / "stage.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    return path


EDITS = (
    "build_scene",
    "set_rig_mode",
    "repair_rig",
    "add_aim",
    "add_screen",
    "add_edit",
    "add_move",
)


def test_a_linked_scene_is_said(module, library, case, monkeypatch):
    with bpy.data.libraries.load(str(library), link=True) as (there, here):
        here.scenes = there.scenes
    linked = here.scenes[0]
    with bpy.context.temp_override(scene=linked):
        said = drawn(module, monkeypatch)
        assert "is linked from stage.blend: open that file, or make the scene local." in said
        for operator in EDITS:
            with pytest.raises(RuntimeError, match=r"linked from stage\.blend"):
                getattr(bpy.ops.second_eye, operator)()
        assert bpy.ops.second_eye.bake_camera() == {"FINISHED"}  # it only reads the scene


def _linked_collection(library: Path) -> bpy.types.Collection:
    with bpy.data.libraries.load(str(library), link=True) as (_there, here):
        here.collections = ["Second Eye"]
    bpy.context.scene.collection.children.link(here.collections[0])
    return here.collections[0]


def test_a_linked_stage_is_said(module, library, case, monkeypatch):
    _linked_collection(library)
    bpy.context.scene.second_eye.project_folder = str(case.project.folder)
    assert "make a library override of it" in drawn(module, monkeypatch)
    for operator in EDITS:
        with pytest.raises(RuntimeError, match=r"linked from stage\.blend"):
            getattr(bpy.ops.second_eye, operator)()
    assert bpy.ops.second_eye.bake_camera() == {"FINISHED"}


def _overridden(case, path: Path) -> None:
    """A new scene with an override of the stage that was saved there."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    collection = _linked_collection(path)
    collection.override_hierarchy_create(scene, bpy.context.view_layer, do_fully_editable=True)
    scene.second_eye.project_folder = str(case.project.folder)
    if collection.name in scene.collection.children and collection.library is not None:
        scene.collection.children.unlink(collection)


def test_a_library_override_is_animated_but_not_rebuilt(module, library, case, monkeypatch):
    _overridden(case, library)
    scene = bpy.context.scene
    found = chain(module)
    assert found.camera.override_library is not None
    assert "library override of stage.blend" in drawn(module, monkeypatch)
    for operator in ("build_scene", "repair_rig", "add_aim", "add_screen"):
        with pytest.raises(RuntimeError, match=r"library override of stage\.blend"):
            getattr(bpy.ops.second_eye, operator)()
    found.rig.location.x = 0.7
    found.rig.keyframe_insert("location", frame=1)
    if found.camera.data.library is not None:  # Blender overrides objects, and leaves their data
        assert "The camera data" in drawn(module, monkeypatch)
        with pytest.raises(RuntimeError, match=r"camera data .* is linked"):
            bpy.ops.second_eye.set_rig_mode(mode="TOE")
        found.camera.data = found.camera.data.override_create()
    assert bpy.ops.second_eye.set_rig_mode(mode="TOE") == {"FINISHED"}
    baked = module("addon.rigs").bake_camera(scene, case.project)
    assert baked.lateral_offset[0] == pytest.approx(0.7 + found.move.location.x, abs=0.2)
    assert "toe-in" in baked.left_out


def _keys(module) -> list[tuple[float, float]]:
    curve = module("addon.stage.compat").find_fcurve(chain(module).move, "location", 0)
    return [] if curve is None else [tuple(p.co) for p in curve.keyframe_points]


@pytest.mark.parametrize("drift", [0.0, 2.0])
def test_a_move_on_an_override_is_kept_in_its_file(module, scene, case, tmp_path, drift):
    """Also where the library has keys, which a linked action can't keep otherwise."""
    module("addon.rigs").make_stereo_camera(scene, case.project, drift=drift)
    path = tmp_path / "stage.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    _overridden(case, path)
    ops = bpy.ops.second_eye
    theirs = _keys(module)
    if drift:
        with pytest.raises(RuntimeError, match=r"linked file's.* Write Anew"):
            ops.add_move(kind="drift", measured=False)
        assert _keys(module) == theirs != []
        assert ops.rewrite_move() == {"FINISHED"}
    assert ops.add_move(kind="drift", strength=8.0, measured=False) == {"FINISHED"}
    assert ops.measure_move() == {"FINISHED"}
    ours = _keys(module)
    assert ours and ours != theirs
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "override.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "override.blend"))
    assert _keys(module) == ours
    bpy.context.scene.second_eye_moves.items[0].strength = 4.0
    assert _keys(module) == [(frame, pytest.approx(0.5 * value)) for frame, value in ours]
    assert ops.remove_move() == {"FINISHED"}
    assert _keys(module) == []


def test_what_rebuilds_an_override_says_where_it_can_be_done(module, scene, case, tmp_path):
    path = tmp_path / "stage.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    _overridden(case, path)
    for name in ("make_layers", "estimate_lens", "repair_shot", "sample_shot", "cut_here"):
        with pytest.raises(RuntimeError, match=r"library override of stage\.blend"):
            getattr(bpy.ops.second_eye, name)()
    for name in ("grade_depth", "make_window"):
        with pytest.raises(RuntimeError, match="linked from another file"):
            getattr(bpy.ops.second_eye, name)()
