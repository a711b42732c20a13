# SPDX-License-Identifier: GPL-3.0-or-later
"""The comfort graph: each frame's parallax as a bar, coloured by the screen's limits; each frame's
verdict, where the window cuts, jumps at cuts."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..stereo import FrameComfort, Viewing
from ..stereo.comfort import CLOSE, GOOD, JUMP, NEARBY, OUTSIDE
from .axes import (
    BACKGROUND,
    CUT,
    GRID,
    LEFT,
    RIGHT,
    TEXT,
    TOP,
    WIDTH,
    Place,
    distance_of_lines,
    draw_frames,
    draw_levels,
    draw_shots,
)
from .canvas import Canvas, Colour

NAME = "comfort.png"
HEIGHT, BOTTOM = 770, 590
VERDICTS, BORDERS = 606, (628, 646)  # upper edges of the rows below the field
ROW = 12  # their height
COLOURS: dict[int, Colour] = {GOOD: (64, 170, 98), CLOSE: (226, 168, 52), OUTSIDE: (222, 74, 66)}
MIDDLE: Colour = (240, 241, 243)
SCREEN: Colour = (120, 172, 236)
_SHOWN = 2.5
"""A limit farther out than so many times what the frames reach is written, not drawn."""


def draw(
    told: Sequence[FrameComfort],
    viewing: Viewing,
    shots: Sequence[tuple[str, int]],
    offset: int = 0,
) -> Canvas:
    """``told``: the frames in order, at least one. ``shots``: (name, first frame). ``offset``: what
    to add to a frame to get the number that is written below it."""
    canvas = Canvas(WIDTH, HEIGHT, BACKGROUND)
    first, count = told[0].frame, told[-1].frame - told[0].frame + 1
    low, high, step = _axis(told, viewing)

    def x(frame: float) -> float:  # the middle of its column
        return LEFT + (frame - first + 0.5) / count * (RIGHT - LEFT)

    def y(percent: float) -> float:
        return BOTTOM - (percent - low) / (high - low) * (BOTTOM - TOP)

    draw_levels(canvas, low, high, step, y, signed=True)
    half = (RIGHT - LEFT) / count / 2
    for frame in told:
        _draw_bar(canvas, frame, viewing, x(frame.frame) - half, x(frame.frame) + half, y)
    for shot in _runs(told, {n for _, n in shots}):
        canvas.line([(x(f.frame), y(100 * f.parallax[2])) for f in shot], MIDDLE, 2.0)
    canvas.box(LEFT, y(0.0) - 1, RIGHT, y(0.0) + 1, SCREEN)
    canvas.text(RIGHT - 6, y(0.0) + 6, "screen", SCREEN, align=1.0)
    _draw_limits(canvas, viewing, low, high, y)
    _draw_verdicts(canvas, told, x, half)
    _draw_borders(canvas, told, x, half)
    _draw_jumps(canvas, told, x)
    draw_shots(canvas, [(name, x(n) - half) for name, n in shots], BOTTOM)
    draw_frames(canvas, first, first + count - 1, x, BORDERS[1] + ROW + 4, offset)
    _draw_head(canvas, told, viewing)
    return canvas


def _runs(told: Sequence[FrameComfort], firsts: set[int]) -> list[list[FrameComfort]]:
    """The frames shot by shot: no line joins two."""
    runs: list[list[FrameComfort]] = [[]]
    for frame in told:
        if frame.frame in firsts and runs[-1]:
            runs.append([])
        runs[-1].append(frame)
    return runs


def _axis(told: Sequence[FrameComfort], viewing: Viewing) -> tuple[float, float, float]:
    """Lower end, upper end and distance of the lines, in percent."""
    lows, highs = [f.parallax[0] for f in told], [f.parallax[-1] for f in told]
    low, high = min(*lows, 0.0), max(*highs, 0.0)
    reached = max(high - low, 1e-3)
    limits = viewing.limits
    if limits.far <= max(_SHOWN * high, reached):
        high = max(high, limits.far)
    if limits.near >= min(_SHOWN * low, -reached):
        low = min(low, limits.near)
    span = 100 * max(high - low, 1e-3)
    step = distance_of_lines(span)
    margin = 0.04 * span
    return (
        step * math.floor((100 * low - margin) / step),
        step * math.ceil((100 * high + margin) / step),
        step,
    )


def _draw_bar(
    canvas: Canvas, frame: FrameComfort, viewing: Viewing, left: float, right: float, y: Place
) -> None:
    """All of the picture faded, its bulk strong: green, yellow where it is close to a limit, red
    beyond."""
    limits = viewing.limits
    edges = [
        (NEARBY * limits.near, NEARBY * limits.far, GOOD),
        (limits.near, NEARBY * limits.near, CLOSE),
        (NEARBY * limits.far, limits.far, CLOSE),
        (float("-inf"), limits.near, OUTSIDE),
        (limits.far, float("inf"), OUTSIDE),
    ]
    nearest, near, _, far, farthest = frame.parallax
    for low, high, verdict in edges:
        for a, b, colour in (
            (max(nearest, low), min(farthest, high), _faded(COLOURS[verdict])),
            (max(near, low), min(far, high), COLOURS[verdict]),
        ):
            if a < b or nearest == farthest == a:
                canvas.box(left, y(100 * b), right, y(100 * a), colour)


def _faded(colour: Colour) -> Colour:
    """Halfway to the background."""
    r, g, b = ((c + d) // 2 for c, d in zip(colour, BACKGROUND, strict=True))
    return r, g, b


def _draw_limits(canvas: Canvas, viewing: Viewing, low: float, high: float, y: Place) -> None:
    limits, red = viewing.limits, COLOURS[OUTSIDE]
    for limit, below, name in (
        (100 * limits.far, False, "eyes diverge" if limits.far == limits.diverging else "too far"),
        (100 * limits.near, True, "too near"),
    ):
        text = f"{name} at {limit:+.1f} %"
        if low <= limit <= high:
            for left in range(LEFT, RIGHT, 16):
                canvas.box(left, y(limit) - 1, min(left + 9, RIGHT), y(limit) + 1, red)
            top = y(limit) + (6 if below else -20)
            canvas.box(LEFT + 4, top - 3, LEFT + 10 + 12 * len(text), top + 16, BACKGROUND)
            canvas.text(LEFT + 8, top, text, red)
        else:
            canvas.text(LEFT + 8, BOTTOM - 22 if below else TOP + 8, f"{text}: far off", CUT)


def _draw_verdicts(canvas: Canvas, told: Sequence[FrameComfort], x: Place, half: float) -> None:
    canvas.text(LEFT - 14, VERDICTS - 1, "verdict", TEXT, align=1.0)
    for frame in sorted(told, key=lambda f: f.verdict):  # where columns meet, the worst is seen
        middle, colour = x(frame.frame), COLOURS[frame.verdict]
        canvas.box(middle - half, VERDICTS, middle + half, VERDICTS + ROW, colour)


def _draw_borders(canvas: Canvas, told: Sequence[FrameComfort], x: Place, half: float) -> None:
    """Two rows: where the picture's left and right edge cut what stands before the screen."""
    for top, name in zip(BORDERS, ("left", "right"), strict=True):
        canvas.text(LEFT - 14, top - 1, name, TEXT, align=1.0)
        canvas.box(LEFT, top, RIGHT, top + ROW, GRID)
        for frame in told:
            if getattr(frame, name).cut:
                middle = x(frame.frame)
                canvas.box(middle - half, top, middle + half, top + ROW, COLOURS[CLOSE])
    told_below = "left, right: the edge cuts what stands before the screen"
    canvas.text(LEFT, BORDERS[1] + ROW + 52, told_below, CUT)


def _draw_jumps(canvas: Canvas, told: Sequence[FrameComfort], x: Place) -> None:
    """At each cut by how many degrees the middle jumps, where that is much."""
    for frame in told:
        if frame.jump is not None and abs(frame.jump) > NEARBY * JUMP:
            colour = COLOURS[OUTSIDE if abs(frame.jump) > JUMP else CLOSE]
            canvas.text(x(frame.frame), BOTTOM - 20, f"{frame.jump:+.1f} deg", colour, align=0.5)


def _draw_head(canvas: Canvas, told: Sequence[FrameComfort], viewing: Viewing) -> None:
    screen = f"{viewing.width:.3g} m wide, from {viewing.distance:.3g} m"
    name = "" if viewing.name == "own" else f"{viewing.name}: "
    canvas.text(LEFT, 18, "parallax in % of the width", TEXT, size=3)
    canvas.text(LEFT, 54, f"{name}{screen}", CUT)
    right = float(RIGHT)
    for verdict, word in ((OUTSIDE, "outside"), (CLOSE, "close"), (GOOD, "comfortable")):
        share = 100 * sum(f.verdict == verdict for f in told) / len(told)
        text = f"{word} {share:.0f} %"
        canvas.text(right, 24, text, TEXT, align=1.0)
        right -= 12 * len(text) + 34
        canvas.box(right, 22, right + 18, 40, COLOURS[verdict])
        right -= 30
