# SPDX-License-Identifier: GPL-3.0-or-later
"""Install Engine: offline, from a folder of wheels. Whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest
from tiny_wheel import write_wheel


@pytest.fixture
def install(second_eye, module):
    return module("addon.engine.install")


@pytest.fixture
def home(second_eye, module) -> Iterator[Path]:
    """The engine's user folder, empty; what a test put there goes at its end."""
    folder = module("addon.engine.interpreter").engine_folder()
    assert list(folder.iterdir()) == []
    yield folder
    for left in folder.iterdir():
        shutil.rmtree(left)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder with one small real wheel, which is no engine."""
    write_wheel(tmp_path / "wheels", "second_eye_probe", {"second_eye_probe.py": "ANSWER = 42\n"})
    return tmp_path / "wheels"


@pytest.fixture
def engine_wheels(tmp_path: Path, engine_python: Path) -> Path:
    """Wheels that make a whole engine: one small package, which lends the tests' engine's own."""
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    done = subprocess.run([engine_python, "-c", ask], check=True, text=True, capture_output=True)
    files = {"second_eye_probe.py": "ANSWER = 42\n", "second_eye_probe.pth": done.stdout}
    write_wheel(tmp_path / "engine-wheels", "second_eye_probe", files)
    return tmp_path / "engine-wheels"


@pytest.mark.parametrize(
    ("build", "system", "expected"),
    [
        ("CPU", "linux", "cpu"),
        ("CPU", "win32", ""),
        ("CPU", "darwin", ""),
        ("CUDA", "linux", ""),
        ("CUDA", "win32", "cu"),
        ("METAL", "darwin", ""),
    ],
)
def test_where_torch_comes_from(install, build: str, system: str, expected: str) -> None:
    arguments = install.pip_arguments(build, None, system)
    if expected:
        assert arguments[0] == "--extra-index-url" and f"/{expected}" in arguments[1]
    else:
        assert arguments == []  # the default wheel is the right one


@pytest.mark.parametrize(("build", "system"), [("METAL", "linux"), ("CUDA", "darwin")])
def test_builds_that_do_not_exist(install, build: str, system: str) -> None:
    with pytest.raises(Exception, match=r"torch has .*choose"):
        install.pip_arguments(build, None, system)


def test_pins_come_from_the_extension(install) -> None:
    wanted = install.requirements()
    assert any(name.startswith("torch==") for name in wanted)


def test_nothing_is_fetched_without_consent_and_network(second_eye) -> None:
    second_eye.wheel_folder, second_eye.consent = "", False
    assert not bpy.ops.second_eye.install_engine.poll()
    if not bpy.app.online_access:
        second_eye.consent = True
        with pytest.raises(RuntimeError, match="offline"):
            bpy.ops.second_eye.install_engine()
        second_eye.consent = False


def test_a_folder_without_wheels_is_named(second_eye, home: Path, tmp_path: Path) -> None:
    second_eye.wheel_folder = str(tmp_path)
    with pytest.raises(RuntimeError, match="holds no wheels"):
        bpy.ops.second_eye.install_engine()
    second_eye.wheel_folder = str(tmp_path / "gone")
    with pytest.raises(RuntimeError, match="is not a folder"):
        bpy.ops.second_eye.install_engine()
    second_eye.wheel_folder = ""
    assert list(home.iterdir()) == []


def test_an_engine_that_fails_its_check_is_not_kept(install, home: Path, wheels: Path) -> None:
    """A real environment, a real wheel, the real check: it misses torch, and nothing stays."""
    seen: list[str] = []

    class Listened(install.Installation):
        """pip may say two lines within one poll: what is shown is noted where it is set."""

        def _progress(self, message: str) -> None:
            seen.append(message)
            super()._progress(message)

    work = Listened("CPU", wheels, wanted=["second-eye-probe"])
    while work.poll():
        time.sleep(0.01)
    assert "does not work" in str(work.error) and "has no" in str(work.error)
    assert seen[-1] == "checking the engine" and any("probe" in text for text in seen)
    assert list(home.iterdir()) == []


def test_a_missing_wheel_is_named(install, home: Path, wheels: Path) -> None:
    work = install.Installation("CPU", wheels, wanted=["torch==0.0.1"])
    while work.poll():
        time.sleep(0.02)
    assert "torch==0.0.1" in str(work.error)
    assert list(home.iterdir()) == []


def test_a_cancelled_installation_leaves_nothing(install, home: Path, wheels: Path) -> None:
    work = install.Installation("CPU", wheels, wanted=["second-eye-probe"])
    while not list(home.glob("new-*")):
        time.sleep(0.005)
    work.cancel()
    started = time.monotonic()
    while work.poll():
        time.sleep(0.005)
    assert "cancelled" in str(work.error)
    assert list(home.iterdir()) == []
    assert time.monotonic() - started < 30  # it ended by the cancel, not by finishing


def test_an_engine_from_a_folder_of_wheels(
    install, second_eye, home: Path, engine_wheels: Path, engine_python: Path, monkeypatch, module
) -> None:
    """Without a network: a real environment and pip, the real check, and the panel's own check
    afterwards. Then what a second installation that fails does to it: nothing."""

    def attempt(wanted: str):
        work = install.Installation("CPU", engine_wheels, [wanted], base=str(engine_python))
        while work.poll():
            time.sleep(0.02)
        return work

    work = attempt("second-eye-probe==1.0")
    assert work.error is None and work.value["ready"]
    assert [path.name for path in home.iterdir()] == ["environment"]
    second_eye.engine_mode, second_eye.engine_python = "INSTALLED", ""
    bpy.ops.second_eye.check_engine()
    assert "Ready" in second_eye.findings
    python = module("addon.engine.interpreter").installed_python()
    probe = [python, "-c", "import second_eye_probe as p; print(p.ANSWER, p.__file__)"]
    answer, where = subprocess.check_output(probe, text=True).split()
    assert answer == "42" and Path(where).is_relative_to(home)
    made = python.parents[1].stat().st_mtime_ns

    plain = os.replace

    def refuse_the_new(source: Path, target: Path) -> None:
        if Path(source).name.startswith("new-"):
            raise PermissionError(13, "in use", str(source))
        plain(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(install.os, "replace", refuse_the_new)
        assert "in use" in str(attempt("second-eye-probe==1.0").error)
    assert [path.name for path in home.iterdir()] == ["environment"]
    assert python.parents[1].stat().st_mtime_ns == made
    assert subprocess.check_output(probe, text=True).split()[0] == "42"


def test_an_engine_that_a_killed_blender_moved_aside_comes_back(
    install, home: Path, wheels: Path
) -> None:
    """It was killed between the two names: the old environment is the only one there is."""
    (home / "old-123").mkdir()
    (home / "old-123" / "mark").write_text("the old engine")
    work = install.Installation("CPU", wheels, wanted=["no-such-thing==1.0"])
    while work.poll():
        time.sleep(0.02)
    assert "no-such-thing" in str(work.error)
    assert [path.name for path in home.iterdir()] == ["environment"]
    assert (home / "environment" / "mark").read_text() == "the old engine"


@pytest.mark.skipif(
    not os.environ.get("SECOND_EYE_WHEELS"),
    reason="SECOND_EYE_WHEELS names no folder with the engine's wheels (pip download makes one)",
)
def test_the_whole_engine_from_a_folder_of_wheels(second_eye, home: Path, module) -> None:
    """The artist's way without a network: some 200 MB of wheels, unpacked, checked and used."""
    folder = Path(os.environ["SECOND_EYE_WHEELS"])
    tag = f"cp{sys.version_info.major}{sys.version_info.minor}"
    if not list(folder.glob(f"torch-*{tag}*.whl")):
        pytest.skip(f"{folder} has no torch for {tag}")
    second_eye.wheel_folder = str(folder)
    assert bpy.ops.second_eye.install_engine() == {"FINISHED"}
    assert second_eye.engine_mode == "INSTALLED"
    assert [path.name for path in home.iterdir()] == ["environment"]
    bpy.ops.second_eye.check_engine()
    assert str(home) in second_eye.findings
