# SPDX-License-Identifier: GPL-3.0-or-later
"""A task with nothing to do, for an operator that needs the engine only now and then."""

from __future__ import annotations

from typing import Any

from ...core.errors import SecondEyeError
from .client import Progress


class NoTask:
    """Done before it began."""

    progress = Progress()
    running = cancelling = False
    error: SecondEyeError | None = None

    def __init__(self) -> None:
        self.value: dict[str, Any] = {}

    def poll(self) -> bool:
        """It runs no more."""
        return False

    def pause(self) -> None:
        """Nothing to wait for."""

    cancel = abandon = pause
