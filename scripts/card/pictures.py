# SPDX-License-Identifier: GPL-3.0-or-later
"""Strips and curves, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core.errors import SecondEyeError
from core.evaluation import rgbd
from core.evaluation.layouts import Frame
from core.evaluation.renders import RenderedFrame
from core.evaluation.sets import DepthSet
from core.evaluation.uncertainty import FRACTIONS, LEVELS

from .measure import true_inverse

TILE = 256  # pixels across
QUALITY = 86
HEAD = 20
PAPER, INK = 255, (30, 30, 30)
COLOURS = ((200, 60, 40), (40, 110, 200), (60, 150, 70), (130, 130, 130))


def strip(frames: Sequence[Frame], data: DepthSet, models: dict[str, Any]) -> np.ndarray:
    """A row a frame: input, each contender (fitted to the truth), truth; uint8 RGB.

    Depth is drawn as the square root of inverse depth, bright = near, all of a row over the
    truth's range (1st to 99th percentile); pixels without a value are grey. AbsRel is written
    on the contenders' tiles.
    """
    titles = ["input", *models, "truth"]
    head = np.full((HEAD, TILE * len(titles), 3), PAPER, np.uint8)
    for i, title in enumerate(titles):
        write(head, title, (TILE * i + 4, 14), INK)
    rows = [head]
    for frame in frames:
        rgb, depth = frame.read_rgb(), frame.read_depth()
        truth = true_inverse(frame, depth)
        farthest, counts = data.layout.farthest, data.counted(depth.shape)
        known = (truth > 0) & (depth <= farthest)
        if isinstance(frame, RenderedFrame):
            known = np.ones_like(known)  # its 0 is the sky, which is a value
        low, high = np.percentile(truth[truth > 0], (1, 99))
        tiles = [tile(rgb)]
        for model in models.values():
            metric = getattr(model, "unit", "relative") == "metres"
            fitted = rgbd.fit(
                model.infer(rgb).inverse_depth,
                depth,
                metric=metric,
                counts=counts,
                farthest=farthest,
            )
            error = rgbd.compare(fitted.depth(farthest)[fitted.valid], depth[fitted.valid])
            shown = tile(coloured(fitted.inverse, low, high))
            write(shown, f"{error['abs_rel']:.3f}", (5, 16), (255, 255, 255), edge=True)
            tiles.append(shown)
        tiles.append(tile(np.where(known[..., None], coloured(truth, low, high), 128)))
        rows.append(np.hstack(tiles))
    return np.vstack(rows)


def save(path: Path, rgb: np.ndarray) -> Path:
    """A JPEG; the folder is made. Raises SecondEyeError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    if not cv2.imwrite(str(path), bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY]):
        raise SecondEyeError(f"{path} can't be written: check its folder.")
    return path


def uncertainty_curves(scores: dict[str, Any]) -> np.ndarray:
    """Sparsification (left) and calibration (right)."""
    ones = np.ones_like(FRACTIONS)
    left = _axes(
        "mean error of the remaining pixels", "share of the most uncertain pixels removed",
        (0.0, 1.0), (0.0, 1.2),
        [
            ("by the network's uncertainty", FRACTIONS, np.array(scores["curve"])),
            ("by the true error (oracle)", FRACTIONS, np.array(scores["oracle"])),
            ("at random", FRACTIONS, ones),
        ],
    )  # fmt: skip
    levels = np.array(LEVELS)
    right = _axes(
        "share of errors inside", "interval that the Laplace scale gives",
        (0.0, 1.0), (0.0, 1.0),
        [("network", levels, np.array(scores["coverage"])), ("calibrated", levels, levels)],
        legend=330,
    )  # fmt: skip
    return np.hstack([left, right])


def coloured(inverse: np.ndarray, low: float, high: float) -> np.ndarray:
    """Square root of inverse depth between ``low`` and ``high``, bright = near; uint8 RGB."""
    part = np.sqrt(np.clip((inverse - low) / max(high - low, 1e-9), 0, 1))
    grey = np.round(part * 255).astype(np.uint8)
    return cv2.cvtColor(cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)


def tile(rgb: np.ndarray) -> np.ndarray:
    """A picture `TILE` pixels across."""
    height = round(TILE * rgb.shape[0] / rgb.shape[1])
    how = cv2.INTER_AREA if rgb.shape[1] > TILE else cv2.INTER_LINEAR
    picture = np.ascontiguousarray(rgb, np.uint8)
    return cv2.resize(picture, (TILE, height), interpolation=how)


def _axes(
    title: str,
    below: str,
    across: tuple[float, float],
    up: tuple[float, float],
    lines: Sequence[tuple[str, np.ndarray, np.ndarray]],
    legend: int = 54,
) -> np.ndarray:
    height, width, left, bottom, top = 330, 450, 46, 40, 30
    canvas = np.full((height, width, 3), PAPER, np.uint8)

    def place(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        column = left + (x - across[0]) / (across[1] - across[0]) * (width - left - 14)
        row = height - bottom - (y - up[0]) / (up[1] - up[0]) * (height - bottom - top)
        return np.stack([column, row], axis=-1).round().astype(np.int32)

    for part in np.linspace(0, 1, 6):
        x = across[0] + part * (across[1] - across[0])
        y = up[0] + part * (up[1] - up[0])
        ends = place(np.array([x, x]), np.array(up))
        cv2.line(canvas, ends[0].tolist(), ends[1].tolist(), (225, 225, 225), 1)
        write(canvas, f"{x:.1f}", (int(ends[0][0]) - 10, height - bottom + 14), INK)
        ends = place(np.array(across), np.array([y, y]))
        cv2.line(canvas, ends[0].tolist(), ends[1].tolist(), (225, 225, 225), 1)
        write(canvas, f"{y:.2f}", (6, int(ends[0][1]) + 4), INK)
    write(canvas, title, (left, 18), INK)
    write(canvas, below, (left, height - 8), INK)
    for i, (name, x, y) in enumerate(lines):
        points = place(x, np.clip(y, *up))
        cv2.polylines(canvas, [points], False, COLOURS[i], 2, cv2.LINE_AA)
        write(canvas, name, (legend, height - bottom - 12 - 16 * i), COLOURS[i])
    return canvas


def write(
    canvas: np.ndarray,
    text: str,
    at: tuple[int, int],
    colour: tuple[int, int, int],
    edge: bool = False,
) -> None:
    """Writes into ``canvas``; ``edge``: with a dark outline, for pictures."""
    if edge:
        cv2.putText(canvas, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.putText(canvas, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, 1, cv2.LINE_AA)
