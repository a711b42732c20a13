# SPDX-License-Identifier: GPL-3.0-or-later
"""Install Engine: a virtual environment with torch in the extension's user folder.

It is made beside its final place, checked by the worker itself, and only then moved there: a
failed or cancelled installation leaves what was there before.

Which build of torch pip gets (versions are pinned in the extension's pyproject.toml):

- CPU: on Linux the ``+cpu`` wheel of PyTorch's own index, which outranks PyPI's by its local
  version; PyPI's wheel on Windows and macOS, which is a CPU build there.
- CUDA: PyPI's wheel on Linux (several GB); on Windows the ``+cu`` wheel of PyTorch's own index;
  there is none for macOS.
- METAL: PyPI's wheel on macOS, which brings Metal on Apple silicon; there is none elsewhere.

From a folder of wheels pip takes what lies there and nothing else (``--isolated --no-index``).
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...core.errors import Cancelled, SecondEyeError, UsageError
from . import interpreter
from .client import EngineError, EngineJob, Progress
from .process import ChildProcess

BUILDS = (
    ("CPU", "CPU", "Works everywhere; the smallest download"),
    ("CUDA", "CUDA", "For an NVIDIA card on Linux or Windows; several GB"),
    ("METAL", "Metal", "For a Mac with Apple silicon"),
)
PYTORCH_INDEX = "https://download.pytorch.org/whl/"
WINDOWS_CUDA = "cu130"


MODELS = ("onnx", "transformers")
"""The extras of the pyproject.toml that models of the artist's own need."""


def requirements(extras: Sequence[str] = ()) -> list[str]:
    """Core's pinned requirements and those of ``extras``, from the extension's pyproject.toml."""
    path = interpreter.extension_folder() / "pyproject.toml"
    project = tomllib.loads(path.read_text(encoding="utf8"))["project"]
    optional = project["optional-dependencies"]
    return [*project["dependencies"], *(wanted for name in extras for wanted in optional[name])]


def pip_arguments(build: str, wheels: Path | None, system: str = sys.platform) -> list[str]:
    """What pip is told about where torch comes from; see the list above.

    Raises UsageError where the build does not exist for the system.
    """
    if wheels is not None:
        return ["--isolated", "--no-index", "--find-links", str(wheels)]
    if build == "METAL" and system != "darwin":
        raise UsageError("torch has a Metal build for macOS only: choose CPU or CUDA.")
    if build == "CUDA" and system == "darwin":
        raise UsageError("torch has no CUDA build for macOS: choose Metal or CPU.")
    if build == "CPU" and system.startswith("linux"):
        return ["--extra-index-url", PYTORCH_INDEX + "cpu"]
    if build == "CUDA" and system == "win32":
        return ["--extra-index-url", PYTORCH_INDEX + WINDOWS_CUDA]
    return []


class Installation:
    """An installation under way in a thread of its own; a ``session.Task``.

    ``wanted`` are pip requirements (default: core's pinned ones), ``base`` the Python that the
    environment is made of (default: Blender's own). Raises UsageError where the choice cannot work.
    """

    def __init__(
        self,
        build: str,
        wheels: Path | None,
        wanted: Sequence[str] | None = None,
        base: str | None = None,
    ) -> None:
        if wheels is not None and not any(wheels.glob("*.whl")):
            raise UsageError(f"{wheels} holds no wheels (*.whl): choose the folder that does.")
        self.progress = Progress("Install Engine", message="making an environment")
        self.error: SecondEyeError | None = None
        self.value: dict[str, Any] = {}
        self._home = interpreter.engine_folder()
        self._place = self._home / "environment"
        self._new = self._home / f"new-{os.getpid()}"
        self._base = base or sys.executable
        self._wanted = list(wanted if wanted is not None else requirements())
        self._sources = pip_arguments(build, wheels)
        self._packages: set[str] = set()
        self._cancelling = False
        self._process: ChildProcess | None = None
        self._check: EngineJob | None = None
        self._thread = threading.Thread(target=self._run, name="second-eye-install", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    @property
    def cancelling(self) -> bool:
        return self.running and self._cancelling

    def cancel(self) -> None:
        self._cancelling = True
        if self._process is not None:
            self._process.kill()
        if self._check is not None:
            self._check.cancel()

    def poll(self) -> bool:
        return self.running

    def pause(self) -> None:
        """Wait up to a tenth of a second. For background runs: it blocks."""
        self._thread.join(0.1)

    def abandon(self) -> None:
        self.cancel()
        self._thread.join(5.0)

    def _run(self) -> None:
        try:
            self._remove_leftovers()
            self._command([self._base, "-m", "venv", str(self._new)])
            options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
            pip = [str(interpreter.python_in(self._new)), "-m", "pip", "install"]
            self._command([*pip, *options, *self._sources, *self._wanted])
            self.value = self._verify()
            self._move_into_place()
        except SecondEyeError as error:
            self.error = error
        except OSError as error:
            self.error = EngineError(f"The engine could not be put in {self._home}: {error}")
        finally:
            self._remove_leftovers()

    def _command(self, command: list[str]) -> None:
        """Run one step to its end; raises EngineError with what it said was wrong."""
        environment = interpreter.clean_environment()
        self._process = ChildProcess(command, environment, merge=True)
        self._process.start()
        said: list[str] = []
        while isinstance(line := self._process.lines.get(), str):
            said.append(line)
            self._hear(line)
        self._process = None
        self._stop_if_cancelled()
        if line.returncode != 0:
            text = "\n".join([*said, line.stderr]).strip()
            errors = [row for row in text.splitlines() if row.upper().startswith("ERROR")]
            reason = (errors or text.splitlines()[-1:] or ["it said nothing"])[0]
            raise EngineError(
                f"The engine could not be installed: {reason.removeprefix('ERROR: ')}",
                remote_traceback=text,
            )

    def _hear(self, line: str) -> None:
        """pip's lines, as progress."""
        if self._cancelling and self._process is not None:
            self._process.kill()  # pressed between two steps
        line = line.strip()
        verb, _, thing = line.partition(" ")
        if verb in {"Collecting", "Downloading", "Processing"}:
            thing = re.sub(r"\s*\(from .*", "", thing)
            file = thing.replace("\\", "/").rpartition("/")[2]
            name = file.split("-")[0] if ".whl" in file else re.split(r"[=<>!~;\[ ]", thing)[0]
            self._packages.add(name.lower().replace("_", "-"))
            self._progress(f"{verb} {file}")
        elif line.startswith("Installing collected"):
            self._progress("unpacking (this takes a minute)")

    def _verify(self) -> dict[str, Any]:
        """The new environment runs the worker's own check; raises EngineError when it complains."""
        self._progress("checking the engine")
        python = interpreter.Interpreter(interpreter.python_in(self._new), "the new environment")
        self._check = EngineJob(python, "check", {})
        self._stop_if_cancelled()
        found = self._check.wait()
        self._check = None
        problems = problems_in(found)
        if problems:
            raise EngineError(f"The new engine does not work: {problems[0]}")
        return found

    def _stop_if_cancelled(self) -> None:
        if self._cancelling:
            if self._check is not None:
                self._check.abandon()
            raise Cancelled("The installation was cancelled; nothing of it is left.")

    def _move_into_place(self) -> None:
        if self._place.exists():
            os.replace(self._place, self._home / f"old-{os.getpid()}")
        os.replace(self._new, self._place)  # where it fails, _remove_leftovers puts the old back

    def _remove_leftovers(self) -> None:
        """Half-made environments go, also what a killed Blender left of an earlier attempt; the
        environment that stood here before comes back where no new one took its place."""
        old = sorted(self._home.glob("old-*"), key=lambda folder: folder.stat().st_mtime)
        if old and not self._place.exists():
            try:
                os.replace(old[-1], self._place)
            except OSError as error:
                self.error = EngineError(f"{old[-1]} could not be named {self._place}: {error}")
                return  # it stays: the next installation tries again
        for leftover in [*self._home.glob("new-*"), *self._home.glob("old-*")]:
            shutil.rmtree(leftover, ignore_errors=True)

    def _progress(self, message: str) -> None:
        # Pinned packages bring about as many again with them: the bar is a hint, not a measure.
        done = len(self._packages)
        total = max(2 * len(self._wanted) + 4, done + 4)
        self.progress = Progress("Install Engine", done, total, message)


def problems_in(found: dict[str, Any]) -> list[str]:
    """What the check says is wrong, in words; the check's contract is core.jobs."""
    return [str(problem) for problem in found.get("problems", ())]
