# SPDX-License-Identifier: GPL-3.0-or-later
"""What the diagrams along a timeline share: colours, round numbers, frames below, shots between."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from .canvas import Canvas, Colour

BACKGROUND: Colour = (30, 31, 34)
GRID: Colour = (52, 54, 59)
TEXT: Colour = (205, 207, 211)
CUT: Colour = (128, 132, 140)
WIDTH, LEFT, RIGHT, TOP = 1600, 110, 1570, 110  # the picture, and the field in it
LETTER = 12  # pixels a letter takes at size 2

Place = Callable[[float], float]


def distance_of_lines(span: float) -> float:
    """1, 2 or 5 times a power of ten, so that about five lines lie over ``span``."""
    rough = max(span, 1e-3) * 1.05 / 5
    power = 10.0 ** math.floor(math.log10(rough))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= rough * (1 - 1e-9))


def draw_levels(
    canvas: Canvas, low: float, high: float, step: float, y: Place, *, signed: bool = False
) -> None:
    """Lines at the multiples of ``step`` from ``low`` to ``high``, with their percent."""
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1):
        canvas.box(LEFT, y(i * step), RIGHT, y(i * step) + 1, GRID)
        label = f"{i * step:+.{digits}f} %" if signed and i else f"{i * step:.{digits}f} %"
        canvas.text(LEFT - 14, y(i * step) - 7, label, TEXT, align=1.0)


def draw_frames(
    canvas: Canvas, first: int, last: int, x: Place, bottom: float, offset: int
) -> None:
    """Round frame numbers below the field; ``offset``: what is added to the number written."""
    for frame in _marks(first + offset, last + offset):
        canvas.box(x(frame - offset), bottom, x(frame - offset) + 2, bottom + 9, TEXT)
        canvas.text(x(frame - offset), bottom + 16, str(frame), TEXT, align=0.5)
    canvas.text((LEFT + RIGHT) / 2, bottom + 48, "frame", TEXT, align=0.5)


def draw_shots(canvas: Canvas, shots: Sequence[tuple[str, float]], bottom: int) -> None:
    """A line where each shot (name, place) begins, and its name where there is room for it."""
    ends = [left for _, left in shots[1:]] + [float(RIGHT)]
    for number, ((name, left), end) in enumerate(zip(shots, ends, strict=True)):
        if number:
            for y in range(TOP - 24, bottom, 12):
                canvas.box(left, y, left + 2, y + 7, CUT)
        letters = int((end - left - 12) // LETTER)
        if len(name) <= letters or letters >= 4:
            canvas.text(left + 8, TOP - 22, name[:letters], CUT)


def _marks(first: int, last: int) -> list[int]:
    """Round frame numbers, at most about a dozen, and the first one."""
    rough = max((last - first) / 10, 1.0)
    power = 10 ** math.floor(math.log10(rough))
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= rough)
    start = -(-first // step) * step
    marks = list(range(start, last + 1, step))
    return marks if marks and marks[0] - first < 0.6 * step else [first, *marks]
