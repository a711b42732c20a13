# SPDX-License-Identifier: GPL-3.0-or-later
"""Work in the main thread that is done piece by piece, so that a window can be drawn between."""

from collections.abc import Callable, Generator
from functools import wraps
from typing import ParamSpec, TypeVar

Result = TypeVar("Result")
Given = ParamSpec("Given")
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


def in_one_go(steps: Callable[Given, Steps[Result]]) -> Callable[Given, Result]:
    """The function that does at once what ``steps`` does in pieces."""

    @wraps(steps)
    def whole(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        return at_once(steps(*args, **kwargs))

    return whole
