# SPDX-License-Identifier: GPL-3.0-or-later
"""The conformed timeline: a constant rational rate, and which source picture each frame shows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import median_low

# Rates that cameras and editors write; the order breaks ties.
STANDARD_RATES = tuple(
    Fraction(*r)
    for r in (
        (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (48000, 1001), (48, 1), (50, 1),
        (60000, 1001), (60, 1), (10, 1), (12, 1), (15, 1), (15000, 1001), (20, 1), (90, 1),
        (100, 1), (120000, 1001), (120, 1), (240, 1),
    )
)  # fmt: skip
FALLBACK_RATE = Fraction(25)
# Further off its place than this part of a frame, a picture is not "a regular one, jittered".
JITTER = Fraction(2, 5)
GRID_JITTER = Fraction(1, 10)
HIGHEST_GRID = 120


@dataclass(frozen=True)
class Timeline:
    """``rate`` frames a second; frame n (from 1) shows the picture at ``source_pts[n - 1]``.

    ``source_pts`` counts in ``time_base`` seconds, as the container does. An image sequence has
    file numbers there.
    """

    rate: Fraction
    time_base: Fraction
    source_pts: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.source_pts)

    def seconds(self, frame: int) -> Fraction:
        """Time of a timeline frame (from 1) in seconds after the first one."""
        return (frame - 1) / self.rate


def _snapped(stated: Sequence[Fraction]) -> list[Fraction]:
    """Each stated rate; an unusual one after the usual rate that it may be a rounding of."""
    rates: list[Fraction] = []
    for rate in stated:
        usual = min(STANDARD_RATES, key=lambda r: abs(r / rate - 1))
        if abs(usual / rate - 1) < Fraction(1, 200):
            rates.append(usual)
        rates.append(rate)
    return rates


def _regular_rate(
    pts: Sequence[int], time_base: Fraction, candidates: Sequence[Fraction]
) -> tuple[Fraction, bool] | None:
    """The candidate at which every picture sits at its own frame, and whether exactly, or None.

    Exactly is up to the container's ticks; the first such candidate wins. Else the nearest
    usual rate, else the nearest of the others.
    """
    jittered: list[tuple[bool, Fraction, Fraction]] = []
    for rate in candidates:
        step = 1 / (rate * time_base)
        # The last picture tells a wrong rate at once; the full pass is for the likely ones.
        if abs(pts[-1] - pts[0] - (len(pts) - 1) * step) > JITTER * step:
            continue
        off = max(abs(p - pts[0] - i * step) for i, p in enumerate(pts))
        if off <= 1:
            return rate, True
        if off <= JITTER * step:
            jittered.append((rate not in STANDARD_RATES, off / step, rate))
    return (min(jittered)[2], False) if jittered else None


def _grid_rate(
    pts: Sequence[int], time_base: Fraction, candidates: Sequence[Fraction]
) -> tuple[Fraction, bool] | None:
    """The lowest candidate on whose beats all pictures lie, some beats empty, and whether
    exactly (up to the container's ticks), or None.

    A quarter of the spacings must be single beats, so that a few odd pictures do not double
    the rate.
    """
    fits: list[tuple[bool, Fraction, Fraction]] = []
    for rate in candidates:
        step = 1 / (rate * time_base)
        tolerance = max(Fraction(1), GRID_JITTER * step)
        if 2 * tolerance >= step:
            continue
        beats = [round((p - pts[0]) / step) for p in pts]
        off = max(abs(p - pts[0] - b * step) for p, b in zip(pts, beats, strict=True))
        steps = [b - a for a, b in pairwise(beats)]
        if off <= tolerance and min(steps) >= 1 and 4 * steps.count(1) >= len(steps):
            fits.append((off > 1, rate, off / step))
    if not fits:
        return None
    loose, lowest, _ = min(fits)
    near = [f for f in fits if f[0] == loose and f[1] < lowest * Fraction(101, 100)]
    # 24 and 23.976 may both fit a short clip: the nearer one, then the declared one (it is first).
    return min(near, key=lambda f: f[2] if loose else Fraction(0))[1], not loose


def choose_rate(
    pts: Sequence[int], time_base: Fraction, declared: Sequence[Fraction | None] = ()
) -> Fraction:
    """The constant rate of a timeline for pictures at the increasing times ``pts``.

    Candidates are the rates that the container declares, the usual ones and the average. The
    first that fits wins:

    1. a rate at which every picture sits exactly (up to the container's ticks) at its own frame;
    2. the lowest rate on whose beats all pictures lie exactly, some beats being empty (dropped
       frames, screen recordings);
    3. the same two with jitter, of up to 0.4 and 0.1 frame;
    4. the usual rate within 3 % of the most common spacing, else the average rate.
    """
    stated = [r for r in declared if r and 1 <= r <= 1000]
    if len(pts) < 2:
        return stated[0] if stated else FALLBACK_RATE
    average = Fraction(len(pts) - 1) / ((pts[-1] - pts[0]) * time_base)
    simple = average.limit_denominator(1001) or average
    candidates = list(dict.fromkeys([*_snapped(stated), *STANDARD_RATES, simple]))
    found = [
        _regular_rate(pts, time_base, candidates),
        _grid_rate(pts, time_base, [r for r in candidates if r <= HIGHEST_GRID]),
    ]
    fits = [fit for fit in found if fit]
    if fits:
        return next((rate for rate, exact in fits if exact), fits[0][0])
    spacing = median_low([b - a for a, b in pairwise(pts)]) * time_base
    nearest = min(STANDARD_RATES, key=lambda r: abs(r * spacing - 1))
    return nearest if abs(nearest * spacing - 1) <= Fraction(3, 100) else simple


def conform(
    pts: Sequence[int], time_base: Fraction, rate: Fraction, last_duration: int | None = None
) -> Timeline:
    """Map a constant rate onto pictures at the increasing times ``pts``.

    Frame n shows the picture that a player would show at (n - 1) / rate after the first
    picture: the last one begun; or the next one, if that begins within half a frame and is the
    nearer one, so that jitter around the beat neither repeats nor drops a picture. The timeline
    lasts to the end of the last picture (``last_duration`` ticks; missing: one frame) and
    always shows it.
    """
    step = 1 / (rate * time_base)
    duration = step if not last_duration or last_duration < 0 else Fraction(last_duration)
    count = max(1, round((pts[-1] - pts[0] + duration) / step))
    shown: list[int] = []
    while len(shown) < count or shown[-1] != pts[-1]:
        now = pts[0] + len(shown) * step
        i = bisect_right(pts, now) - 1
        if i + 1 < len(pts):
            ahead = pts[i + 1] - now
            if ahead <= step / 2 and ahead < now - pts[i]:
                i += 1
        shown.append(pts[i])
    return Timeline(rate=rate, time_base=time_base, source_pts=tuple(shown))
