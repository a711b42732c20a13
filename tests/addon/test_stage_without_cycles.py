# SPDX-License-Identifier: GPL-3.0-or-later
"""The Cycles add-on can be switched off: scenes are built for EEVEE then, and nothing fails."""

import addon_utils
import bpy
import moves_case
import pytest

case = moves_case.case


@pytest.fixture
def without_cycles(second_eye):
    addon_utils.disable("cycles", default_set=False)
    assert not hasattr(bpy.types.Scene, "cycles")
    yield
    addon_utils.enable("cycles", default_set=False)
    assert hasattr(bpy.types.Scene, "cycles")


def test_build_scene_takes_eevee_and_says_so(module, case, without_cycles, capfd):
    scene = bpy.context.scene
    scene.second_eye.project_folder = str(case.project.folder)
    assert bpy.ops.second_eye.build_scene() == {"FINISHED"}
    assert "The Cycles add-on is switched off: renders are made by EEVEE." in capfd.readouterr().out
    assert "EEVEE" in scene.render.engine
    with pytest.raises(RuntimeError, match="Shadows need Cycles"):
        bpy.ops.second_eye.add_shadow_catcher()


def test_a_catcher_made_with_cycles_stays_and_goes_without(module, case, second_eye):
    scene = bpy.context.scene
    scene.second_eye.project_folder = str(case.project.folder)
    assert bpy.ops.second_eye.build_scene() == {"FINISHED"}
    assert bpy.ops.second_eye.add_shadow_catcher() == {"FINISHED"}
    addon_utils.disable("cycles", default_set=False)
    try:
        assert bpy.ops.second_eye.build_scene() == {"FINISHED"}
        assert bpy.ops.second_eye.remove_shadow_catcher() == {"FINISHED"}
    finally:
        addon_utils.enable("cycles", default_set=False)
