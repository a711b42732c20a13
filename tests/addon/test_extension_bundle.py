# SPDX-License-Identifier: GPL-3.0-or-later
"""``dev.py build --bundle``: what it asks pip for, and what it makes of a folder of wheels."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from tiny_wheel import write_wheel

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("devtools.build")


@pytest.mark.parametrize(
    ("bundle", "python", "tag"),
    [
        ("linux-x64", "3.11", "--platform=manylinux_2_28_x86_64"),
        ("windows-x64", "3.11", "--platform=win_amd64"),
        ("macos-arm64-py3.13", "3.13", "--platform=macosx_11_0_arm64"),
    ],
)
def test_the_plan_pins_what_core_needs(build, bundle: str, python: str, tag: str) -> None:
    plan = build.plan_bundle(ROOT, bundle)
    assert plan.python == python and f"--python-version={python}" in plan.pip
    assert tag in plan.pip and "--only-binary=:all:" in plan.pip
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]
    left_out = set(project["dependencies"]) - set(plan.requirements)
    assert {name.split(">")[0] for name in left_out} == {"numpy"}
    assert all("==" in name for name in plan.requirements)


def test_an_unknown_platform_is_named(build) -> None:
    with pytest.raises(build.SetupError, match="No bundle for amiga"):
        build.plan_bundle(ROOT, "amiga")


def test_wheels_go_in_unmodified_and_numpy_stays_out(build, tmp_path: Path) -> None:
    """A real build of two small wheels; the tree is not touched."""
    wheels, out = tmp_path / "wheels", tmp_path / "out"
    wheels.mkdir()
    out.mkdir()
    names = ["probe-1.0-py3-none-any.whl", "numpy-2.4.0-py3-none-any.whl"]
    for name in names:
        with zipfile.ZipFile(wheels / name, "w") as archive:
            archive.writestr(f"{name.split('-')[0]}.py", "ANSWER = 42\n")
    before = (ROOT / "blender_manifest.toml").read_bytes()
    plan = build.plan_bundle(ROOT, "linux-x64")
    bundle = build.build_bundle(Path(sys.executable), ROOT, out, plan, wheels)
    assert bundle.name == "second_eye-0.1.0-linux_x64_py3.11.zip"
    assert list(out.iterdir()) == [bundle]
    with zipfile.ZipFile(bundle) as archive:
        manifest = tomllib.loads(archive.read("blender_manifest.toml").decode())
        inside = [name for name in archive.namelist() if name.startswith("wheels/")]
        assert archive.read(f"wheels/{names[0]}") == (wheels / names[0]).read_bytes()
    assert inside == [f"wheels/{names[0]}"]
    assert manifest["wheels"] == [f"./wheels/{names[0]}"]
    assert manifest["platforms"] == ["linux-x64"]
    assert (manifest["blender_version_min"], manifest["blender_version_max"]) == ("4.2.0", "5.1.0")
    assert (ROOT / "blender_manifest.toml").read_bytes() == before
    assert not (ROOT / "wheels").exists()


INSTALL_AND_FIND = """
import importlib, os, subprocess, sys
import bpy
bpy.ops.extensions.package_install_files(
    filepath=sys.argv[1], repo="user_default", enable_on_install=True, overwrite=True)
site = [p for p in sys.path if p.startswith(os.environ["BLENDER_USER_RESOURCES"])]
sys.path[:] = site + [p for p in sys.path if p not in site]  # this Python has a torch of its own
interpreter = importlib.import_module("bl_ext.user_default.second_eye.addon.engine.interpreter")
for mode in ("BUNDLED", "AUTO"):
    found = interpreter.find(mode, "")
    child = "import torch, core.worker; print('child', torch.PROBE, torch.__file__)"
    done = subprocess.run(found.command("-c", child), env=found.environment(), text=True,
                          capture_output=True)
    print(mode, found.python, done.stdout, done.stderr, flush=True)
bpy.ops.preferences.addon_disable(module="bl_ext.user_default.second_eye")
sys.stdout.flush()
os._exit(0)
"""


def test_an_installed_bundle_is_an_engine_for_its_child(build, tmp_path: Path) -> None:
    """A bundle with a tiny real wheel in torch's place, installed in a Blender of its own: the
    child that the preferences' "Blender's Python" starts imports what the bundle brought."""
    out = tmp_path / "out"
    out.mkdir()
    write_wheel(tmp_path / "wheels", "torch", {"torch/__init__.py": "PROBE = 'tiny'\n"})
    platform = build_platform()
    plan = build.plan_bundle(ROOT, platform)
    bundle = build.build_bundle(Path(sys.executable), ROOT, out, plan, tmp_path / "wheels")
    user = tmp_path / "user"
    env = {**os.environ, "BLENDER_USER_RESOURCES": str(user)}
    command = [sys.executable, "-c", INSTALL_AND_FIND, str(bundle)]
    done = subprocess.run(command, env=env, text=True, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    for mode in ("BUNDLED", "AUTO"):
        assert f"{mode} {sys.executable} child tiny {user}" in done.stdout, (
            done.stdout + done.stderr
        )


def build_platform() -> str:
    """The bundle that fits this Python, on this machine."""
    system = {"linux": "linux-x64", "win32": "windows-x64", "darwin": "macos-arm64"}[sys.platform]
    return system if sys.version_info[:2] == (3, 11) else f"{system}-py3.13"
