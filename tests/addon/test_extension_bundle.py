# SPDX-License-Identifier: GPL-3.0-or-later
"""``dev.py build --bundle``: what it asks pip for, and what it makes of a folder of wheels."""

from __future__ import annotations

import importlib
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

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
