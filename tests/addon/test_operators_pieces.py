# SPDX-License-Identifier: GPL-3.0-or-later
"""Build Scene in a window: pieces between which the window is drawn, and nothing else happens."""

import time
from types import SimpleNamespace

import bpy
import moves_case
import pytest

case, scene = moves_case.case, moves_case.scene


class Pressed:
    """Build Scene's ``modal``, driven as a window's timer does."""

    def __init__(self, module):
        operator = module("addon.operators.build_scene").SECOND_EYE_OT_build_scene
        said = self.said = []

        class Driven(module("addon.operators.task").TaskOperator):
            title, start, finish = operator.title, operator.start, operator.finish
            _open, _lacking, _sampling = operator._open, operator._lacking, operator._sampling

            def report(self, kind, text):
                said.append((kind, text))

        self.module, self.session, self.operator = module, module("addon.engine.session"), Driven()
        self.operator._running = self.session.begin("Build", self.operator.start(bpy.context))

    def event(self, kind="TIMER"):
        return self.operator.modal(bpy.context, SimpleNamespace(type=kind))

    def begin(self):
        until = time.monotonic() + 60.0  # the engine makes tables of the depth first
        while time.monotonic() < until:
            if self.operator._finishing is not None:
                return
            self.event()
            time.sleep(0.02)
        raise AssertionError("it never came to finish")


def reliefs():
    return {o.name for o in bpy.data.objects if o.get("second_eye_role") == "relief"}


@pytest.fixture
def pressed(module, scene, monkeypatch):
    # One piece a tick, however fast the machine is.
    monkeypatch.setattr(module("addon.operators.task"), "FINISH_SECONDS", (0.01, 1e-9))
    made = Pressed(module)
    yield made
    made.session.end("NONE", "")


def test_pieces_end_with_the_scene_that_one_go_makes(pressed):
    before = reliefs()
    pressed.begin()
    answers = [pressed.event("LEFTMOUSE")]
    while answers[-1] == {"RUNNING_MODAL"} and len(answers) < 99:
        answers.append(pressed.event())
    assert len(answers) > 6 and answers[-1] == {"FINISHED"}
    assert pressed.said[-1][0] == {"INFO"} and "3 shots" in pressed.said[-1][1]
    assert reliefs() == before and pressed.session.current() is None
    groups = [g for g in bpy.data.node_groups if g.get("second_eye_relief")]
    assert len(groups) == 1
    assert not [m for m in bpy.data.materials if m.name.startswith("Second Eye Relief")]


def test_what_goes_wrong_between_pieces_is_said(module, pressed, monkeypatch):
    errors, build = module("core.errors"), module("addon.stage.build")

    def refuse(*arguments):
        raise errors.SecondEyeError("No picture: analyse again.")

    monkeypatch.setattr(build, "load_sources", refuse)
    before = reliefs()
    pressed.begin()
    answers = [pressed.event() for _ in range(5)]
    answer = next(a for a in answers if a != {"RUNNING_MODAL"})
    assert answer == {"CANCELLED"} and pressed.said == [({"ERROR"}, "No picture: analyse again.")]
    assert reliefs() == before and pressed.session.current() is None


def test_a_group_that_is_not_built_to_its_end_is_removed(module, scene):
    groups = module("addon.stage.relief_group")
    for group in [g for g in bpy.data.node_groups if g.get("second_eye_relief")]:
        bpy.data.node_groups.remove(group)
    steps = groups.relief_group_steps()
    next(steps)
    steps.close()
    assert not [g for g in bpy.data.node_groups if g.name.startswith(groups.NAME)]


@pytest.mark.parametrize("made", [0, 2])
def test_a_failure_half_way_leaves_the_old_scene(module, pressed, monkeypatch, made):
    build = module("addon.stage.build")
    plain, calls = build.shot_object, []

    def fails(*arguments):
        if len(calls) == made:
            raise module("core.errors").SecondEyeError("No memory is left.")
        calls.append(arguments)
        return plain(*arguments)

    def blocks():
        kinds = (bpy.data.objects, bpy.data.materials, bpy.data.node_groups)
        return [sorted(block.name for block in kind) for kind in kinds]

    monkeypatch.setattr(build, "shot_object", fails)
    before = blocks()
    pressed.begin()
    answers = [pressed.event() for _ in range(40)]
    assert {"CANCELLED"} in answers and {"FINISHED"} not in answers
    assert pressed.said == [({"ERROR"}, "No memory is left.")]
    assert blocks() == before
