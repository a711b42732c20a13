# SPDX-License-Identifier: GPL-3.0-or-later
"""Say what is done, run it, and turn a failure into one sentence with its remedy."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


class SetupError(Exception):
    """Something outside the project is missing; the message names it and the remedy."""


def say(text: str) -> None:
    print(f"[second-eye] {text}", flush=True)


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    quiet: bool = False,
    limit: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run ``command`` to its end; with ``quiet`` its output is kept instead of shown.

    After ``limit`` seconds it is killed, and all that it started in its own process group with it.
    Raises SetupError then.
    """
    words = [str(part) for part in command]
    with subprocess.Popen(
        words,
        cwd=cwd,
        env=dict(env) if env is not None else None,
        text=True,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        # A group of its own gets no Ctrl-C from the terminal: only what is limited needs one.
        start_new_session=limit is not None,
    ) as process:
        try:
            output, _ = process.communicate(timeout=limit)
        except BaseException as error:
            kill(process, whole_group=limit is not None)
            if isinstance(error, subprocess.TimeoutExpired):
                raise SetupError(
                    f"{' '.join(words[:4])} ... had not ended after {limit:.0f} s and was killed: "
                    "run it alone to see where it hangs."
                ) from error
            raise
    return subprocess.CompletedProcess(words, process.returncode, output)


def kill(process: subprocess.Popen[str], whole_group: bool) -> None:
    """End a child at once; what it started too where it leads a group."""
    if whole_group and os.name == "posix":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


class Stopwatch:
    """Names and seconds of the stages of a longer job, in order."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float]] = []
        self._started = time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.rows.append((name, now - self._started))
        self._started = now

    def table(self) -> str:
        width = max((len(name) for name, _ in self.rows), default=0)
        total = sum(seconds for _, seconds in self.rows)
        lines = [f"  {name:<{width}}  {seconds:7.1f} s" for name, seconds in self.rows]
        return "\n".join([*lines, f"  {'total':<{width}}  {total:7.1f} s"])


def fail(message: str) -> int:
    print(f"[second-eye] {message}", file=sys.stderr, flush=True)
    return 1
