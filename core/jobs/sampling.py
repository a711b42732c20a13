# SPDX-License-Identifier: GPL-3.0-or-later
"""One shot's sampling pattern: its frames gathered, triangulated, measured, stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ..errors import SecondEyeError
from ..geometry.aggregate import Aggregate
from ..geometry.goal import Goal
from ..geometry.halfedges import LARGEST
from ..geometry.pattern_file import load, save
from ..geometry.sample import Sampler
from ..project import Project, SamplingRecord, Shot
from ..project.sampling import pattern_path, source_of
from ..stereo.gain import shot_gain
from .pipeline import mapped
from .progress import IsCancelled, Progress, Report, stop_if

MEASURED = 8  # frames of a shot on which the errors are measured, its ends among them


def sample_shot(
    project: Project, shot: Shot, goal: Goal, report: Report, cancelled: IsCancelled
) -> None:
    """Make the pattern of ``shot`` and note it in the manifest; the project is locked.

    Raises SecondEyeError, Cancelled; then the old pattern stays.
    """
    depth = project.manifest.depth
    if max(depth.width, depth.height) * 2 >= LARGEST:
        raise SecondEyeError(
            f"Depth of {depth.width}x{depth.height} is too large to be sampled (up to "
            f"{LARGEST // 2 - 1} pixels): analyse {project.folder}'s clip at a smaller depth size."
        )
    frames = range(shot.first, shot.last + 1)
    aggregate = Aggregate(depth.width, depth.height, len(frames))
    for done, (_, picture) in enumerate(_pictures(project, frames, cancelled)):
        report(Progress("gather", done, len(frames)))
        aggregate.add(picture)
    report(Progress("gather", len(frames), len(frames)))

    def told(triangles: int) -> None:
        stop_if(cancelled)
        total = int(goal.amount) if goal.kind != "error" else 0
        count = triangles if goal.kind == "triangles" else triangles // 2
        report(Progress("triangulate", min(count, total), total))

    sampler = Sampler(aggregate, told)
    sampler.reach(goal)
    source = source_of(project.manifest, shot)
    chosen = np.unique(np.linspace(shot.first, shot.last, MEASURED).round().astype(int)).tolist()
    pictures = _told(_pictures(project, chosen, cancelled), report, len(chosen))
    pattern = sampler.measured(pictures, source)
    save(pattern_path(project.folder, shot), pattern)
    finest = pattern.levels[-1]
    shot.sampling = SamplingRecord(
        source=source,
        triangles=len(finest.triangles),
        points=finest.count,
        error=finest.misfit.rms,
        kind=goal.kind,
        amount=goal.amount,
    )
    project.save()


def told_of(project: Project, shot: Shot, made: bool) -> dict[str, Any]:
    """What a person wants to know of a shot's stored pattern; errors in pixels of disparity."""
    gain = shot_gain(project.manifest, shot)
    pattern = load(pattern_path(project.folder, shot))
    return {
        "name": shot.name,
        "made": made,
        "levels": [
            {
                "triangles": len(level.triangles),
                "points": level.count,
                "error": level.misfit.rms * gain,
                "p99": level.misfit.p99 * gain,
                "worst": level.misfit.worst * gain,
            }
            for level in pattern.levels
        ],
    }


def _pictures(
    project: Project, frames: Iterable[int], cancelled: IsCancelled
) -> Iterator[tuple[int, np.ndarray]]:
    """(frame, normalised inverse depth) of each of ``frames``; what is no number counts as far."""

    def read(n: int) -> tuple[int, np.ndarray]:
        picture = project.normalised(n)
        known = np.isfinite(picture)
        if not known.any():
            raise SecondEyeError(
                f"{project.depth_path(n)} holds no number at all: delete it and run depth again."
            )
        return n, picture if known.all() else np.where(known, picture, np.float32(0.0))

    with mapped(read, frames, workers=2, ahead=3) as results:
        for result in results:
            stop_if(cancelled)
            yield result


def _told(
    pictures: Iterable[tuple[int, np.ndarray]], report: Report, total: int
) -> Iterator[tuple[int, np.ndarray]]:
    for done, picture in enumerate(pictures):
        report(Progress("measure", done, total))
        yield picture
    report(Progress("measure", total, total))
