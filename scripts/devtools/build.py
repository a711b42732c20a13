# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension's zip, made by Blender's own builder: thin, or with the engine's wheels inside.

The thin zip is built from the tree as it is; the manifest says what goes in. A bundle is built
from a copy of that zip's content plus unmodified wheels, so that neither wheels nor their list ever
lie in the tree.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

from .environment import BLENDERS, python_in
from .shell import SetupError, say

# Blender's platform -> pip's platform tags (pip takes any of them).
PLATFORMS = {
    "linux-x64": (
        "manylinux2014_x86_64",
        "manylinux_2_17_x86_64",
        "manylinux_2_27_x86_64",
        "manylinux_2_28_x86_64",
    ),
    "windows-x64": ("win_amd64",),
    "macos-arm64": ("macosx_11_0_arm64", "macosx_12_0_arm64", "macosx_14_0_arm64"),
}
# Python -> the Blenders that have it inside: wheels fit no others.
PYTHONS = {"3.11": ("4.2.0", "5.1.0"), "3.13": ("5.1.0", None)}
BLENDER_HAS = ("numpy",)
"""Blender ships these itself: a second copy would shadow its own."""


@dataclass(frozen=True)
class BundlePlan:
    """What a bundle is for, and what pip is asked to fetch for it."""

    platform: str
    python: str
    requirements: tuple[str, ...]
    pip: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.platform}-py{self.python}".replace("-", "_")


def build(root: Path, out: Path, bundle: str | None, builder: Path | None = None) -> Path:
    """The zip in ``out``; ``bundle`` names a platform for the full one (see plan_bundle).

    ``builder`` is a Python that has bpy (default: the one in ``.venv``). Raises SetupError.
    """
    python = builder or python_in(root / BLENDERS["4.5"].folder)
    if not python.exists():
        raise SetupError(f"{python} is missing: run python3.11 scripts/dev.py setup first.")
    out.mkdir(parents=True, exist_ok=True)
    if bundle is None:
        return _build(python, root, out, _name(root))
    plan = plan_bundle(root, bundle)
    with tempfile.TemporaryDirectory(prefix="second-eye-wheels-") as folder:
        fetch(python, plan, Path(folder))
        return build_bundle(python, root, out, plan, Path(folder))


def plan_bundle(root: Path, bundle: str) -> BundlePlan:
    """``bundle``: a platform of PLATFORMS, with ``-py3.13`` behind it for Blender 5.1 and newer.

    pip fetches core's pinned requirements; what Blender has itself is left out afterwards.
    """
    platform, _, python = bundle.partition("-py")
    python = python or "3.11"
    if platform not in PLATFORMS or python not in PYTHONS:
        raise SetupError(
            f"No bundle for {bundle}: choose one of {', '.join(PLATFORMS)}, "
            f"with or without {' or '.join(f'-py{version}' for version in PYTHONS)}."
        )
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf8"))["project"]
    wanted = tuple(r for r in project["dependencies"] if not r.startswith(BLENDER_HAS))
    tags = [f"--platform={tag}" for tag in PLATFORMS[platform]]
    options = ["--only-binary=:all:", "--implementation=cp", f"--python-version={python}", *tags]
    return BundlePlan(platform, python, wanted, ("download", *options, *wanted))


def fetch(python: Path, plan: BundlePlan, folder: Path) -> None:
    """Download the plan's wheels into ``folder``, unmodified, as the index has them."""
    say(f"fetching {len(plan.requirements)} packages and what they need for {plan.platform}")
    command = [str(python), "-m", "pip", *plan.pip, "--dest", str(folder)]
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise SetupError("pip could not fetch the wheels; it said:\n" + done.stdout[-1500:])


def build_bundle(python: Path, root: Path, out: Path, plan: BundlePlan, wheels: Path) -> Path:
    """The full zip: the thin one's content, that folder's wheels, and a manifest that says so."""
    with tempfile.TemporaryDirectory(prefix="second-eye-bundle-", dir=out) as folder:
        stage = Path(folder) / "stage"
        thin = _build(python, root, Path(folder), _name(root))
        with zipfile.ZipFile(thin) as archive:
            archive.extractall(stage)
        (stage / "wheels").mkdir()
        names = []
        for wheel in sorted(wheels.glob("*.whl")):
            if wheel.name.split("-")[0].lower() not in BLENDER_HAS:
                shutil.copy(wheel, stage / "wheels")
                names.append(wheel.name)
        _add_to_manifest(stage / "blender_manifest.toml", plan, names)
        return _build(python, stage, out, _name(root, plan.name))


def _add_to_manifest(path: Path, plan: BundlePlan, wheels: list[str]) -> None:
    """Top-level keys stand before the first table of a TOML file; the patterns let wheels in."""
    text = path.read_text(encoding="utf8")
    least, below = PYTHONS[plan.python]
    lines = [line for line in text.splitlines() if not line.startswith("blender_version_min")]
    versions = [f'blender_version_min = "{least}"']
    versions += [f'blender_version_max = "{below}"'] if below else []
    listed = [f'  "./wheels/{name}",' for name in wheels]
    keys = [*versions, f'platforms = ["{plan.platform}"]', "wheels = [", *listed, "]", ""]
    table = lines.index("[permissions]")
    path.write_text("\n".join([*lines[:table], *keys, *lines[table:]]) + "\n", encoding="utf8")


def _name(root: Path, platform: str = "") -> str:
    manifest = tomllib.loads((root / "blender_manifest.toml").read_text(encoding="utf8"))
    tail = f"-{platform}" if platform else ""
    return f"{manifest['id']}-{manifest['version']}{tail}.zip"


def _build(python: Path, source: Path, out: Path, name: str) -> Path:
    target = out.resolve() / name
    arguments = ["build", "--source-dir", source.resolve(), "--output-filepath", target]
    done = blender_ext(python, *arguments)
    if done.returncode != 0 or not target.exists():
        raise SetupError(f"Blender's builder refused the extension; it said:\n{done.stdout}")
    return target


def blender_ext(python: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Blender's command for extensions, which lies in every bpy, run by that bpy's Python."""
    script = _builder_script(python)
    return subprocess.run(
        [str(python), str(script), *map(str, arguments)],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"),
    )


def _builder_script(python: Path) -> Path:
    find = "import importlib.util as u; print(u.find_spec('bpy').origin)"
    done = subprocess.run([str(python), "-c", find], text=True, capture_output=True)
    if done.returncode != 0:
        raise SetupError(f"{python} has no bpy, and Blender's builder comes with it.")
    folder = Path(done.stdout.strip()).parent
    for script in sorted(folder.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py")):
        return script
    raise SetupError(f"The bpy in {folder} has no builder of extensions; it must be 4.2 or newer.")
