# SPDX-License-Identifier: GPL-3.0-or-later
"""A stage that is linked from another .blend is said to be so; an override of it can be changed."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from stage_case import Case


@pytest.fixture
def case(module, second_eye, engine_python, tmp_path) -> Case:
    """Two shots in a scene that was saved as library.blend."""
    plates = np.full((4, 8, 12, 3), 90, np.uint8)
    depths = np.broadcast_to(np.linspace(0.1, 0.9, 12, dtype=np.float32), (4, 8, 12)).copy()
    shots = [{"name": "One", "first": 1, "last": 2}, {"name": "Two", "first": 3, "last": 4}]
    case = Case(module, engine_python, tmp_path, plates, depths, bases=depths, shots=shots)
    case.project.folder.with_name("clip.mp4").touch()
    settings = bpy.context.scene.second_eye
    settings.project_folder, settings.sampling = str(case.project.folder), "GRID"
    bpy.ops.second_eye.build_scene()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    return case


def link(library: Path) -> bpy.types.Collection:
    """The stage of ``library`` in a new .blend."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(str(library), link=True) as (_found, wanted):
        wanted.collections = ["Second Eye"]
    bpy.context.scene.collection.children.link(wanted.collections[0])
    return wanted.collections[0]


def test_a_linked_stage_is_shown_and_left_alone(module, case, tmp_path):
    link(tmp_path / "library.blend")
    scene, stage = bpy.context.scene, module("addon.stage")
    (said,) = module("addon.operators.shot_faults").faults(scene)
    assert "linked from library.blend" in said and "library override" in said
    row = stage.reliefs(stage.find_collection(scene))[0].second_eye_row
    before = row.near, row.convergence, row.form, row.locked
    row.near, row.convergence, row.form, row.locked = 1.3, 1.3, "POINTS", True
    assert (row.near, row.convergence, row.form, row.locked) == before
    ops = bpy.ops.second_eye
    for operator in (ops.copy_shot_settings, ops.switch_form, ops.cut_here, ops.cuts_from_markers):
        with pytest.raises(RuntimeError, match=r"linked from library\.blend"):
            operator()
    assert ops.bake_camera() == {"FINISHED"}  # which reads only


def test_an_override_keeps_what_is_set(module, case, tmp_path):
    stage = module("addon.stage")
    linked = link(tmp_path / "library.blend")
    scene = bpy.context.scene
    made = linked.override_hierarchy_create(scene, bpy.context.view_layer)
    assert made is not None and stage.find_collection(scene) == made
    one, two = stage.reliefs(made)
    assert one.override_library is not None
    one.second_eye_row.near, one.second_eye_row.convergence = 1.25, 3.0
    two.second_eye_row.form = "POINTS"
    bpy.context.view_layer.objects.active = one
    assert bpy.ops.second_eye.copy_shot_settings(kinds={"RANGE", "STEREO"}) == {"FINISHED"}
    path = tmp_path / "override.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.open_mainfile(filepath=str(path))
    rows = [r.second_eye_row for r in stage.reliefs(stage.find_collection(bpy.context.scene))]
    assert [row.near for row in rows] == pytest.approx([1.25, 1.25])
    assert [row.convergence for row in rows] == pytest.approx([3.0, 3.0])
    assert rows[1].form == "POINTS"
