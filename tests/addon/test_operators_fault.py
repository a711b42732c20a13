# SPDX-License-Identifier: GPL-3.0-or-later
"""A fault in the middle of a job: said in a sentence, and the add-on is free for the next one."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest


class Faulty:
    """Takes one answer out of a real job: the rest of it is the real one's."""

    def __init__(self, job, where: str) -> None:
        self._job, self._where = job, where

    def __getattr__(self, name: str):
        if name == self._where:
            raise KeyError(f"{name} is broken")
        return getattr(self._job, name)


@pytest.mark.parametrize("where", ["poll", "progress", "value"])
def test_a_fault_in_a_tick_ends_the_job_and_its_child(
    second_eye, module, clip: Path, tmp_path: Path, capsys, where: str
) -> None:
    """Ticks as the window's timer gives them, to the operator's own ``modal``."""
    session, task = module("addon.engine.session"), module("addon.operators.task")
    python = module("addon.engine.interpreter").find("GIVEN", second_eye.engine_python)
    arguments = {"clip": str(clip), "project": str(tmp_path / "p.secondeye")}
    name = "check" if where == "value" else "analyse"
    job = module("addon.engine.client").EngineJob(
        python, name, {} if name == "check" else arguments
    )
    running = session.begin("Analyse", Faulty(job, where))
    said: list[tuple[set[str], str]] = []

    class Driven(task.TaskOperator):
        title = "Analyse"

        def report(self, kind: set[str], text: str) -> None:
            said.append((kind, text))

    answer, driven = {"PASS_THROUGH"}, Driven()
    driven._running = running
    while answer == {"PASS_THROUGH"}:
        answer = driven.modal(bpy.context, SimpleNamespace(type="TIMER"))
        time.sleep(0.01)
    assert answer == {"CANCELLED"}
    assert session.current() is None and session.latest.icon == "ERROR"
    (kind, text), *more = said
    assert kind == {"ERROR"} and not more
    assert f"{where} is broken" in text and len(text.splitlines()) == 1
    assert "Traceback" in capsys.readouterr().err
    job._process.join(10)
    assert not job._process._thread.is_alive()
    bpy.ops.second_eye.check_engine()  # the next job runs
    assert session.latest.icon == "CHECKMARK"


def test_a_scene_that_goes_while_it_renders_is_said(second_eye, module, analysed, tmp_path) -> None:
    window, frames = module("addon.operators.render_window"), module("addon.output.frames")
    bpy.context.scene.second_eye.project_folder = str(analysed)
    bpy.ops.second_eye.build_scene()
    size = module("addon.output.stereo_render").packed_size(bpy.context.scene)
    kept = tmp_path / "000001.png"  # the first frame is there already: no render job is begun
    picture = bpy.data.images.new("kept", *size)
    picture.filepath_raw, picture.file_format = str(kept), "PNG"
    picture.save()
    handlers = len(bpy.app.handlers.render_cancel)
    pictures = [module("addon.output.picture").Picture(size)]
    with window.in_window() as render:
        assert len(bpy.app.handlers.render_cancel) == handlers + 1
        steps = frames.picture_steps(bpy.context.scene, tmp_path, range(1, 3), pictures, render)
        assert next(steps) is False
        bpy.context.scene.name = "Another"
        with pytest.raises(module("core.errors").SecondEyeError, match="removed or renamed"):
            next(steps)
    assert len(bpy.app.handlers.render_cancel) == handlers
