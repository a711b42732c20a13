# SPDX-License-Identifier: GPL-3.0-or-later
"""The flicker plot: frames across, percent upwards, before and after repair, cuts between."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import SecondEyeError
from .axes import (
    BACKGROUND,
    LEFT,
    RIGHT,
    TEXT,
    TOP,
    WIDTH,
    distance_of_lines,
    draw_frames,
    draw_levels,
    draw_shots,
)
from .canvas import Canvas, Colour

NAME = "flicker.json"
HEIGHT, BOTTOM = 640, 560  # of the picture, and of the field that the curves run in
BEFORE: Colour = (240, 150, 60)
AFTER: Colour = (70, 170, 250)


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
    most = max(known, default=1.0)
    step = distance_of_lines(most)
    top = step * math.ceil(max(most, 1e-3) * 1.05 / step)

    def x(frame: float) -> float:
        return LEFT + (frame - figures.first) / max(last - figures.first, 1) * (RIGHT - LEFT)

    def y(percent: float) -> float:
        return BOTTOM - percent / top * (BOTTOM - TOP)

    draw_levels(canvas, 0.0, top, step, y)
    draw_frames(canvas, figures.first, last, x, BOTTOM, offset)
    draw_shots(canvas, [(name, x(first)) for name, first in shots], BOTTOM)
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


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Stretches without a gap, as (index, value)."""
    runs: list[list[tuple[int, float]]] = [[]]
    for index, value in enumerate(values):
        if value is not None:
            runs[-1].append((index, value))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _draw_key(
    canvas: Canvas, left: float, name: str, values: Sequence[float | None], colour: Colour
) -> None:
    """A piece of the curve, its name, and the mean of its values."""
    known = [v for v in values if v is not None]
    mean = f" (mean {sum(known) / len(known):.2f} %)" if known else ""
    canvas.line([(left, 34), (left + 34, 34)], colour, 4.0)
    canvas.text(left + 46, 27, name + mean, TEXT)
