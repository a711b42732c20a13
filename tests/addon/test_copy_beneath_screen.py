# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy Settings where a screen says the convergence."""

import bpy
import moves_case
from moves_case import at

case, scene = moves_case.case, moves_case.scene


def test_copy_says_that_the_convergence_was_left_out(module, scene, case, capfd):
    scene.frame_set(at(2))
    copy = bpy.ops.second_eye.copy_shot_settings
    assert copy(target="ALL", kinds={"STEREO"}) == {"FINISHED"}
    assert "left out" not in capfd.readouterr().out
    assert bpy.ops.second_eye.add_screen() == {"FINISHED"}
    assert copy(target="ALL", kinds={"RANGE"}) == {"FINISHED"}
    assert "left out" not in capfd.readouterr().out
    assert copy(target="ALL", kinds={"STEREO"}) == {"FINISHED"}
    assert "The convergence was left out: a screen says it." in capfd.readouterr().out
