# SPDX-License-Identifier: GPL-3.0-or-later
"""Two tasks as one, for an operator whose second half needs what the first has made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...core.errors import SecondEyeError
from . import session
from .client import Progress


class Chained:
    """``first``, and once it has ended well what ``then`` starts; the value is the second's. What
    goes wrong in either is the whole's error."""

    def __init__(self, first: session.Task, then: Callable[[], session.Task]) -> None:
        self._current, self._then = first, then
        self._last = False
        self._refused: SecondEyeError | None = None

    @property
    def progress(self) -> Progress:
        return self._current.progress

    @property
    def running(self) -> bool:
        return self._refused is None and (self._current.running or not self._ended)

    @property
    def cancelling(self) -> bool:
        return self._current.cancelling

    @property
    def error(self) -> SecondEyeError | None:
        return self._refused or self._current.error

    @property
    def value(self) -> dict[str, Any]:
        return self._current.value

    @property
    def _ended(self) -> bool:
        return self._last or self._current.error is not None

    def poll(self) -> bool:
        """True while one of them runs."""
        if not self._current.poll() and not self._ended and self._refused is None:
            try:
                self._current, self._last = self._then(), True
            except SecondEyeError as error:
                self._refused = error
        return self.running

    def pause(self) -> None:
        """Wait a little for the one that runs."""
        self._current.pause()

    def cancel(self) -> None:
        """Stop the one that runs."""
        self._current.cancel()

    def abandon(self) -> None:
        """End it now."""
        self._last = True
        self._current.abandon()
