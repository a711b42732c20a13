# SPDX-License-Identifier: GPL-3.0-or-later
"""The built zip, installed in this bpy as an artist would, with a user folder of its own.

SECOND_EYE_ZIP names the zip (default: built here), SECOND_EYE_ENGINE the Python that runs core
(default: this one, if it has torch). Tests import only ``bl_ext...``: never the tree.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

USER = tempfile.TemporaryDirectory(prefix="second-eye-user-")
os.environ["BLENDER_USER_RESOURCES"] = USER.name  # read once, when bpy is imported

import bpy  # noqa: E402
import pytest  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "bl_ext.user_default.second_eye"


EXIT = pytest.StashKey[int]()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.config.stash[EXIT] = int(exitstatus)


def pytest_unconfigure(config: pytest.Config) -> None:
    """bpy 4.2 crashes and 4.5 hangs at exit while a class or timer is registered: leave before."""
    if PACKAGE in bpy.context.preferences.addons:
        bpy.ops.preferences.addon_disable(module=PACKAGE)
    USER.cleanup()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(config.stash.get(EXIT, 1))


@pytest.fixture(scope="session")
def package_zip() -> Path:
    """The extension's zip."""
    given = os.environ.get("SECOND_EYE_ZIP")
    if given:
        return Path(given)
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        build = importlib.import_module("devtools.build")
    finally:
        sys.path.remove(str(ROOT / "scripts"))
    return build.build(ROOT, Path(USER.name) / "zip", None, builder=Path(sys.executable))


@pytest.fixture(scope="session")
def extension(package_zip: Path) -> str:
    """The installed and enabled extension's package name."""
    bpy.ops.extensions.package_install_files(
        filepath=str(package_zip), repo="user_default", enable_on_install=True, overwrite=True
    )
    assert PACKAGE in bpy.context.preferences.addons
    return PACKAGE


@pytest.fixture(scope="session")
def engine_python() -> Path:
    """The Python that runs core; the test is skipped where there is none."""
    given = os.environ.get("SECOND_EYE_ENGINE")
    if given:
        return Path(given)
    if importlib.util.find_spec("torch") is None:
        pytest.skip("SECOND_EYE_ENGINE names no engine and this Python has no torch")
    return Path(sys.executable)


@pytest.fixture
def second_eye(extension: str, engine_python: Path):
    """A fresh scene, and the preferences with the engine set."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    preferences = bpy.context.preferences.addons[extension].preferences
    preferences.engine_mode = "GIVEN"
    preferences.engine_python = str(engine_python)
    yield preferences


@pytest.fixture
def module(extension: str):
    """Import a module of the installed extension: ``module("addon.engine.client")``."""
    return lambda name: importlib.import_module(f"{extension}.{name}")


@pytest.fixture(scope="session")
def make_clip(engine_python: Path, tmp_path_factory: pytest.TempPathFactory):
    """``make_clip(frames, width, height)``: a real H.264 movie with sound, by the engine's PyAV."""

    def make(frames: int = 8, width: int = 96, height: int = 64) -> Path:
        path = tmp_path_factory.mktemp("clip") / "clip.mp4"
        arguments = [str(path), str(frames), str(width), str(height)]
        subprocess.run([engine_python, ROOT / "tests" / "make_clip.py", *arguments], check=True)
        return path

    return make


@pytest.fixture(scope="session")
def clip(make_clip) -> Path:
    """Eight frames, 96x64, 24 frames/s, with sound."""
    return make_clip()


@pytest.fixture(scope="session")
def analysed(extension: str, engine_python: Path, clip: Path) -> Path:
    """The clip's depth project, analysed once by the operator; copy it before changing it."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    preferences = bpy.context.preferences.addons[extension].preferences
    preferences.engine_mode, preferences.engine_python = "GIVEN", str(engine_python)
    bpy.ops.second_eye.import_clip(filepath=str(clip))
    assert bpy.ops.second_eye.analyse() == {"FINISHED"}
    return clip.with_name("clip.secondeye")
