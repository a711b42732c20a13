# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of a movie, decoded or at least counted, against what was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import av

from ..media.container import error_words
from .remux import main_video, opened

if TYPE_CHECKING:
    from .check import Expected

_DECODE_THREADS = 2
_FIRST = 24  # pictures of a view that are decoded where the rest is only counted


def counted_differently(
    path: Path,
    expected: Expected,
    views: int,
    progress: Callable[[int], None],
    stop: Callable[[], None],
) -> Iterator[str]:
    """How many coded pictures there are otherwise, and when; the first few are decoded."""
    times, tick = picture_times(path, stop)
    if len(times) != expected.frames:
        yield f"{len(times)} frames instead of {expected.frames}"
    late = sum(not _in_time(time, n, expected, tick) for n, time in enumerate(times))
    if late:
        yield f"{late} frames are shown at another time"
    sizes, most = set(), min(_FIRST, expected.frames) * views
    number = 0
    try:
        for number, (_, frame, _) in enumerate(islice(_decoded(path, views), most), start=1):
            stop()
            sizes.add((frame.width, frame.height))
            progress(number // views)
    except av.FFmpegError as error:
        yield f"it breaks off after {number // views} frames ({error_words(error)})"
        return
    if number < most:
        yield f"{number} of its first {most} pictures can be decoded"
    yield from _other_sizes(sizes, expected)


def picture_times(
    path: Path, stop: Callable[[], None] = lambda: None
) -> tuple[list[Fraction], Fraction]:
    """When each coded picture is shown, in seconds after the first, in order; and a tick."""
    found: list[int] = []
    with opened(path) as container:
        stream = main_video(container, path)
        for packet in container.demux(stream):
            stop()
            if packet.size and packet.pts is not None:
                found.append(packet.pts)
        tick = Fraction(stream.time_base or 0)
    found.sort()
    return [(pts - found[0]) * tick for pts in found], tick


def shown_differently(
    path: Path,
    expected: Expected,
    views: int,
    progress: Callable[[int], None],
    stop: Callable[[], None],
) -> Iterator[str]:
    """What the decoded pictures are otherwise."""
    counts, origin, late, sizes, apart = [0] * views, None, 0, set(), 0
    last: Fraction | None = None
    try:
        for number, frame, time in _decoded(path, views):
            stop()
            view, moment = number % views, number // views
            counts[view] += 1
            sizes.add((frame.width, frame.height))
            if view == 0:
                origin = time[0] if origin is None else origin
                late += not _in_time(time[0] - origin, moment, expected, time[1])
                last = time[0]
                progress(moment + 1)
            elif time[0] != last:
                apart += 1
    except av.FFmpegError as error:
        yield f"it breaks off after {counts[0]} frames ({error_words(error)})"
        return
    for view, count in enumerate(counts):
        if count != expected.frames:
            where = f" in view {view}" if views > 1 else ""
            yield f"{count} frames{where} instead of {expected.frames}"
    yield from _other_sizes(sizes, expected)
    if late:
        yield f"{late} frames are shown at another time"
    if apart:
        yield f"the eyes of {apart} frames are shown at different times"


def _decoded(
    path: Path, views: int
) -> Iterator[tuple[int, av.VideoFrame, tuple[Fraction, Fraction]]]:
    """(number, picture, (its time, a tick of the clock) in seconds); views take turns."""
    with opened(path) as container:
        stream = main_video(container, path)
        if views > 1:
            stream.codec_context.options = {"view_ids": ",".join(map(str, range(views)))}
        stream.codec_context.thread_count = _DECODE_THREADS
        for number, frame in enumerate(container.decode(stream)):
            tick = Fraction(frame.time_base or 0)
            yield number, frame, (Fraction(frame.pts or 0) * tick, tick)


def _in_time(time: Fraction, moment: int, expected: Expected, tick: Fraction) -> bool:
    """Within a tick: a container may round times to its own clock."""
    if expected.times is not None:
        if moment >= len(expected.times):
            return True  # the count says it
        wanted = Fraction(expected.times[moment]) - Fraction(expected.times[0])
    elif expected.rate is not None:
        wanted = moment / expected.rate
    else:
        return True
    return abs(time - wanted) <= max(tick, expected.tick)


def _other_sizes(sizes: set[tuple[int, int]], expected: Expected) -> Iterator[str]:
    for width, height in sorted(sizes - {(expected.width, expected.height)}):
        yield f"{width}x{height} instead of {expected.width}x{expected.height}"
