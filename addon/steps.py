# SPDX-License-Identifier: GPL-3.0-or-later
"""Work in the main thread that is done piece by piece, so that a window can be drawn between."""

from collections.abc import Generator
from typing import TypeVar

Result = TypeVar("Result")
Steps = Generator[None, None, Result]
"""Each ``next`` does one piece; the last one answers."""


def at_once(steps: Steps[Result]) -> Result:
    """All of it, now."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: Result = done.value
            return result
