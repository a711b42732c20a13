# SPDX-License-Identifier: GPL-3.0-or-later
"""Less depth for the shots that are judged outside all the same, as long as that is of use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .comfort import JUMP, SPEED, STEADIED, FrameComfort
from .grading import Depths

_LESS = 0.85  # of the depth, each round
_WAITED = 2
"""Rounds after which a shot that got no better gets the depth back that these took from it."""
_BETTER = 0.95  # of what it was outside by: less gain is not worth the depth


class Lessening:
    """Takes depth from ``found``, the depths of graded shots by their first frame, round by round.

    A shot answers for its own frames, and for a cut at either end across which the middle jumps;
    what else is outside in the shot beyond the cut is that shot's own.
    """

    def __init__(self, found: dict[int, Depths], rate: float) -> None:
        self._found = found
        self._reach = max(1, round(STEADIED * rate))
        self._best: dict[int, tuple[float, Depths]] = {}
        self._waited = dict.fromkeys(found, 0)
        self._settled: set[int] = set()

    def again(self, told: Sequence[FrameComfort], last: bool = False) -> bool:
        """Judge the round that made ``told`` and change what is to be tried next, if anything.
        ``last``: there is only one round more, so nothing new is tried."""
        changed = False
        for first in self._found.keys() - self._settled:
            excess, share = self._judged(first, told)
            if excess == 0.0:
                self._best.pop(first, None)
                self._waited[first] = 0
                continue
            before = self._best.get(first)
            if before is None or excess < _BETTER * before[0]:
                self._best[first] = before = excess, self._found[first]
                self._waited[first] = 0
            else:
                self._waited[first] += 1
            if last or self._waited[first] == _WAITED:
                self._settled.add(first)
                changed |= before[1] is not self._found[first]
                self._found[first] = before[1]
            else:
                d = self._found[first]
                self._found[first] = replace(d, share=share * (1.0 if d.share is None else d.share))
                changed = True
        return changed

    def _judged(self, first: int, told: Sequence[FrameComfort]) -> tuple[float, np.ndarray]:
        """By how much a shot is outside, 0: not at all; what part of its depth each frame is to
        keep."""
        count, excess = len(self._found[first]), 0.0
        share = np.ones(count)
        for frame in told:
            i = frame.frame - first
            broken = frame.broken if 0 <= i <= count else ()
            if i in (0, count) and "jump" in broken:
                excess += abs(frame.jump or 0.0) / JUMP - 1.0
                share = np.minimum(share, _LESS)
            if i == count:
                continue
            if "speed" in broken:
                over = abs(frame.speed) / SPEED
                part = share[max(0, i - self._reach) : i + 1]
                np.minimum(part, max(0.5, min(_LESS, 0.9 / over)), out=part)
                excess += over - 1.0
            if set(broken) - {"jump", "speed"}:
                share = np.minimum(share, _LESS)
                excess += max(frame.too_near, frame.too_far, frame.diverging, 1e-6)
        return excess, share
