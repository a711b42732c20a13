# SPDX-License-Identifier: GPL-3.0-or-later
"""What a subcommand may say to the terminal, and how it hears Ctrl-C."""

import contextlib
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

from .jobs.progress import Progress


def answer(text: str) -> None:
    """The result, on stdout. A reader who has had enough of it (``| head``) is no failure."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # What is left in the buffer would fail again when the interpreter ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


class Console:
    """Progress bars on a terminal only; everything goes to stderr, stdout is the result's."""

    def __init__(self, quiet: bool = False) -> None:
        self._bar: Any = None
        self._stage = ""
        self._quiet = quiet
        self._shows_bar = not quiet and sys.stderr.isatty()
        self._stop = threading.Event()

    def report(self, progress: Progress) -> None:
        """The ``report`` of a job."""
        if progress.message:
            self.say(progress.message)
        if not self._shows_bar:
            return
        if progress.stage != self._stage:
            self.close()
            from tqdm import tqdm

            self._stage = progress.stage
            size = shutil.get_terminal_size()  # 80 x 24 where the terminal doesn't say
            self._bar = tqdm(
                total=progress.total,
                initial=progress.done,
                desc=progress.stage,
                unit="frame",
                ncols=size.columns,
                nrows=size.lines,
            )
        self._bar.total = progress.total
        self._bar.update(progress.done - self._bar.n)

    def cancelled(self) -> bool:
        """The ``cancelled`` of a job: whether Ctrl-C was pressed."""
        return self._stop.is_set()

    def say(self, text: str) -> None:
        """A line for a person, on stderr; silent with --json."""
        if self._quiet:
            return
        if self._bar is not None:
            self._bar.write(text, file=sys.stderr)
        else:
            print(text, file=sys.stderr, flush=True)

    def close(self) -> None:
        """End the current bar."""
        if self._bar is not None:
            self._bar.close()
        self._bar, self._stage = None, ""

    @contextlib.contextmanager
    def catching_interrupts(self) -> Iterator[None]:
        """The first Ctrl-C (or SIGTERM) asks the job to stop after its frame; a second one is
        a KeyboardInterrupt."""

        def interrupt(number: int, frame: FrameType | None) -> None:
            if self._stop.is_set():
                raise KeyboardInterrupt
            self._stop.set()

        if threading.current_thread() is not threading.main_thread():
            yield
            return
        former = {s: signal.signal(s, interrupt) for s in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)
