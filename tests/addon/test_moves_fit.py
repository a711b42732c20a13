# SPDX-License-Identifier: GPL-3.0-or-later
"""What a camera move uncovers: measured, made to fit, and left open where it can't be told."""

from __future__ import annotations

import time
from types import SimpleNamespace

import bpy
import moves_case
import numpy as np
import pytest
from moves_case import add, chain, keyed, opened
from stage_case import render

case, scene = moves_case.case, moves_case.scene


def test_the_uncovered_area_is_what_a_render_shows(module, scene, case, tmp_path):
    """Against the alpha of a render, of one eye, with steps and the picture's edges open."""
    opened(module, scene)
    scene.render.use_multiview = False
    scene.render.film_transparent = True
    scene.render.resolution_x, scene.render.resolution_y = 180, 120
    shown = {}
    for kind, strength in (("drift", 15.0), ("crane", 12.0), ("arc", 10.0)):
        assert add(kind, measured=True, strength=strength) == {"FINISHED"}
        found, current = module("addon.rigs.moves").kept(
            scene, module("addon.rigs.moves").moved_shots(scene, chain(module).camera)[0]
        )
        assert current
        path = tmp_path / f"{kind}.png"
        render(scene, found.frame, path)
        scene.render.image_settings.color_mode = "RGBA"
        bpy.ops.render.render(write_still=True)
        image = bpy.data.images.load(str(path))
        alpha = np.array(image.pixels[:]).reshape(-1, 4)[:, 3]
        shown[kind] = 100.0 * (1.0 - alpha.mean())
        assert found.uncovered == pytest.approx(shown[kind], abs=1.5)
        assert found.bare == found.uncovered and not found.layers
        bpy.ops.second_eye.remove_move()
    assert min(shown.values()) > 4.0


def test_a_move_is_made_to_fit(module, scene):
    opened(module, scene, Step=100.0)  # no step is cut: the picture's edges alone open
    settings, rigs = scene.second_eye_moves, module("addon.rigs.moves")
    add("drift", strength=12.0)
    add("crane", strength=6.0)
    settings.limit = 3.0
    assert bpy.ops.second_eye.fit_move() == {"FINISHED"}
    strengths = [item.strength for item in settings.items]
    assert strengths[0] / strengths[1] == pytest.approx(2.0, rel=1e-4)
    assert 0.0 < strengths[0] < 11.0

    def shot():
        return rigs.moved_shots(scene, chain(module).camera)[0]

    found, current = rigs.kept(scene, shot())
    assert current and 1.0 < found.uncovered <= 3.0
    settings.items[0].strength *= 2.0
    assert not rigs.kept(scene, shot())[1]
    bpy.ops.second_eye.measure_move()
    assert rigs.kept(scene, shot())[0].uncovered > 3.0
    # Cropping first leaves more of the move.
    settings.items[0].strength, settings.items[1].strength = 12.0, 6.0
    settings.most_crop = 8.0
    bpy.ops.second_eye.fit_move()
    assert settings.items[0].strength > 1.2 * strengths[0] and settings.items[0].crop > 0.0
    assert rigs.kept(scene, shot())[0].uncovered <= 3.0
    # What no strength can mend is told, and nothing changes.
    chain(module).rig.location.x = 3.0
    before = [item.strength for item in settings.items]
    with pytest.raises(RuntimeError, match="Even without the move"):
        bpy.ops.second_eye.fit_move()
    assert [item.strength for item in settings.items] == pytest.approx(before)


def test_a_crop_that_does_not_help_is_not_taken(module, scene):
    opened(module, scene)  # the square's steps open, however much is cut off at the edges
    add("drift", strength=12.0)
    scene.second_eye_moves.most_crop = 8.0
    assert bpy.ops.second_eye.fit_move() == {"FINISHED"}
    item = scene.second_eye_moves.items[0]
    assert item.crop == 0.0 and 0.0 < item.strength < 6.0


def test_a_project_that_is_gone_leaves_the_move(module, scene, case, tmp_path):
    case.project.folder.rename(tmp_path / "away")
    try:
        assert add("drift", measured=True, strength=4.0) == {"FINISHED"}
        assert not bpy.ops.second_eye.measure_move.poll()
        assert not bpy.ops.second_eye.fit_move.poll()
        assert keyed(module)
        assert bpy.ops.second_eye.remove_move() == {"FINISHED"}
    finally:
        (tmp_path / "away").rename(case.project.folder)


class Ticks:
    """The ``modal`` of a task operator, driven as a window's timer does."""

    def __init__(self, module, **given):
        task = module("addon.operators.moves_task")
        said = self.said = []

        class Driven(task.MovesTask):
            every_shot = False

            def report(self, kind, text):
                said.append((kind, text))

        self.session, self.operator = module("addon.engine.session"), Driven()
        self.operator._running = self.session.begin(
            self.operator.title, self.operator.start(bpy.context)
        )

    def tick(self):
        time.sleep(0.02)
        return self.operator.modal(bpy.context, SimpleNamespace(type="TIMER"))

    def run(self):
        until, answer = time.monotonic() + 120.0, {"PASS_THROUGH"}
        while answer == {"PASS_THROUGH"} and time.monotonic() < until:
            answer = self.tick()
        return answer


def first_shot(module):
    rigs = module("addon.rigs.moves")
    return rigs.moved_shots(bpy.context.scene, chain(module).camera)[0]


def test_moves_change_while_one_is_measured(module, second_eye, scene):
    rigs = module("addon.rigs.moves")
    add("drift", strength=12.0)
    measuring = Ticks(module)
    assert measuring.tick() == {"PASS_THROUGH"}
    assert not bpy.ops.second_eye.grade_depth.poll()  # what needs the engine waits
    assert bpy.ops.second_eye.add_move.poll() and bpy.ops.second_eye.measure_move.poll()
    assert add("push-in", strength=5.0) == {"FINISHED"}  # and ends the measurement
    assert measuring.session.current() is None
    assert measuring.tick() == {"CANCELLED"} and measuring.said == []
    # Settings that are changed meanwhile: no figure of other keys is shown as theirs.
    measuring = Ticks(module)
    scene.second_eye_moves.items[0].strength = 3.0
    assert measuring.run() == {"CANCELLED"}
    assert "changed meanwhile" in measuring.said[0][1]
    assert rigs.kept(scene, first_shot(module)) == (None, False)
    measuring = Ticks(module)
    assert bpy.ops.second_eye.cancel() == {"FINISHED"}
    assert measuring.run() == {"CANCELLED"} and measuring.said[0][0] == {"WARNING"}
    assert Ticks(module).run() == {"FINISHED"}
    assert rigs.kept(scene, first_shot(module))[1]
    scene.second_eye_moves.items[1].strength = 4.0
    assert bpy.ops.second_eye.predict_move() == {"FINISHED"}
    assert rigs.kept(scene, first_shot(module))[1]


def test_without_an_engine_a_move_is_added_and_says_so(module, second_eye, scene):
    preferences = module("addon.preferences").get()
    preferences.engine_python = "/nowhere/python"
    assert add("drift", measured=True, strength=4.0) == {"FINISHED"}
    assert keyed(module)
    with pytest.raises(RuntimeError, match="/nowhere/python"):
        bpy.ops.second_eye.measure_move()
    assert keyed(module)


def test_fit_leaves_the_figure_open_where_a_constraint_turns_the_rig(module, scene):
    opened(module, scene, Step=100.0)
    rigs = module("addon.rigs.moves")
    add("drift", strength=12.0)
    assert bpy.ops.second_eye.add_aim() == {"FINISHED"}
    scene.second_eye_moves.limit = 3.0
    assert bpy.ops.second_eye.fit_move() == {"FINISHED"}
    assert 0.0 < scene.second_eye_moves.items[0].strength < 12.0
    assert not rigs.kept(scene, first_shot(module))[1]
    bpy.ops.second_eye.measure_move()
    assert rigs.kept(scene, first_shot(module))[1]
