# SPDX-License-Identifier: GPL-3.0-or-later
"""A training log as a picture: loss terms above, held-out error below, over image steps."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..errors import SecondEyeError

_COLOURS = (
    (40, 40, 40),
    (200, 90, 30),
    (40, 130, 220),
    (60, 160, 60),
    (160, 60, 160),
    (0, 170, 190),
    (150, 150, 150),
    (90, 60, 0),
    (130, 180, 255),
    (120, 220, 120),
    (30, 30, 160),
)
_HEIGHT, _WIDTH, _MARGIN = 300, 900, 60


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines of a log.jsonl; a last line cut short by a kill is left out."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SecondEyeError(f"There is no training log at {path}: name a run's folder.") from error
    entries = []
    for line in lines:
        try:
            entries.append(json.loads(line))
        except ValueError:
            continue
    return entries


def draw_curves(log: Path, output: Path) -> None:
    """Write ``output`` (PNG): losses on a log axis, then AbsRel beside the ramp's."""
    entries = read_log(log)
    losses = [e for e in entries if "loss" in e]
    scores = [e for e in entries if "absrel" in e]
    # The uncertainty's likelihood goes below 0: it has no place on a log axis.
    names = sorted({k for e in losses for k in e} - {"step", "images", "rate", "uncertainty"})
    upper = _plot(losses, names, "training loss and its terms (log scale)", True)
    known = [n for n in ("absrel", "ramp", "edges", "miou") if any(n in e for e in scores)]
    title = "held-out scenes: AbsRel, the vertical ramp's, F1 of depth edges, mIoU of labels"
    lower = _plot(scores, known, title, False)
    cv2.imwrite(str(output), np.vstack([upper, lower]))


def _plot(
    entries: list[dict[str, Any]], names: list[str], title: str, logarithmic: bool
) -> np.ndarray:
    canvas = np.full((_HEIGHT, _WIDTH, 3), 255, np.uint8)
    _text(canvas, title, (_MARGIN, 20), (0, 0, 0))
    series = {n: [(e["images"], e[n]) for e in entries if n in e] for n in names}
    values = [v for line in series.values() for _, v in line if not logarithmic or v > 0]
    if not values:
        return canvas
    low, high = min(values), max(values)
    end = max(x for line in series.values() for x, _ in line)

    def place(x: float, y: float) -> tuple[int, int]:
        if logarithmic:
            part = np.log(max(y, low) / low) / max(np.log(high / low), 1e-9)
        else:
            part = (y - low) / max(high - low, 1e-9)
        inner = _WIDTH - _MARGIN - 150
        return int(_MARGIN + inner * x / end), int(_HEIGHT - 35 - (_HEIGHT - 75) * part)

    for (name, line), colour in zip(series.items(), _COLOURS * 2, strict=False):
        points = np.array([place(x, y) for x, y in line if not logarithmic or y > 0], np.int32)
        if len(points):
            cv2.polylines(canvas, [points], False, colour, 1, cv2.LINE_AA)
            row = 40 + 18 * names.index(name)
            _text(canvas, f"{name} {line[-1][1]:.3f}", (_WIDTH - 145, row), colour)
    for value in (low, high):
        _text(canvas, f"{value:.3g}", (5, place(0, value)[1] + 4), (0, 0, 0))
    _text(canvas, f"{end} image steps", (_WIDTH - 330, _HEIGHT - 10), (0, 0, 0))
    return canvas


def _text(canvas: np.ndarray, text: str, at: tuple[int, int], colour: tuple[int, int, int]) -> None:
    cv2.putText(canvas, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, 1, cv2.LINE_AA)
