# SPDX-License-Identifier: GPL-3.0-or-later
"""Lint and tests: core on its own, the add-on against the built and installed zip."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import build, environment
from .environment import ROOT
from .selection import select
from .shell import SetupError, run, say

LIMIT = 40 * 60
"""Seconds that one suite may take. A test that hangs is ended by tests/pytest.ini long before; this
is for what hangs outside of any test: collecting, or a Blender that doesn't leave."""


def lint() -> int:
    python = environment.ensure()
    say("ruff")
    failed = run([python, "-m", "ruff", "check", ROOT], cwd=ROOT).returncode
    failed |= run([python, "-m", "ruff", "format", "--check", ROOT], cwd=ROOT).returncode
    say("mypy")
    failed |= run([python, "-m", "mypy"], cwd=ROOT).returncode
    return failed


def test(blender: str | None, pytest_arguments: list[str]) -> int:
    """Without ``blender``: core, then the add-on in bpy 4.5. With it: the add-on in that bpy.

    Paths among the arguments choose the tests, and leave out the suites that have none of them.
    Raises SetupError for a path that is no test, or none of the add-on's beside ``blender``.
    """
    chosen, rest = select(pytest_arguments)
    if blender is not None and "addon" not in chosen:
        raise SetupError(
            "In another Blender only the tests below tests/addon are run: leave --blender away."
        )
    engine = environment.ensure()
    failed = 0
    plain = [*chosen.get("tools", []), *chosen.get("core", [])]
    if blender is None and plain:
        say("tests of the tools and of core")
        failed |= pytest(engine, plain, rest)
    if "addon" in chosen:
        failed |= _addon(engine, blender or "4.5", chosen["addon"], rest)
    say("all passed" if not failed else "some tests failed")
    return failed


def _addon(engine: Path, version: str, paths: Sequence[str], arguments: list[str]) -> int:
    """The add-on's tests in one bpy, against the zip built now."""
    with tempfile.TemporaryDirectory(prefix="second-eye-zip-") as folder:
        package = build.build(ROOT, Path(folder), None)
        say(f"tests of the add-on: {package.name} installed in Blender {version}")
        python = environment.ensure(version)
        return pytest(python, paths, arguments, engine=engine, package=package)


def pytest(
    python: Path,
    paths: Sequence[str],
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
    options = ["-c", tests / "pytest.ini", "--rootdir", tests, "--durations=15"]
    with tempfile.TemporaryDirectory(prefix="second-eye-tests-") as elsewhere:
        command = [
            python,
            "-m",
            "pytest",
            *options,
            *paths,
            *arguments,
        ]
        return run(command, cwd=Path(elsewhere), env=env, limit=LIMIT).returncode
