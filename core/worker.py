# SPDX-License-Identifier: GPL-3.0-or-later
"""The child process: one job in, JSON messages out (docs/project.md tells the protocol).

Start it as ``python -m core.worker`` with the extension's folder first on PYTHONPATH and keep
its stdin open: the end of stdin means that the parent is gone, and cancels the job.
"""

import json
import os
import queue
import signal
import socket
import sys
import threading
import time
import traceback
from typing import Any, NoReturn

from . import temporaries
from .errors import Cancelled, UsageError
from .jobs.failures import explain
from .jobs.progress import Progress
from .jobs.registry import make_job
from .threads import step_back, wait_politely

VERSION = 1
# A cancelled job may end its frame; after this long the process ends in the middle of it, which
# costs that frame only, since every file is renamed into place when it is whole, and a movie's
# unfinished file is removed.
GRACE_SECONDS = 0.6
PROGRESS_SECONDS = 0.05


class Channel:
    """The real stdout. Everything else that prints lands on stderr."""

    def __init__(self) -> None:
        sys.stdout.flush()
        self._descriptor = os.dup(1)
        os.dup2(2, 1)
        self._lock = threading.Lock()
        self._last = ("", 0.0)

    def send(self, kind: str, **content: Any) -> None:
        """Write one message; a reader that is gone is no reason to stop here."""
        with self._lock:
            self._write(kind, content)

    def progress(self, progress: Progress) -> None:
        """Send, but not more often than a panel can show; a stage's end always gets through."""
        stage, moment = self._last
        now = time.monotonic()
        ends = progress.done >= progress.total or progress.message or progress.stage != stage
        if ends or now - moment >= PROGRESS_SECONDS:
            self._last = (progress.stage, now)
            self.send(
                "progress",
                stage=progress.stage,
                done=progress.done,
                total=progress.total,
                message=progress.message,
            )

    def finish(self, code: int, kind: str, unfinished: bool = False, **content: Any) -> NoReturn:
        """Send the last message and end the process; of two threads the first one wins.

        Ends without Python's shutdown, which would wait for the thread that reads stdin.
        ``unfinished``: the job is still in the middle of it, so its temporary files are removed.
        """
        with self._lock:
            if unfinished:
                temporaries.remove_all()
            self._write(kind, content)
            sys.stderr.flush()
            os._exit(code)

    def _write(self, kind: str, content: dict[str, Any]) -> None:
        line = json.dumps({"version": VERSION, "type": kind, **content}, ensure_ascii=True)
        data = (line + "\n").encode()
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except BrokenPipeError:
            return


class Inbox:
    """Reads stdin and hears signals: the first line is the job, a later one may cancel it."""

    def __init__(self) -> None:
        self.job: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.cancel = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()
        self._hear_signals()

    def _read(self) -> None:
        # os.read, since a buffered reader blocked in a thread stops Python from ending.
        buffer, first = b"", True
        while chunk := self._chunk():
            buffer += chunk
            *lines, buffer = buffer.split(b"\n")
            for line in lines:
                if first:
                    self.job.put(line)
                    first = False
                elif _is_cancel(line):
                    self.cancel.set()
        if first:
            self.job.put(buffer or None)
        self.cancel.set()

    @staticmethod
    def _chunk() -> bytes:
        try:
            return os.read(0, 65536)
        except OSError:
            return b""

    def _hear_signals(self) -> None:
        # Python runs handlers between two bytecodes of the main thread, so not while a network
        # computes; the wake-up socket is written by the C handler at once.
        self._sockets = socket.socketpair()
        hears, wakes = self._sockets
        wakes.setblocking(False)
        signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, frame: self.cancel.set())

        def listen() -> None:
            while hears.recv(1):
                self.cancel.set()

        threading.Thread(target=listen, daemon=True).start()


def main() -> NoReturn:
    """Read one job, run it, end the process with its exit code."""
    wait_politely()
    step_back()
    channel = Channel()
    inbox = Inbox()
    channel.send("hello", pid=os.getpid(), python=sys.version.split()[0])

    def force_end() -> None:
        inbox.cancel.wait()
        time.sleep(GRACE_SECONDS)
        channel.finish(Cancelled.exit_code, "cancelled", unfinished=True)

    try:
        line = inbox.job.get()
        threading.Thread(target=force_end, daemon=True).start()
        job = make_job(*_parse(line))
        value = job.run(channel.progress, inbox.cancel.is_set)
    except Cancelled:
        channel.finish(Cancelled.exit_code, "cancelled")
    except Exception as error:  # the boundary: whatever happens becomes a message
        reason = explain(error)
        channel.finish(
            reason.exit_code,
            "error",
            message=str(reason),
            exit_code=reason.exit_code,
            traceback=traceback.format_exc(),
        )
    channel.finish(0, "result", value=value)


def _parse(line: bytes | None) -> tuple[str, dict[str, Any]]:
    try:
        request = json.loads(line or b"")
    except ValueError as error:
        raise UsageError("The worker needs one line of JSON that names a job.") from error
    if not isinstance(request, dict) or request.get("version") != VERSION:
        raise UsageError(f"The worker speaks version {VERSION} of the protocol only.")
    name, arguments = request.get("job"), request.get("arguments", {})
    if not isinstance(name, str) or not isinstance(arguments, dict):
        raise UsageError('The worker needs "job" as a name and "arguments" as an object.')
    return name, arguments


def _is_cancel(line: bytes) -> bool:
    try:
        message = json.loads(line)
    except ValueError:
        return False
    return isinstance(message, dict) and message.get("type") == "cancel"


if __name__ == "__main__":
    main()
