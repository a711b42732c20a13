# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual environments: one with everything, and a small one for each further Blender.

``.venv`` (Python 3.11) holds bpy 4.5 LTS, torch and the tools. The other Blenders get an
environment with bpy, numpy and pytest only: their tests reach the engine in ``.venv`` as a child
process, as an artist's Blender does. All versions are pinned in pyproject.toml.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from .shell import SetupError, run, say

ROOT = Path(__file__).resolve().parents[2]
STAMP = "second-eye-environment.txt"

# What bpy's shared libraries need, and the Debian package that has it.
SYSTEM_LIBRARIES = {
    "libX11.so.6": "libx11-6",
    "libXrender.so.1": "libxrender1",
    "libXxf86vm.so.1": "libxxf86vm1",
    "libXfixes.so.3": "libxfixes3",
    "libXi.so.6": "libxi6",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libgomp.so.1": "libgomp1",
    "libglib-2.0.so.0": "libglib2.0-0",
}


@dataclass(frozen=True)
class Blender:
    """One Blender release that the tests run against."""

    version: str
    python: str
    folder: str
    extras: tuple[str, ...]
    project: bool
    """True where core is installed too (torch and all); else the engine is another interpreter."""


BLENDERS = {
    "4.2": Blender("4.2", "3.11", ".venv-blender-4.2", ("blender-4_2",), project=False),
    "4.5": Blender(
        "4.5",
        "3.11",
        ".venv",
        ("blender", "onnx", "transformers", "evaluation", "dev"),
        project=True,
    ),
    "5.0": Blender("5.0", "3.11", ".venv-blender-5.0", ("blender-5_0",), project=False),
    "5.2": Blender("5.2", "3.13", ".venv-blender-5.2", ("blender-5_2",), project=False),
}


def python_in(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def find_interpreter(version: str) -> Path:
    """A Python of that minor version: this one, one on PATH, or one that pyenv keeps."""
    if f"{sys.version_info.major}.{sys.version_info.minor}" == version:
        return Path(sys.executable)
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which(f"python{version}")]
    candidates += [str(path) for path in sorted(kept.glob(f"{version}*/bin/python{version}"))]
    for candidate in filter(None, candidates):
        answer = run([candidate, "-c", "import sys; print(sys.executable)"], quiet=True)
        if answer.returncode == 0:
            return Path(answer.stdout.strip())
    raise SetupError(
        f"Python {version} was not found; install it (from the system's packages where they have "
        f"it, with its venv module, or by pyenv install {version}) and run this again."
    )


def requirements(blender: Blender) -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]
    wanted = list(project["dependencies"]) if blender.project else []
    for extra in blender.extras:
        wanted += project["optional-dependencies"][extra]
    return wanted


def ensure(version: str = "4.5") -> Path:
    """The Python of the environment for that Blender, made or brought up to date if need be."""
    blender = BLENDERS[version]
    folder = ROOT / blender.folder
    wanted = requirements(blender)
    stamp = hashlib.sha256("\n".join(wanted).encode()).hexdigest()
    python = python_in(folder)
    kept = folder / STAMP
    if python.exists() and kept.exists() and kept.read_text(encoding="utf8").strip() == stamp:
        ensure_system_libraries(python)
        return python
    if not python.exists():
        say(f"making {folder.name} (Python {blender.python})")
        make_venv(find_interpreter(blender.python), folder)
    say(f"installing {len(wanted)} pinned packages into {folder.name}: {', '.join(wanted)}")
    pip(python, ["install", *wanted])
    if blender.project:
        say("installing the second-eye command (editable)")
        pip(python, ["install", "--no-deps", "--no-build-isolation", "-e", str(ROOT)])
    ensure_system_libraries(python)
    kept.write_text(stamp + "\n", encoding="utf8")
    return python


def make_venv(interpreter: Path, folder: Path) -> None:
    made = run([interpreter, "-m", "venv", folder], quiet=True)
    if made.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        raise SetupError(
            f"{interpreter} could not make a virtual environment; on Debian install its venv part "
            f"(apt-get install python3.11-venv). It said: {made.stdout.strip()[-300:]}"
        )


def pip(python: Path, arguments: list[str]) -> None:
    """pip with its progress hidden; its failures become one sentence."""
    command = [str(python), "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode == 0:
        return
    tail = "\n".join(done.stdout.strip().splitlines()[-12:])
    unreachable = re.search(
        r"name resolution|from versions: none|Connection|timed out|ProxyError|SSLError",
        done.stdout,
    )
    if unreachable:
        raise SetupError(
            "The package index cannot be reached: check the network or the proxy (HTTPS_PROXY), "
            f"then run this again; what is installed already is kept.\n{tail}"
        )
    if "No space left" in done.stdout:
        raise SetupError("The disk is full: an environment takes about 2.5 GB; free some space.")
    raise SetupError(f"pip could not install what pyproject.toml pins; it said:\n{tail}")


def ensure_system_libraries(python: Path) -> None:
    """bpy and OpenCV load system libraries; name the packages that lack, install them when root."""
    probe = "import ctypes, sys\n" + "\n".join(
        f"try: ctypes.CDLL({name!r})\nexcept OSError: print({package!r})"
        for name, package in SYSTEM_LIBRARIES.items()
    )
    if not sys.platform.startswith("linux"):
        return
    missing = run([python, "-c", probe], quiet=True).stdout.split()
    if not missing:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"installing system libraries: {' '.join(missing)}")
        run(["apt-get", "update"], quiet=True)
        done = run(command, quiet=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        if done.returncode == 0:
            return
    raise SetupError(
        f"Blender needs system libraries that are missing: {', '.join(missing)}; "
        f"install them (sudo {' '.join(command)}) and run this again."
    )
