# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage "depth": what the model estimates of every plate, kept as it is in ``base``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..errors import SecondEyeError
from .pipeline import mapped
from .windows import estimates, plan
from .work import Work

if TYPE_CHECKING:
    from ..depth import DepthEstimate, DepthModel


def whole_estimates(work: Work, others: set[int]) -> set[int]:
    """Frames whose estimate can be read, but for ``others``; the rest is made again."""
    project = work.project
    present = [n for n in work.target.frames if n not in others and project.base_path(n).exists()]

    def read(n: int) -> int | None:
        try:
            project.read_uncertainty(n)
            project.read_labels(n)
            project.read_base(n)
        except SecondEyeError:
            return None
        return n

    whole = set()
    with mapped(read, present, workers=2, ahead=4) as results:
        for done, n in enumerate(work.until_cancelled(results), start=1):
            work.tell("check", done, len(present))
            if n is not None:
                whole.add(n)
    return whole


def make_estimates(work: Work, model: DepthModel, missing: list[int]) -> None:
    """Estimate from the stored plates; reading ahead and writing behind the model."""
    from ..depth import upsample_to

    if model.window > 1:
        _make_windows(work, model, missing)
        return
    project = work.project
    height, width = work.target.depth.height, work.target.depth.width
    total = len(work.target.frames)
    done = total - len(missing)

    def store(pair: tuple[DepthEstimate, int]) -> None:
        _store(work, pair[1], upsample_to(pair[0], height, width))

    streams = model.streams
    work.tell("depth", done, total)
    with (
        mapped(project.read_plate, missing, workers=1, ahead=streams + 2) as plates,
        mapped(
            model.infer, work.until_cancelled(plates), workers=streams, ahead=streams + 1
        ) as seen,
        mapped(store, _told(work, zip(seen, missing, strict=True)), 2, 3) as results,
    ):
        for _ in work.until_cancelled(results):
            done += 1
            work.tell("depth", done, total)


def _make_windows(work: Work, model: DepthModel, missing: list[int]) -> None:
    """Estimate with a model that looks at several frames together.

    A window is brought to the scale of estimates that are read back as they were stored, so it
    makes no difference whether the windows before it ran a moment or a week ago.
    """
    total = len(work.target.frames)
    done, lacking = total - len(missing), set(missing)
    work.tell("depth", done, total)
    for shot in work.target.shots:
        finished = None
        if work.promised:
            first, last = max(shot.first, work.old.first), min(shot.last, work.old.last)
            finished = (first, last) if first <= last else None
        extent = (shot.first, shot.last)
        for window in plan(extent, finished, model.window, model.context):
            if lacking.isdisjoint(window.new):
                continue
            work.stop_if_cancelled()
            size = work.target.depth.height, work.target.depth.width
            for n, full in estimates(work.project, model, window, lacking, size):
                work.stop_if_cancelled()
                _tell_once(work, full)
                _store(work, n, full)
                done += 1
                work.tell("depth", done, total)


def _told(
    work: Work, seen: Iterable[tuple[DepthEstimate, int]]
) -> Iterator[tuple[DepthEstimate, int]]:
    for estimate, n in seen:
        _tell_once(work, estimate)
        yield estimate, n


def _tell_once(work: Work, estimate: DepthEstimate) -> None:
    """Say in the manifest, before the first estimate is stored, what files a frame has."""
    for manifest in (work.target, work.project.manifest):
        if manifest.model.uncertainty is None or manifest.model.labels is None:
            manifest.model.uncertainty = estimate.uncertainty is not None
            manifest.model.labels = estimate.labels is not None
            work.project.save()


def _store(work: Work, n: int, estimate: DepthEstimate) -> None:
    work.project.write_base(n, estimate.inverse_depth, estimate.uncertainty, estimate.labels)
