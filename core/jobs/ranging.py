# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage "range": the ends of each shot's depth, over all pixels of all its frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..project import Shot
from ..project.ranges import RangeHistogram, count_codes
from ..project.solved import is_solved
from . import metres
from .pipeline import mapped
from .work import Work

if TYPE_CHECKING:
    from .repairing import Place  # which loads torch


class Ranges:
    """Ranges of ``shots``. Frames told to `add` are not read again."""

    def __init__(self, work: Work, shots: list[Shot]) -> None:
        self._work, self._shots = work, shots
        self._histograms = {shot.first: RangeHistogram() for shot in shots}
        self._counted: set[int] = set()

    def add(self, n: int, stored: np.ndarray) -> None:
        """Frame ``n`` with its inverse depth as stored, float16 (h, w)."""
        for shot in self._shots:
            if shot.first <= n <= shot.last:
                self._histograms[shot.first].add(self._count(n, stored))
                self._counted.add(n)

    def measure(self, place: Place) -> None:
        """Set low and high of the shots; the frames not told are read from ``place``."""
        work, total = self._work, len(self._shots)
        metric = work.target.model.unit == metres.METRES

        def read(n: int) -> np.ndarray:
            return self._count(n, place(n).read_depth(n).astype(np.float16))

        for done, shot in enumerate(self._shots):
            work.tell("range", done, total)
            histogram = self._histograms[shot.first]
            rest = [n for n in range(shot.first, shot.last + 1) if n not in self._counted]
            with mapped(read, rest, workers=2, ahead=4) as counts:
                for count in work.until_cancelled(counts):
                    histogram.add(count)
            low, high = histogram.limits()
            if metric or is_solved(work.target, shot):
                metres.measure(shot, low, high)
            else:
                shot.low, shot.high = low, high
        work.tell("range", total, total)

    def _count(self, n: int, values: np.ndarray) -> np.ndarray:
        target = self._work.target
        index = n - target.first
        return count_codes(values, target.depth.scale[index], target.depth.shift[index])
