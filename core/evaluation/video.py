# SPDX-License-Identifier: GPL-3.0-or-later
"""How much depth flickers along a clip, before and after repair, and what that cost."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import SecondEyeError
from ..media import Clip, to_bits
from .consistency import Consistency
from .depth_set import Step
from .flow import Motion, compared_size, grey, measured
from .looks import looks
from .rows import BASE, RAMP, Contest

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

    for number, rgb, depths in answers(pictures(), contest, seen):
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


def answers(
    pictures: Iterable[np.ndarray],
    contest: Contest,
    seen: Callable[[int, np.ndarray], None],
) -> Iterator[tuple[int, np.ndarray, dict[str, np.ndarray]]]:
    """(number from 0, rgb, inverse depths by row) of each frame of one sequence, when all rows
    have answered it; ``seen(number, rgb)`` is called when it comes in. What looks ahead holds the
    others back, so at most that many frames wait."""
    rows = contest.rows()
    waiting: dict[int, tuple[np.ndarray, dict[str, np.ndarray]]] = {}
    given = dict.fromkeys(rows, 0)
    out = 0

    def take(name: str, depths: list[np.ndarray]) -> None:
        for depth in depths:
            waiting[given[name]][1][name] = depth
            given[name] += 1

    def ready() -> Iterator[tuple[int, np.ndarray, dict[str, np.ndarray]]]:
        nonlocal out
        while out < min(given.values()):
            rgb, depths = waiting.pop(out)
            yield out, rgb, depths
            out += 1

    found = looks(pictures, contest.model, contest.repairs, contest.peers)
    for number, (rgb, look) in enumerate(found):
        seen(number, rgb)
        waiting[number] = rgb, {}
        for name, row in rows.items():
            take(name, row.push(look))
        yield from ready()
    for name, row in rows.items():
        take(name, row.finish())
    yield from ready()
    if waiting:
        raise SecondEyeError("A row gave fewer depths than frames: report this as a fault.")


def clip_at(path: Path) -> Clip:
    """The clip to measure. Raises SecondEyeError."""
    from ..media import open_clip

    return open_clip(path)
