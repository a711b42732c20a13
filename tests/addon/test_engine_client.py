# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's client against the real worker, and against processes that misbehave."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import bpy
import pytest


@pytest.fixture
def client(second_eye, module):
    return module("addon.engine.client")


@pytest.fixture
def python(second_eye, module, engine_python: Path):
    return module("addon.engine.interpreter").Interpreter(engine_python, "the tests' engine")


LONG = 40


def analysis(clip: Path, project: Path) -> dict:
    return {"clip": str(clip), "project": str(project)}


def test_check_says_in_words_what_it_found(second_eye, engine_python: Path) -> None:
    bpy.ops.second_eye.check_engine()
    assert "torch" in second_eye.findings and str(engine_python) in second_eye.findings


def test_the_engine_is_this_extensions_wherever_blender_was_started(
    second_eye, engine_python: Path, tmp_path: Path, monkeypatch
) -> None:
    """A folder "core" where Blender was started from is another one's."""
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "__init__.py").write_text("raise ImportError('not this one')")
    monkeypatch.chdir(tmp_path)
    bpy.ops.second_eye.check_engine()
    assert "torch" in second_eye.findings


def test_an_engine_without_torch_is_named(second_eye, tmp_path: Path, engine_python) -> None:
    import subprocess

    bare = tmp_path / "bare"
    subprocess.run([engine_python, "-m", "venv", "--without-pip", bare], check=True)
    second_eye.engine_python = str(bare / "bin" / "python")
    with pytest.raises(RuntimeError, match="has no"):
        bpy.ops.second_eye.check_engine()
    assert "torch" in second_eye.findings


@pytest.mark.parametrize(("stage", "made"), [("base", "frames"), ("depth", "repaired")])
def test_a_cancelled_analysis_resumes_to_the_same_files(
    client, python, make_clip, tmp_path: Path, stage: str, made: str
) -> None:
    """Polled as by a timer, cancelled after a stage's first frames, resumed: bit for bit the files
    of an undisturbed run. Long enough that the cancel comes before the stage's end."""
    clip = make_clip(LONG)
    whole = tmp_path / "whole.secondeye"
    client.EngineJob(python, "analyse", analysis(clip, whole)).wait()
    folder = tmp_path / "cut.secondeye"
    job = client.EngineJob(python, "analyse", analysis(clip, folder))
    while job.poll() and not list((folder / stage).glob("0*.exr")):
        time.sleep(0.005)
    job.cancel()
    assert job.cancelling
    while job.poll():
        time.sleep(0.005)
    assert job.state is client.State.CANCELLED
    left = len(list((folder / stage).glob("0*.exr")))
    assert 0 < left < LONG
    again = client.EngineJob(python, "analyse", analysis(clip, folder))
    stages = set()
    while again.poll():
        stages.add(again.progress.stage)
        time.sleep(0.005)
    assert again.state is client.State.FINISHED, again.error
    assert again.value["last"] == LONG and 0 < again.value[made] < LONG
    assert {"base": "depth", "depth": "repair"}[stage] in stages
    for name in ("plate", "base", "depth", "confidence"):
        for path in sorted((whole / name).iterdir()):
            assert path.read_bytes() == (folder / name / path.name).read_bytes(), path.name


def test_a_remote_failure_keeps_its_traceback(client, python, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no movie")
    job = client.EngineJob(python, "analyse", analysis(broken, tmp_path / "p.secondeye"))
    with pytest.raises(client.EngineError, match=r"broken\.mp4") as caught:
        job.wait()
    assert "Traceback" in caught.value.remote_traceback


def test_a_killed_engine_is_reported(client, python) -> None:
    job = client.EngineJob(python, "check", {})
    while job._process._process is None:
        time.sleep(0.001)
    os.kill(job._process._process.pid, signal.SIGKILL)
    with pytest.raises(client.EngineError, match="stopped with code -9"):
        job.wait()


FAKES = {
    "noise": ("print('hello there', flush=True); import time; time.sleep(60)", "not a message"),
    "newer": (
        "import json; print(json.dumps({'version': 2, 'type': 'hello'}), flush=True);"
        "import time; time.sleep(60)",
        "version 2",
    ),
    "silent": ("import sys; sys.exit('no such module')", "no such module"),
}


@pytest.mark.parametrize("kind", FAKES)
def test_a_strange_program_is_told_apart(
    client, module, engine_python, tmp_path, kind: str
) -> None:
    """An interpreter whose ``core.worker`` is something else: named, and not left running."""
    code, words = FAKES[kind]
    package = tmp_path / "core"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "worker.py").write_text(code)

    class Strange(module("addon.engine.interpreter").Interpreter):
        def environment(self) -> dict[str, str]:
            return {**super().environment(), "PYTHONPATH": str(tmp_path)}

    job = client.EngineJob(Strange(engine_python, "strange"), "check", {})
    with pytest.raises(client.EngineError, match=words):
        job.wait()
    job._process.join(5)
    assert not job._process._thread.is_alive()


def test_a_deaf_engine_is_killed_after_a_cancel(client, module, engine_python, tmp_path) -> None:
    package = tmp_path / "core"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "worker.py").write_text(
        "import signal, time, json\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(json.dumps({'version': 1, 'type': 'hello'}), flush=True)\n"
        "while True: time.sleep(1)\n"
    )

    class Deaf(module("addon.engine.interpreter").Interpreter):
        def environment(self) -> dict[str, str]:
            return {**super().environment(), "PYTHONPATH": str(tmp_path)}

    job = client.EngineJob(Deaf(engine_python, "deaf"), "check", {})
    job.cancel()
    while job.poll():
        time.sleep(0.01)
    assert job.state is client.State.CANCELLED
    job._process.join(5)
    assert not job._process._thread.is_alive()


def test_what_bends_python_stays_with_blender(python, monkeypatch, module) -> None:
    monkeypatch.setenv("PYTHONHOME", "/blender/python")
    monkeypatch.setenv("PYTHONPATH", "/blender/modules")
    environment = python.environment()
    assert "PYTHONHOME" not in environment
    folders = environment["PYTHONPATH"].split(os.pathsep)
    assert (Path(folders[0]) / "core" / "worker.py").exists()
    assert "/blender/modules" not in folders


def test_the_interpreter_follows_the_preferences(second_eye, module, engine_python) -> None:
    interpreter = module("addon.engine.interpreter")
    assert interpreter.find("GIVEN", str(engine_python)).python == engine_python
    assert interpreter.find("AUTO", str(engine_python)).python == engine_python
    with pytest.raises(interpreter.EngineMissing, match="does not exist"):
        interpreter.find("GIVEN", "/no/python")
    with pytest.raises(interpreter.EngineMissing, match="Install Engine"):
        interpreter.find("INSTALLED", "")
    python = interpreter.installed_python()
    python.parent.mkdir(parents=True)
    python.symlink_to(engine_python)
    try:
        assert interpreter.find("AUTO", "").python == python
    finally:
        shutil.rmtree(python.parents[1])


def test_an_unknown_job_is_bad_use(client, python) -> None:
    job = client.EngineJob(python, "no-such-job", {})
    with pytest.raises(client.EngineError, match="no-such-job") as caught:
        job.wait()
    assert caught.value.exit_code == 2
