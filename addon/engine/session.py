# SPDX-License-Identifier: GPL-3.0-or-later
"""The one long job that this Blender runs: operators drive it, the panel shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from ...core.errors import SecondEyeError
from .client import Progress


class Task(Protocol):
    """Anything long: a job in the engine, an installation, a render."""

    @property
    def progress(self) -> Progress: ...
    @property
    def running(self) -> bool: ...
    @property
    def cancelling(self) -> bool: ...
    @property
    def error(self) -> SecondEyeError | None: ...
    @property
    def value(self) -> dict[str, Any]: ...
    def poll(self) -> bool: ...
    def pause(self) -> None: ...
    def cancel(self) -> None: ...
    def abandon(self) -> None: ...


@dataclass
class Running:
    title: str
    task: Task
    shown: str = ""


@dataclass(frozen=True)
class Ending:
    """How a job ended: ``icon`` is one of Blender's, ``text`` a sentence."""

    title: str = ""
    icon: str = "NONE"
    text: str = ""


_current: Running | None = None
latest = Ending()
"""The latest job's, for the panel."""


def current() -> Running | None:
    return _current


def begin(title: str, task: Task) -> Running:
    """Make ``task`` the job of this Blender. Raises SecondEyeError while another one runs."""
    global _current, latest
    if _current is not None:
        task.abandon()
        raise SecondEyeError(f"{_current.title} is still running: wait for it or cancel it first.")
    _current = Running(title, task)
    latest = Ending()
    return _current


def end(icon: str, text: str) -> None:
    global _current, latest
    if _current is not None:
        latest = Ending(_current.title, icon, text)
    _current = None


def cancel() -> bool:
    """Ask the running job to stop; False when there is none."""
    if _current is None:
        return False
    _current.task.cancel()
    return True


def unregister() -> None:
    """The extension goes, and its child process with it."""
    global _current
    running, _current = _current, None  # first: whatever abandon meets, the add-on is free again
    if running is not None:
        running.task.abandon()
