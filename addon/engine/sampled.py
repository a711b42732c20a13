# SPDX-License-Identifier: GPL-3.0-or-later
"""A job in the engine with the sampling of its project's shots after it, as one task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...core.errors import SecondEyeError
from .client import EngineJob, Progress


class SampledJob:
    """``first``, and once it has ended well what ``then`` starts.

    What the first has done stands, whatever becomes of the second: where that fails or is
    cancelled, its sentence is the value's "unsampled" and the task has no error.
    """

    def __init__(self, first: EngineJob, then: Callable[[], EngineJob]) -> None:
        self._first, self._then = first, then
        self._second: EngineJob | None = None

    @property
    def _current(self) -> EngineJob:
        return self._second or self._first

    @property
    def progress(self) -> Progress:
        return self._current.progress

    @property
    def running(self) -> bool:
        return self._current.running

    @property
    def cancelling(self) -> bool:
        return self._current.cancelling

    @property
    def error(self) -> SecondEyeError | None:
        return self._first.error

    @property
    def value(self) -> dict[str, Any]:
        unsampled = self._second.error if self._second is not None else None
        return {**self._first.value, "unsampled": "" if unsampled is None else str(unsampled)}

    def poll(self) -> bool:
        """As `EngineJob.poll`."""
        if self._current.poll():
            return True
        return self._go_on()

    def pause(self) -> None:
        """As `EngineJob.pause`."""
        self._current.pause()
        self._go_on()

    def cancel(self) -> None:
        """Stop whichever of the two is running."""
        self._current.cancel()

    def abandon(self) -> None:
        """End it now."""
        self._current.abandon()

    def _go_on(self) -> bool:
        """Start the second job when the first is done; True while one of them runs."""
        if not self._first.running and self._first.error is None and self._second is None:
            self._second = self._then()
        return self.running
