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


MAKE_CLIP = """
import sys
import av
import numpy as np

path, frames, width, height = sys.argv[1], *map(int, sys.argv[2:5])
with av.open(path, "w") as container:
    stream = container.add_stream("libx264", rate=24)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    sound = container.add_stream("aac", rate=48000, layout="mono")
    y, x = np.mgrid[:height, :width]
    for number in range(frames):
        picture = np.stack([x * 255 // width, y * 255 // height, 0 * x + number * 20], 2)
        near = (abs(x - width // 2 - 2 * number) < width // 8) & (y > height // 3)
        picture[near] = (230, 60, 40)
        picture = av.VideoFrame.from_ndarray(picture.astype(np.uint8), "rgb24")
        container.mux(stream.encode(picture))
    container.mux(stream.encode())
    for start in range(0, 48000 * frames // 24, 1024):
        tone = np.sin(np.arange(start, start + 1024) * 0.05).astype(np.float32)[None]
        block = av.AudioFrame.from_ndarray(tone, "fltp", layout="mono")
        block.sample_rate, block.pts = 48000, start
        container.mux(sound.encode(block))
    container.mux(sound.encode())
"""


@pytest.fixture(scope="session")
def make_clip(engine_python: Path, tmp_path_factory: pytest.TempPathFactory):
    """``make_clip(frames, width, height)``: a real H.264 movie with sound, by the engine's PyAV."""

    def make(frames: int = 8, width: int = 96, height: int = 64) -> Path:
        path = tmp_path_factory.mktemp("clip") / "clip.mp4"
        arguments = [str(path), str(frames), str(width), str(height)]
        subprocess.run([engine_python, "-c", MAKE_CLIP, *arguments], check=True)
        return path

    return make


@pytest.fixture(scope="session")
def clip(make_clip) -> Path:
    """Eight frames, 96x64, 24 frames/s, with sound."""
    return make_clip()
