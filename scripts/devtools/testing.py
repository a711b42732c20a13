# SPDX-License-Identifier: GPL-3.0-or-later
"""Lint and tests: core on its own, the add-on against the built and installed zip."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from . import build, environment
from .environment import ROOT
from .shell import run, say


def lint() -> int:
    python = environment.ensure()
    say("ruff")
    failed = run([python, "-m", "ruff", "check", ROOT], cwd=ROOT).returncode
    failed |= run([python, "-m", "ruff", "format", "--check", ROOT], cwd=ROOT).returncode
    say("mypy")
    failed |= run([python, "-m", "mypy"], cwd=ROOT).returncode
    return failed


def test(blender: str | None, pytest_arguments: list[str]) -> int:
    """Without ``blender``: core, then the add-on in bpy 4.5. With it: the add-on in that bpy."""
    engine = environment.ensure()
    failed = 0
    if blender is None:
        say("tests of the tools and of core")
        failed |= pytest(engine, ("tools", "core"), pytest_arguments)
    with tempfile.TemporaryDirectory(prefix="second-eye-zip-") as folder:
        package = build.build(ROOT, Path(folder), None)
        version = blender or "4.5"
        say(f"tests of the add-on: {package.name} installed in Blender {version}")
        python = environment.ensure(version)
        failed |= pytest(python, ("addon",), pytest_arguments, engine=engine, package=package)
    say("all passed" if not failed else "some tests failed")
    return failed


def pytest(
    python: Path,
    folders: tuple[str, ...],
    arguments: list[str],
    engine: Path | None = None,
    package: Path | None = None,
) -> int:
    """One pytest run, from a folder outside the tree so that only the installed zip is imported."""
    env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
    if engine is not None and package is not None:
        env["SECOND_EYE_ENGINE"] = str(engine)
        env["SECOND_EYE_ZIP"] = str(package)
    tests = ROOT / "tests"
    options = ["-c", tests / "pytest.ini", "--rootdir", tests]
    with tempfile.TemporaryDirectory(prefix="second-eye-tests-") as elsewhere:
        command = [
            python,
            "-m",
            "pytest",
            *options,
            *(tests / name for name in folders),
            *arguments,
        ]
        return run(command, cwd=Path(elsewhere), env=env).returncode
