# SPDX-License-Identifier: GPL-3.0-or-later
"""Install Engine: offline, from a folder of wheels. Whole or not at all."""

from __future__ import annotations

import base64
import hashlib
import os
import sys
import time
import zipfile
from pathlib import Path

import bpy
import pytest


@pytest.fixture
def install(second_eye, module):
    return module("addon.engine.install")


@pytest.fixture
def home(second_eye, module) -> Path:
    """The engine's user folder, empty."""
    folder = module("addon.engine.interpreter").engine_folder()
    assert list(folder.iterdir()) == []
    return folder


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder with one small real wheel, which is no engine."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    info = "second_eye_probe-1.0.dist-info"
    files = {
        "second_eye_probe.py": b"ANSWER = 42\n",
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: second-eye-probe\nVersion: 1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        b"Tag: py3-none-any\n",
    }
    record = ""
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(data)}\n"
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    with zipfile.ZipFile(folder / "second_eye_probe-1.0-py3-none-any.whl", "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return folder


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
    work = install.Installation("CPU", wheels, wanted=["second-eye-probe"])
    seen = set()
    while work.poll():
        seen.add(work.progress.message)
        time.sleep(0.01)
    assert "does not work" in str(work.error) and "has no" in str(work.error)
    assert "checking the engine" in seen and any("second-eye-probe" in text for text in seen)
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
