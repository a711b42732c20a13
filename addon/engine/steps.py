# SPDX-License-Identifier: GPL-3.0-or-later
"""A task of many short steps in Blender's own process, a few of them a tick."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from ...core.errors import Cancelled, SecondEyeError
from .client import Progress

_SECONDS = 0.02  # a tick: what is left of 50 ms is Blender's


class StepsTask:
    """A ``session.Task``: ``steps`` is gone through while the window stays alive."""

    running = True
    stopped = "Cancelled; nothing was changed."
    """What is said where it was cancelled."""

    def __init__(self, steps: Iterator[Any], total: int, stage: str, value: dict[str, Any]) -> None:
        self.error: SecondEyeError | None = None
        self.value = value
        self.cancelling = False
        self._steps, self._total, self._stage, self._done = steps, total, stage, 0

    @property
    def progress(self) -> Progress:
        return Progress(self._stage, self._done, self._total)

    def poll(self) -> bool:
        """Take the next steps, for a fiftieth of a second or one of them."""
        if not self.running:
            return False
        until = time.monotonic() + _SECONDS
        try:
            while True:
                if self.cancelling:
                    raise Cancelled(self.stopped)
                next(self._steps)
                self._done += 1
                if time.monotonic() > until:
                    return True
        except StopIteration:
            self.running = False
        except SecondEyeError as error:
            self._end(error)
        except RuntimeError as error:
            self._end(self.explained(error))
        return self.running

    def explained(self, error: RuntimeError) -> SecondEyeError:
        """A failure of Blender's, in a sentence."""
        reason = str(error).strip().splitlines()[0].removeprefix("Error: ")
        return SecondEyeError(f"Blender refused: {reason.rstrip('.')}.")

    def pause(self) -> None:
        """Nothing to wait for."""

    def cancel(self) -> None:
        self.cancelling = True

    def abandon(self) -> None:
        self._end(Cancelled(self.stopped))

    def _end(self, error: SecondEyeError) -> None:
        self.running, self.error = False, error
        close = getattr(self._steps, "close", None)
        if close is not None:
            close()
