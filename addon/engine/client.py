# SPDX-License-Identifier: GPL-3.0-or-later
"""One job of ``core.worker``: ask for it, follow its messages, cancel it (docs/architecture.md).

``poll`` is for a timer in Blender's main thread: it takes what has arrived, up to a bound.
``pause`` and ``wait`` block: they are for background runs and other threads.
"""

from __future__ import annotations

import contextlib
import json
import queue
import time
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ...core.errors import Cancelled, SecondEyeError
from .interpreter import Interpreter
from .pace import Pace
from .process import ChildProcess, Ended

PROTOCOL = 1
POLL_MESSAGES = 128
POLL_SECONDS = 0.005
# The worker answers a cancel line within a second when all is well; then it is ended, in two steps.
TERMINATE_AFTER = 0.8
KILL_AFTER = 1.6


class EngineError(SecondEyeError):
    """A job failed in the engine; ``remote_traceback`` is for whoever mends it."""

    def __init__(self, message: str, exit_code: int = 1, remote_traceback: str = "") -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.remote_traceback = remote_traceback


class State(Enum):
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Progress:
    stage: str = ""
    done: int = 0
    total: int = 0
    message: str = ""
    left: str = ""

    @property
    def fraction(self) -> float:
        """0..1; 0 where the total is not known."""
        return min(self.done / self.total, 1.0) if self.total > 0 else 0.0

    def text(self) -> str:
        count = f"{self.done} / {self.total}" if self.total > 0 else ""
        return "  ".join(part for part in (self.stage, count, self.left, self.message) if part)


class EngineJob:
    """A job named ``name`` with JSON-able ``arguments`` on ``interpreter``."""

    def __init__(self, interpreter: Interpreter, name: str, arguments: dict[str, Any]) -> None:
        self.name = name
        self.state = State.RUNNING
        self.progress = Progress(message="starting the engine")
        self.value: dict[str, Any] = {}
        self.error: SecondEyeError | None = None
        self.notes: list[str] = []
        self._pace = Pace()
        self._interpreter = interpreter
        self._cancelled_at: float | None = None
        self._signalled = ""
        self._process = ChildProcess(
            interpreter.command("-m", "core.worker"), interpreter.environment()
        )
        request = {"version": PROTOCOL, "job": name, "arguments": arguments}
        self._process.write_line(json.dumps(request))
        self._process.start()

    @property
    def running(self) -> bool:
        return self.state is State.RUNNING

    def cancel(self) -> None:
        """Ask it to stop; ``poll`` sees to it that it does. The project stays resumable."""
        if self.running and self._cancelled_at is None:
            self._cancelled_at = time.monotonic()
            self._process.write_line(json.dumps({"type": "cancel"}))

    @property
    def cancelling(self) -> bool:
        return self.running and self._cancelled_at is not None

    def poll(self) -> bool:
        """Take the messages that have arrived, a few milliseconds at most; True while it runs."""
        self._insist()
        until = time.monotonic() + POLL_SECONDS
        for _ in range(POLL_MESSAGES):
            if not self.running or time.monotonic() > until:
                break
            try:
                self._receive(self._process.lines.get_nowait())
            except queue.Empty:
                break
        return self.running

    def pause(self) -> None:
        """Wait up to a tenth of a second for news. For background runs: it blocks."""
        self._insist()
        with contextlib.suppress(queue.Empty):
            self._receive(self._process.lines.get(timeout=0.1))

    def wait(self) -> dict[str, Any]:
        """Its result; raises EngineError or Cancelled. Never in Blender's main thread."""
        while self.running:
            self.pause()
        if self.error is not None:
            raise self.error
        return self.value

    def abandon(self) -> None:
        """End it now, whatever it does: Blender closes or the extension is switched off."""
        self._process.kill()
        self._process.join(2.0)

    def _insist(self) -> None:
        if self._cancelled_at is None:
            return
        waited = time.monotonic() - self._cancelled_at
        if waited > KILL_AFTER and self._signalled != "kill":
            self._signalled = "kill"
            self._process.kill()
        elif waited > TERMINATE_AFTER and not self._signalled:
            self._signalled = "terminate"
            self._process.terminate()

    def _receive(self, line: str | Ended) -> None:
        if isinstance(line, Ended):
            self._ended(line)
            return
        try:
            message = json.loads(line)
        except json.JSONDecodeError:
            message = None
        if not isinstance(message, dict) or "type" not in message:
            self._fail(f"The engine said something that is not a message: {line[:120]!r}.")
            self._process.kill()
        elif message.get("version") != PROTOCOL:
            self._fail(
                f"The engine speaks version {message.get('version')} of the protocol and this "
                f"extension version {PROTOCOL}: reinstall Second Eye."
            )
            self._process.kill()
        else:
            self._message(message)

    def _message(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "progress":
                stage = str(message.get("stage", ""))
                done, total = int(message.get("done") or 0), int(message.get("total") or 0)
                left = self._pace.left(stage, done, total, time.monotonic())
                self.progress = Progress(stage, done, total, str(message.get("message", "")), left)
            case "result":
                self.value = message.get("value") or {}
                self.state = State.FINISHED
            case "error":
                self._fail(
                    str(message.get("message", "")),
                    int(message.get("exit_code") or 1),
                    str(message.get("traceback") or ""),
                )
            case "cancelled":
                self._end_cancelled()

    def _ended(self, ended: Ended) -> None:
        """It ended without a last word: cancelled the hard way, or broken."""
        if self._cancelled_at is not None:
            self._end_cancelled()
        elif ended.returncode is None:
            self._fail(
                f"The engine could not be started ({ended.stderr}): "
                "check the interpreter in Second Eye's preferences."
            )
        else:
            last = ended.stderr.strip().splitlines()[-1:] or ["it said nothing"]
            self._fail(
                f"The engine ({self._interpreter.python}) stopped with code {ended.returncode}: "
                f"{last[0]}",
                remote_traceback=ended.stderr,
            )

    def _fail(self, message: str, exit_code: int = 1, remote_traceback: str = "") -> None:
        self.error = EngineError(message, exit_code, remote_traceback)
        self.state = State.FAILED

    def _end_cancelled(self) -> None:
        self.error = Cancelled("Cancelled; what is finished is kept, run it again to go on.")
        self.state = State.CANCELLED
