# SPDX-License-Identifier: GPL-3.0-or-later
"""When the pictures of an export are shown: at a constant rate, or at their source's own times."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from ..errors import UsageError
from ..project import Manifest

TIMINGS = ("source", "constant")


def check_timing(timing: str) -> None:
    """Raises UsageError."""
    if timing not in TIMINGS:
        raise UsageError(f'There is no timing "{timing}": give {" or ".join(TIMINGS)}.')


def times_of(
    manifest: Manifest, first: int, last: int, timing: str
) -> tuple[Sequence[int], list[Fraction] | None, Fraction]:
    """(timeline frames to write, when they are shown as `source_times` says, seconds from the
    clip's first picture to the first one of them)."""
    timeline, told = manifest.timeline, None
    if timing == "source" and manifest.clip.kind == "movie":
        told = source_times(timeline.source_pts, timeline.time_base, timeline.rate, first, last)
    if told is None:
        return range(first, last + 1), None, (first - 1) / timeline.rate
    pts = timeline.source_pts
    return *told, (pts[first - 1] - pts[0]) * timeline.time_base


def source_times(
    pts: Sequence[int], base: Fraction, rate: Fraction, first: int, last: int
) -> tuple[list[int], list[Fraction]] | None:
    """(timeline frames that begin a new picture, times), or None where the rate tells it all.

    ``pts``: the source picture of each timeline frame, in ``base`` seconds; frames ``first`` to
    ``last`` (from 1) are written. A picture that stands over several frames is written once. The
    times are seconds after the first picture, one more than there are frames: the last is the end
    of the last picture.
    """
    frames = [n for n in range(first, last + 1) if n == first or pts[n - 1] != pts[n - 2]]
    times = [(pts[n - 1] - pts[first - 1]) * base for n in frames]
    steady = len(frames) == last - first + 1 and all(
        abs(time - number / rate) <= 2 * base for number, time in enumerate(times)
    )
    if steady or any(later <= sooner for sooner, later in pairwise(times)):
        return None
    return frames, [*times, times[-1] + (last + 1 - frames[-1]) / rate]
