# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Python runs core, and the environment it gets."""

from __future__ import annotations

import importlib.resources
import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import bpy

from ...core.errors import SecondEyeError
from .. import ROOT_PACKAGE

MODES = (
    (
        "AUTO",
        "Automatic",
        "The given interpreter if there is one, else the installed engine, else bundled wheels",
    ),
    ("BUNDLED", "Blender's Python", "Blender's own Python with the wheels of a bundled extension"),
    ("INSTALLED", "Installed Engine", "The environment that Install Engine made"),
    ("GIVEN", "Other Interpreter", "A Python of yours that has torch and what else core needs"),
)


class EngineMissing(SecondEyeError):
    """No interpreter fits the preferences; the message says how to get one."""


@dataclass(frozen=True)
class Interpreter:
    """A Python and what it must see besides its own packages."""

    python: Path
    origin: str
    site_packages: tuple[Path, ...] = ()

    def command(self, *arguments: str) -> list[str]:
        return [str(self.python), *arguments]

    def environment(self) -> dict[str, str]:
        """A clean environment in which core is found first: before a folder of that name that
        Blender happens to be started from, too."""
        folders = [extension_folder(), *self.site_packages]
        path = os.pathsep.join(str(folder) for folder in folders)
        return {**clean_environment(), "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}


def clean_environment() -> dict[str, str]:
    """Blender's environment without what would bend another Python (PYTHONHOME above all)."""
    bending = ("PYTHON", "BLENDER_", "VIRTUAL_ENV", "__PYVENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(bending)}
    return {**kept, "PYTHONUTF8": "1", "PYTHONNOUSERSITE": "1"}


def extension_folder() -> Path:
    """Where Blender installed the extension: the folder that holds ``core``."""
    with importlib.resources.as_file(importlib.resources.files(ROOT_PACKAGE)) as folder:
        return Path(folder)


def engine_folder() -> Path:
    """The extension's own user folder for the engine; it stays when the extension is updated."""
    return Path(bpy.utils.extension_path_user(ROOT_PACKAGE, path="engine", create=True))


def python_in(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def installed_python() -> Path:
    return python_in(engine_folder() / "environment")


def find(mode: str, given: str) -> Interpreter:
    """The interpreter for a preference ``mode`` (see MODES); ``given`` is the path of GIVEN.

    Raises EngineMissing, in one sentence with the remedy, when there is none. Starts nothing.
    """
    given = bpy.path.abspath(given) if given else ""
    if mode == "GIVEN" or (mode == "AUTO" and given):
        return _given(given)
    if mode == "INSTALLED" or (mode == "AUTO" and installed_python().exists()):
        return _installed()
    return _bundled(mode)


def _given(given: str) -> Interpreter:
    if not given:
        raise EngineMissing(
            "No interpreter is given: enter a Python's path in Second Eye's preferences."
        )
    if not Path(given).is_file():
        raise EngineMissing(
            f"The engine's interpreter {given} does not exist: "
            "correct its path in Second Eye's preferences."
        )
    return Interpreter(Path(given), "the interpreter given in the preferences")


def _installed() -> Interpreter:
    if not installed_python().exists():
        raise EngineMissing(
            "The engine is not installed: press Install Engine in Second Eye's preferences."
        )
    return Interpreter(installed_python(), "the environment made by Install Engine")


def _bundled(mode: str) -> Interpreter:
    """Blender's Python; a child does not inherit the extensions' site-packages, so name them."""
    torch = importlib.util.find_spec("torch")  # finds it without importing it
    if torch is None or torch.origin is None:
        remedy = (
            "this Second Eye has no wheels bundled"
            if mode == "BUNDLED"
            else "Second Eye has no engine yet"
        )
        raise EngineMissing(
            f"{remedy[0].upper()}{remedy[1:]}: press Install Engine in its preferences, "
            "or name a Python that has torch."
        )
    site = Path(torch.origin).parent.parent
    return Interpreter(Path(sys.executable), "Blender's Python with bundled wheels", (site,))
