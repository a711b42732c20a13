# SPDX-License-Identifier: GPL-3.0-or-later
"""``flicker.json``: how much depth flickers, frame by frame, before repair and after it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from ..project import Shot, atomic
from .pipeline import mapped
from .repairing import Place
from .work import Work

NAME = "flicker.json"
Series = dict[str, list[float | None]]


@dataclass(frozen=True)
class _Seen:
    n: int
    rgb: np.ndarray
    base: np.ndarray
    repaired: np.ndarray


def measure_flicker(work: Work, shots: list[Shot], place: Place, folder: Path) -> None:
    """Write ``folder/flicker.json`` for all frames; measured are those of ``shots``, and those
    that the project's present file lacks. Nothing is written where it says all that already."""
    target = work.target
    known = read_flicker(work.project.folder)
    values = {name: dict[int, float | None]() for name in ("base", "repaired")}
    wanted = {n for shot in shots for n in range(shot.first, shot.last + 1)}
    if known is not None:
        first, series = known
        for name, numbers in series.items():
            values[name] = dict(enumerate(numbers, first))
    wanted |= {n for n in target.frames if n not in values["base"]}
    if not wanted and folder == work.project.folder:
        return
    for done, shot in enumerate(target.shots):
        work.tell("flicker", done, len(target.shots))
        frames = [n for n in range(shot.first, shot.last + 1) if n in wanted]
        if frames:
            for n, base, repaired in _of_shot(work, shot, place, frames[0], frames[-1]):
                values["base"][n], values["repaired"][n] = base, repaired
    plain = {"first": target.first} | {
        name: [found.get(n) for n in target.frames] for name, found in values.items()
    }
    atomic.write_bytes(folder / NAME, (json.dumps(plain) + "\n").encode())
    work.tell("flicker", len(target.shots), len(target.shots))


def read_flicker(folder: Path) -> tuple[int, Series] | None:
    """(first frame, {"base": [...], "repaired": [...]}) in percent of the shot's range; None where
    there is no such file, or a damaged one, which is then measured again."""
    try:
        plain = json.loads((folder / NAME).read_bytes())
        first, series = plain["first"], {name: plain[name] for name in ("base", "repaired")}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    numbers = [value for values in series.values() for value in values]
    if not isinstance(first, int) or not all(isinstance(v, float | None) for v in numbers):
        return None
    return (first, series) if len(series["base"]) == len(series["repaired"]) else None


def _of_shot(
    work: Work, shot: Shot, place: Place, first: int, last: int
) -> Iterator[tuple[int, float | None, float | None]]:
    """Frame, flicker of the base, flicker of the repaired; a shot's first frame has none."""
    target = work.target

    def read(n: int) -> _Seen:
        index = n - target.first
        scale = np.float32(target.depth.scale[index])
        shift = np.float32(target.depth.shift[index])
        base, repaired = work.project.read_base(n), place(n).read_depth(n)
        rgb = work.project.read_small_plate(n)
        return _Seen(n, rgb, scale * base + shift, scale * repaired + shift)

    begin = max(first - 1, shot.first)
    if begin == first:
        yield first, None, None
    percent = 100.0 / (shot.high - shot.low)
    with (
        mapped(read, range(begin, last + 1), workers=2, ahead=4) as frames,
        mapped(
            lambda pair: _between(*pair, percent), pairwise(work.until_cancelled(frames)), 2, 3
        ) as values,
    ):
        yield from values


def _between(before: _Seen, now: _Seen, percent: float) -> tuple[int, float | None, float | None]:
    from ..repair.flicker import flicker

    base = flicker(before.rgb, before.base, now.rgb, now.base)
    if (before.repaired == before.base).all() and (now.repaired == now.base).all():
        repaired = base
    else:
        repaired = flicker(before.rgb, before.repaired, now.rgb, now.repaired)
    return (
        now.n,
        None if base is None else round(base * percent, 6),
        None if repaired is None else round(repaired * percent, 6),
    )
