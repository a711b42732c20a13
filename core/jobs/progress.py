# SPDX-License-Identifier: GPL-3.0-or-later
"""How a long job speaks to whoever started it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ..errors import Cancelled


@dataclass(frozen=True)
class Progress:
    """``done`` of ``total`` steps of ``stage``; ``message`` is a sentence worth showing, or ""."""

    stage: str
    done: int
    total: int
    message: str = ""


Report = Callable[[Progress], None]
IsCancelled = Callable[[], bool]


class Job(Protocol):
    """A frozen dataclass of JSON-able arguments."""

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Do the job; the answer is JSON-able. Raises SecondEyeError, Cancelled."""
        ...


def stop_if(cancelled: IsCancelled) -> None:
    """Raise Cancelled where the user asked to stop; call it at least once a frame."""
    if cancelled():
        raise Cancelled("Cancelled; what is finished is kept: run it again to resume.")
