# SPDX-License-Identifier: GPL-3.0-or-later
"""A child process whose lines arrive in a queue. Nothing called from Blender's main thread waits.

Even starting it happens in the reader's thread: on Windows a start may take longer than a frame.
"""

from __future__ import annotations

import collections
import contextlib
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STDERR_LINES_KEPT = 200


@dataclass(frozen=True)
class Ended:
    """The last thing in the queue: how the process ended, and the tail of its stderr."""

    returncode: int | None
    stderr: str


class ChildProcess:
    """Runs ``command``; ``lines`` yields its stdout as ``str`` and at last one ``Ended``.

    With ``merge`` its stderr goes into the same lines. A command that cannot be started ends with
    returncode None and the system's reason.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path | None = None,
        merge: bool = False,
    ) -> None:
        self.lines: queue.SimpleQueue[str | Ended] = queue.SimpleQueue()
        self._command = list(command)
        self._environment = dict(environment)
        self._folder = folder
        self._merge = merge
        self._process: subprocess.Popen[str] | None = None
        self._unsent: list[str] = []
        self._signal_at_start = ""
        self._lock = threading.Lock()
        self._stderr: collections.deque[str] = collections.deque(maxlen=STDERR_LINES_KEPT)
        self._thread = threading.Thread(target=self._run, name="second-eye-engine", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def write_line(self, line: str) -> None:
        """Send ``line`` to its stdin; kept until it has started, dropped when it has gone."""
        with self._lock:
            if self._process is None:
                self._unsent.append(line)
            else:
                self._send(line)

    def terminate(self) -> None:
        """Ask the system to end it; what it started ends with it where the system can do that."""
        self._stop("terminate")

    def kill(self) -> None:
        self._stop("kill")

    def join(self, seconds: float | None = None) -> None:
        self._thread.join(seconds)

    def _send(self, line: str) -> None:
        assert self._process is not None and self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # it has ended: Ended says so
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def _stop(self, how: str) -> None:
        with self._lock:
            if self._process is None:
                self._signal_at_start = how
            elif self._process.poll() is None:
                _signal(self._process, how)

    def _run(self) -> None:
        try:
            process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if self._merge else subprocess.PIPE,
                text=True,
                encoding="utf8",
                errors="replace",
                start_new_session=os.name != "nt",
                # Elsewhere the worker lowers its priority itself (core.threads.step_back).
                creationflags=_windows_flags("CREATE_NO_WINDOW", "BELOW_NORMAL_PRIORITY_CLASS"),
            )
        except OSError as error:
            self.lines.put(Ended(None, f"{self._command[0]}: {error.strerror or error}"))
            return
        complaints = threading.Thread(target=self._read_stderr, args=(process,), daemon=True)
        complaints.start()
        with self._lock:
            self._process = process
            for line in self._unsent:
                self._send(line)
            if self._signal_at_start:
                _signal(process, self._signal_at_start)
        assert process.stdout is not None
        for line in process.stdout:
            self.lines.put(line.rstrip("\r\n"))
        returncode = process.wait()
        complaints.join()
        with self._lock, contextlib.suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()
        self.lines.put(Ended(returncode, "\n".join(self._stderr)))

    def _read_stderr(self, process: subprocess.Popen[str]) -> None:
        for line in process.stderr or ():
            self._stderr.append(line.rstrip("\r\n"))


def _windows_flags(*names: str) -> int:
    """These flags of the subprocess module, of which other systems have none."""
    return sum(getattr(subprocess, name, 0) for name in names)


def _signal(process: subprocess.Popen[str], how: str) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "nt":
            getattr(process, how)()
        elif how == "terminate":
            # Only the worker: it ends its own helpers in good order.
            process.terminate()
        else:
            os.killpg(process.pid, signal.SIGKILL)
