# SPDX-License-Identifier: GPL-3.0-or-later
"""A movie made of frames, read back before it gets its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ..errors import SecondEyeError
from .progress import IsCancelled, Progress, Report, stop_if

_TICK = Fraction(1, 1000)


@dataclass
class MovieCheck:
    """``size`` (width, height) of a frame; ``sound``: whether there is any; ``line``: the check's
    answer."""

    output: str
    frames: int
    size: tuple[int, int]
    rate: Fraction
    sound: Callable[[], bool]
    report: Report
    cancelled: IsCancelled
    line: str = ""

    def __call__(self, whole: Path) -> None:
        """Raises SecondEyeError where ``whole`` is not what was asked for, and Cancelled."""
        from ..delivery.check import Expected, verify

        width, height = (side + side % 2 for side in self.size)  # 4:2:0 has even sides
        asked = Expected(
            frames=self.frames,
            width=width,
            height=height,
            times=[n / self.rate for n in range(self.frames)],
            tick=_TICK,  # a container's clock may not hold any rate
            bit_depth=8,
            sound=True if self.sound() else None,
        )
        read = verify(
            whole,
            asked,
            progress=lambda done: self.report(Progress("check", done, self.frames)),
            stop=lambda: stop_if(self.cancelled),
        )
        self.line = read.message.replace(whole.name, Path(self.output).name)
        if not read.ok:
            raise SecondEyeError(f"{self.line.rstrip('.')}: nothing was kept of it.")
