# SPDX-License-Identifier: GPL-3.0-or-later
"""How much depth flickers along a clip, before and after repair, and what that cost."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import SecondEyeError
from ..media import Clip, to_bits
from .consistency import Consistency
from .depth_set import Step
from .flow import Motion, compared_size, grey, measured
from .rows import BASE, RAMP, Contest, answers

Watch = Callable[[int, np.ndarray, dict[str, np.ndarray]], None]


def evaluate_video(
    clip: Clip,
    contest: Contest,
    *,
    limit: int | None = None,
    step: Step,
    watch: Watch | None = None,
) -> dict[str, Any]:
    """The report: the figures of `consistency` for every row of ``contest``, frame by frame too.

    Motion in depth that is real counts as well, in every row alike: compare rows on one clip, and
    with their accuracy where it is known, for a constant picture does not flicker. ``limit``: the
    first so many frames. ``watch(number, rgb, depths by row)`` sees each frame, when all rows have
    answered it. Raises SecondEyeError for fewer than 2 frames.
    """
    total = len(clip.timeline) if limit is None else min(limit, len(clip.timeline))
    if total < 2:
        raise SecondEyeError(f"{clip.path} has {total} frame to compare: it takes 2 at least.")
    size = compared_size(clip.info.width, clip.info.height)
    tallies = {name: Consistency(size) for name in contest.names}
    shares: list[dict[str, float]] = []

    def pictures() -> Iterator[np.ndarray]:
        for done, (_, rgb) in enumerate(clip.frames(1, total)):
            step(done, total)
            yield to_bits(rgb, 8)

    before: np.ndarray | None = None
    motions: dict[int, Motion | None] = {}

    def seen(number: int, rgb: np.ndarray) -> None:
        nonlocal before
        picture = grey(rgb, size)
        motions[number] = None if before is None else measured(before, picture)
        before = picture

    for number, rgb, _, depths in answers(pictures(), contest, seen):
        motion = motions.pop(number)
        if motion is not None:
            shares.append(
                {"trusted": float(motion.trusted.mean()), "static": float(motion.static.mean())}
            )
        for name, depth in depths.items():
            tallies[name].add(depth, motion)
        if watch is not None:
            watch(number, rgb, depths)
    step(total, total)
    rows = {name: tally.result(tallies[BASE]) for name, tally in tallies.items()}
    errors = {name: row.pop("errors") for name, row in rows.items()}
    return {
        "layout": "video",
        "folder": str(clip.path),
        "model": {"name": contest.model.name, "sha256": contest.model.sha256},
        "settings": {"width": size[0], "height": size[1], "flow": "Farneback", "limit": limit},
        "count": total,
        "mean": rows[BASE],
        "ramp": rows[RAMP],
        "rows": rows,
        "images": [
            {"frame": at + 2, **share, **{name: errors[name][at] for name in rows}}
            for at, share in enumerate(shares)
        ],
    }


def clip_at(path: Path) -> Clip:
    """The clip to measure. Raises SecondEyeError."""
    from ..media import open_clip

    return open_clip(path)
