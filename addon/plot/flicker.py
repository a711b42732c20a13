# SPDX-License-Identifier: GPL-3.0-or-later
"""The flicker plot: frames across, percent upwards, before and after repair, cuts between."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import SecondEyeError
from .canvas import Canvas, Colour

NAME = "flicker.json"
WIDTH, HEIGHT = 1600, 640
LEFT, RIGHT, TOP, BOTTOM = 110, 1570, 110, 560  # of the field that the curves run in
BACKGROUND: Colour = (30, 31, 34)
GRID: Colour = (52, 54, 59)
TEXT: Colour = (205, 207, 211)
CUT: Colour = (128, 132, 140)
BEFORE: Colour = (240, 150, 60)
AFTER: Colour = (70, 170, 250)
LETTER = 12  # pixels a letter takes at size 2


@dataclass(frozen=True)
class Flicker:
    """How much depth changed that should not have, in percent of its shot's range, for each frame
    from ``first`` on; None where nothing can be said (a shot's first frame)."""

    first: int
    base: tuple[float | None, ...]
    repaired: tuple[float | None, ...]


def read_flicker(project: Path) -> Flicker | None:
    """The project's figures; None where it has none. Raises SecondEyeError for a damaged file."""
    path = project / NAME
    try:
        plain = json.loads(path.read_text(encoding="utf8"))
        base, repaired = (tuple(_number(v) for v in plain[k]) for k in ("base", "repaired"))
        first = int(plain["first"])
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SecondEyeError(f"{path} can't be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SecondEyeError(f"{path} is damaged: delete it and press Repair Again.") from error
    if not base or len(base) != len(repaired):
        raise SecondEyeError(f"{path} is damaged: delete it and press Repair Again.")
    return Flicker(first, base, repaired)


def draw(figures: Flicker, shots: Sequence[tuple[str, int]], offset: int = 0) -> Canvas:
    """``shots``: (name, first frame) in order. ``offset``: what to add to a frame to get the number
    that is written below it, where the scene counts otherwise than the clip."""
    canvas = Canvas(WIDTH, HEIGHT, BACKGROUND)
    last = figures.first + len(figures.base) - 1
    known = [v for v in (*figures.base, *figures.repaired) if v is not None]
    top, step = _scale(max(known, default=1.0))

    def x(frame: float) -> float:
        return LEFT + (frame - figures.first) / max(last - figures.first, 1) * (RIGHT - LEFT)

    def y(percent: float) -> float:
        return BOTTOM - percent / top * (BOTTOM - TOP)

    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    for i in range(round(top / step) + 1):
        canvas.box(LEFT, y(i * step), RIGHT, y(i * step) + 1, GRID)
        label = f"{i * step:.{digits}f} %"
        canvas.text(LEFT - 14, y(i * step) - 7, label, TEXT, align=1.0)
    for frame in _marks(figures.first + offset, last + offset):
        canvas.box(x(frame - offset), BOTTOM, x(frame - offset) + 2, BOTTOM + 9, TEXT)
        canvas.text(x(frame - offset), BOTTOM + 16, str(frame), TEXT, align=0.5)
    canvas.text((LEFT + RIGHT) / 2, BOTTOM + 48, "frame", TEXT, align=0.5)
    _draw_shots(canvas, [(name, x(first)) for name, first in shots])
    for values, colour in ((figures.base, BEFORE), (figures.repaired, AFTER)):
        for run in _runs(values):
            points = [(x(figures.first + i), y(v)) for i, v in run]
            canvas.line(points, colour, 3.0)
    canvas.text(LEFT, 24, "depth flicker", TEXT, size=3)
    _draw_key(canvas, RIGHT - 900, "before repair", figures.base, BEFORE)
    _draw_key(canvas, RIGHT - 410, "repaired", figures.repaired, AFTER)
    return canvas


def _number(value: object) -> float | None:
    if value is None:
        return None
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError("not a number")
    return float(value)


def _scale(most: float) -> tuple[float, float]:
    """(upper end of the axis, distance of its lines): 1, 2 or 5 times a power of ten."""
    rough = max(most, 1e-3) * 1.05 / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= rough * (1 - 1e-9))
    return step * math.ceil(max(most, 1e-3) * 1.05 / step), step


def _marks(first: int, last: int) -> list[int]:
    """Round frame numbers, at most about a dozen, and the first one."""
    rough = max((last - first) / 10, 1.0)
    power = 10 ** math.floor(math.log10(rough))
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= rough)
    start = -(-first // step) * step
    marks = list(range(start, last + 1, step))
    return marks if marks and marks[0] - first < 0.6 * step else [first, *marks]


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Stretches without a gap, as (index, value)."""
    runs: list[list[tuple[int, float]]] = [[]]
    for index, value in enumerate(values):
        if value is not None:
            runs[-1].append((index, value))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _draw_shots(canvas: Canvas, shots: Sequence[tuple[str, float]]) -> None:
    """A line where each shot begins, and its name where there is room for it."""
    ends = [left for _, left in shots[1:]] + [float(RIGHT)]
    for number, ((name, left), end) in enumerate(zip(shots, ends, strict=True)):
        if number:
            for y in range(TOP - 24, BOTTOM, 12):
                canvas.box(left, y, left + 2, y + 7, CUT)
        letters = int((end - left - 12) // LETTER)
        if len(name) <= letters or letters >= 4:
            canvas.text(left + 8, TOP - 22, name[:letters], CUT)


def _draw_key(
    canvas: Canvas, left: float, name: str, values: Sequence[float | None], colour: Colour
) -> None:
    """A piece of the curve, its name, and the mean of its values."""
    known = [v for v in values if v is not None]
    mean = f" (mean {sum(known) / len(known):.2f} %)" if known else ""
    canvas.line([(left, 34), (left + 34, 34)], colour, 4.0)
    canvas.text(left + 46, 27, name + mean, TEXT)
