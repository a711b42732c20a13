# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage "repair": a shot's estimates, as they were stored, to depth and confidence.

Everything is read back from disk, the repaired frame before too, so that it makes no difference
where a run was interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..project import Project, Shot
from ..project.files import FrameFiles
from ..repair import Frame, Past, Prepared, Repaired
from ..repair.confidence import unrepaired, variance_of
from ..repair.repair import Repair
from ..repair.settings import MANY_PIXELS
from ..repair.shown import enough
from .pipeline import mapped
from .strengths import Repairs
from .work import Work, runs

Place = Callable[[int], FrameFiles]
"""Where the depth of a timeline frame lies, or is to lie."""


def repair_shot(
    work: Work, repairs: Repairs, shot: Shot, wanted: list[int], place: Place
) -> Iterator[tuple[int, np.ndarray]]:
    """Make depth and confidence of the frames ``wanted``, rising, of ``shot``; yields each with
    its inverse depth as stored, float16.

    Frames of the shot that are not wanted stand already: the first wanted one behind them goes on
    from there.
    """
    if not shot.repaired:
        with mapped(lambda n: _keep(work.project, n, place), wanted, 2, 4) as kept:
            yield from work.until_cancelled(kept)
        return
    repair = repairs.of(shot, work.target.repair.look_ahead)
    for first, last in runs(wanted):
        yield from _repair_run(work, repair, shot, first, last, place)


def _keep(project: Project, n: int, place: Place) -> tuple[int, np.ndarray]:
    """Depth of a shot that nothing repairs: the estimate."""
    inverse = project.read_base(n)
    sure = unrepaired(inverse, project.read_uncertainty(n))
    return n, place(n).write_depth(n, inverse, sure)


def _repair_run(
    work: Work, repair: Repair, shot: Shot, first: int, last: int, place: Place
) -> Iterator[tuple[int, np.ndarray]]:
    project = work.project
    past = None
    if first > shot.first:
        before = place(first - 1)
        seen_last = [project.read_small_plate(first - 1)]
        while first - len(seen_last) > shot.first and not enough(seen_last):
            seen_last.append(project.read_small_plate(first - 1 - len(seen_last)))
        past = Past(
            seen_last[0],
            before.read_depth(first - 1),
            before.read_confidence(first - 1),
            tuple(seen_last[1:]),
        )
    sequence = repair.sequence(past)
    pixels = work.target.depth.width * work.target.depth.height
    seen = range(first, min(last + repair.settings.ahead(pixels), shot.last) + 1)

    def store(item: tuple[int, Repaired]) -> tuple[int, np.ndarray]:
        n, repaired = item
        return n, place(n).write_depth(n, repaired.inverse_depth, repaired.confidence)

    def pushed(prepared: Iterator[Prepared]) -> Iterator[Repaired]:
        for frame in work.until_cancelled(prepared):
            yield from sequence.push(frame)
        yield from sequence.finish()

    # What is known of a frame of 4K takes some 0.3 GB, of which the look-ahead holds several.
    streams = repair.streams if pixels <= MANY_PIXELS else 1
    with (
        mapped(lambda n: read_frame(project, n), seen, 1, streams + 1) as frames,
        mapped(repair.prepare, frames, streams, streams + 1) as prepared,
        # The numbers come first, so that nothing is asked for behind the last one.
        mapped(store, zip(range(first, last + 1), pushed(prepared), strict=False), 2, 3) as stored,
    ):
        yield from work.until_cancelled(stored)


def read_frame(project: Project, n: int) -> Frame:
    """The estimate of a timeline frame with its picture, as repair takes them."""
    from ..depth import DepthEstimate

    inverse, labels = project.read_base(n), project.read_labels(n)
    error = project.read_uncertainty(n)
    variance = variance_of(DepthEstimate(inverse, error, labels))
    return Frame(project.read_small_plate(n), inverse, variance, labels, error is not None)
