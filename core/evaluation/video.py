# SPDX-License-Identifier: GPL-3.0-or-later
"""How much depth flickers along a clip, before and after repair, and what that cost."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import SecondEyeError
from ..media import Clip, to_bits
from ..media.shots import detect_cuts
from .consistency import Consistency, mean_of
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

    The clip is cut into shots as an analysis cuts it, each a sequence of its own; ``cuts``: their
    first frames but the clip's; ``untrusted``: pairs within shots that no flow is trusted in.

    Motion in depth that is real counts as well, in every row alike: compare rows on one clip, and
    with their accuracy where it is known, for a constant picture does not flicker. ``limit``: the
    first so many frames. ``watch(number, rgb, depths by row)`` sees each frame, when all rows have
    answered it. Raises SecondEyeError for fewer than 2 frames.
    """
    total = len(clip.timeline) if limit is None else min(limit, len(clip.timeline))
    if total < 2:
        raise SecondEyeError(f"{clip.path} has {total} frame to compare: it takes 2 at least.")
    size = compared_size(clip.info.width, clip.info.height)
    cuts = detect_cuts(_told(clip.frames(1, total), partial(_shifted, step, 0, 2 * total)))
    found: dict[str, list[tuple[int, dict[str, Any]]]] = {name: [] for name in contest.names}
    images: list[dict[str, Any]] = []
    for first, after in pairwise([1, *cuts, total + 1]):
        told = partial(_shifted, step, total + first - 1, 2 * total)
        frames = _told(clip.frames(first, after - 1), told)
        pictures = (to_bits(rgb, 8) for _, rgb in frames)
        tallies, shares = _shot(pictures, contest, size, first - 1, watch)
        shot = {name: tally.result(tallies[BASE]) for name, tally in tallies.items()}
        errors = {name: row.pop("errors") for name, row in shot.items()}
        for name, row in shot.items():
            found[name].append((after - first, row))
        images += [
            {"frame": first + 1 + at, **share, **{name: errors[name][at] for name in shot}}
            for at, share in enumerate(shares)
        ]
    step(2 * total, 2 * total)
    rows = {name: _over_shots(shots, images, name) for name, shots in found.items()}
    return {
        "layout": "video",
        "folder": str(clip.path),
        "model": {"name": contest.model.name, "sha256": contest.model.sha256},
        "settings": {"width": size[0], "height": size[1], "flow": "Farneback", "limit": limit},
        "count": total,
        "mean": rows[BASE],
        "ramp": rows[RAMP],
        "rows": rows,
        "cuts": cuts,
        "untrusted": sum(image["trusted"] == 0.0 for image in images),
        "images": images,
    }


def _shot(
    pictures: Iterable[np.ndarray],
    contest: Contest,
    size: tuple[int, int],
    gone: int,
    watch: Watch | None,
) -> tuple[dict[str, Consistency], list[dict[str, float]]]:
    """The tallies of one shot by row, and what share of the pixels counts in each of its pairs;
    ``gone``: frames of the clip before it."""
    tallies = {name: Consistency(size) for name in contest.names}
    shares: list[dict[str, float]] = []
    before: np.ndarray | None = None
    motions: dict[int, Motion | None] = {}

    def seen(number: int, rgb: np.ndarray) -> None:
        nonlocal before
        picture = grey(rgb, size)
        motions[number] = None if before is None else measured(before, picture)
        before = picture

    for number, rgb, _, depths in answers(pictures, contest, seen):
        motion = motions.pop(number)
        if motion is not None:
            shares.append(
                {"trusted": float(motion.trusted.mean()), "static": float(motion.static.mean())}
            )
        for name, depth in depths.items():
            tallies[name].add(depth, motion)
        if watch is not None:
            watch(gone + number, rgb, depths)
    return tallies, shares


def _over_shots(
    shots: list[tuple[int, dict[str, Any]]], images: list[dict[str, Any]], name: str
) -> dict[str, Any]:
    """One row's figures: OPW over all pairs, what was given up over all frames."""
    pairs = [image[name] for image in images]
    weights = [frames for frames, _ in shots]
    return {key: mean_of(pairs, key) for key in ("opw_static", "opw")} | {
        key: float(np.average([row[key] for _, row in shots], weights=weights))
        for key in ("away", "detail")
    }


def _told(
    frames: Iterable[tuple[int, np.ndarray]], step: Callable[[int], None]
) -> Iterator[tuple[int, np.ndarray]]:
    for done, frame in enumerate(frames):
        step(done)
        yield frame


def _shifted(step: Step, done: int, total: int, number: int) -> None:
    step(done + number, total)


def clip_at(path: Path) -> Clip:
    """The clip to measure. Raises SecondEyeError."""
    from ..media import open_clip

    return open_clip(path)
