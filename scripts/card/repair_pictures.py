# SPDX-License-Identifier: GPL-3.0-or-later
"""Before | after pictures, and depth videos as strips: a fixed column over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from core.evaluation import rgbd
from core.evaluation.edges import true_edges
from core.evaluation.layouts import Frame
from core.evaluation.moves import Move
from core.evaluation.rows import BASE, Contest, answers

from .pictures import HEAD, INK, PAPER, TILE, coloured, tile, write
from .repair_measure import Column

ZOOM = 4
STRIP_HEIGHT, STRIP_WIDTH = 150, 384
WHITE = (255, 255, 255)


def chosen(images: Sequence[dict[str, Any]], after: str) -> list[tuple[str, int]]:
    """(rule, index) of the frames that gained most in AbsRel, the median, and lost most."""
    gains = {
        at: row[BASE]["abs_rel"] - row[after]["abs_rel"]
        for at, row in enumerate(images)
        if row[BASE] is not None and row[after] is not None
    }
    order = sorted(gains, key=lambda at: -gains[at])
    picks = (("gained most", 0), ("median", len(order) // 2), ("lost most", len(order) - 1))
    return [(rule, order[at]) for rule, at in picks]


def before_after(
    moves: Sequence[Move], images: Sequence[dict[str, Any]], contest: Contest, after: str
) -> np.ndarray:
    """A row a chosen frame: input, base, repaired, truth, then the part of the picture with most
    true edges of base, repaired and truth, enlarged, over its own range; uint8 RGB. AbsRel on the
    depths."""
    titles = ["input", "base", "repaired", "truth"]
    titles += [f"{name}, {ZOOM}x" for name in titles[1:]]
    head = np.full((HEAD, TILE * len(titles), 3), PAPER, np.uint8)
    for i, title in enumerate(titles):
        write(head, title, (TILE * i + 4, 14), INK)
    rows = [head]
    at = 0
    wanted = {index: rule for rule, index in chosen(images, after)}
    found: dict[int, np.ndarray] = {}
    for move in moves:
        numbers = range(at, at + len(move.frames))
        at += len(move.frames)
        if not wanted.keys() & set(numbers):
            continue
        pictures = (frame.read_rgb() for frame in move.frames)
        for number, rgb, _, depths in answers(pictures, contest):
            if numbers[number] in wanted:
                frame = move.frames[number]
                pair = depths[BASE], depths[after]
                found[numbers[number]] = _row(frame, rgb, pair, wanted[numbers[number]])
    rows += [found[index] for index in wanted]
    return np.vstack(rows)


def _row(frame: Frame, rgb: np.ndarray, pair: Sequence[np.ndarray], rule: str) -> np.ndarray:
    depth = frame.read_depth()
    truth = np.divide(1.0, depth, out=np.zeros_like(depth), where=depth > 0)
    low, high = np.percentile(truth[truth > 0], (1, 99))
    fitted = [rgbd.fit(estimate, depth) for estimate in pair]
    drawn = [coloured(one.inverse, low, high) for one in fitted] + [coloured(truth, low, high)]
    tiles = [tile(rgb), *map(tile, drawn)]
    write(tiles[0], rule, (5, 16), WHITE, edge=True)
    for one, shown in zip(fitted, tiles[1:], strict=False):
        error = rgbd.compare(one.depth()[one.valid], depth[one.valid])["abs_rel"]
        write(shown, f"{error:.3f}", (5, 16), WHITE, edge=True)
    part = _busiest(true_edges(truth))
    # Over the part's own range, for what is far is dark in the whole.
    low, high = np.percentile(truth[part], (1, 99))
    parts = [one.inverse[part] for one in fitted] + [truth[part]]
    return np.hstack([*tiles, *(_enlarged(coloured(one, low, high)) for one in parts)])


def _busiest(edges: np.ndarray) -> tuple[slice, slice]:
    """The window of one zoom-th of the picture with most edges."""
    height, width = (side // ZOOM for side in edges.shape)
    density = cv2.boxFilter(
        edges.astype(np.float32), -1, (width, height), normalize=False,
        borderType=cv2.BORDER_CONSTANT,
    )  # fmt: skip
    row, column = np.unravel_index(int(np.argmax(density)), density.shape)
    top = int(np.clip(row - height // 2, 0, edges.shape[0] - height))
    left = int(np.clip(column - width // 2, 0, edges.shape[1] - width))
    return slice(top, top + height), slice(left, left + width)


def _enlarged(picture: np.ndarray) -> np.ndarray:
    height = round(TILE * picture.shape[0] / picture.shape[1])
    return cv2.resize(
        np.ascontiguousarray(picture), (TILE, height), interpolation=cv2.INTER_NEAREST
    )


def video_strips(columns: Sequence[Column], shown: dict[str, str]) -> np.ndarray:
    """A row a clip: the middle column of each frame of the rows ``shown`` (with what is written
    above), time to the right, uint8 RGB. Each is drawn over its own range (1st to 99th percentile)
    in the whole strip."""
    head = np.full((HEAD, (STRIP_WIDTH + 6) * len(shown), 3), PAPER, np.uint8)
    for i, title in enumerate(shown.values()):
        write(head, title, ((STRIP_WIDTH + 6) * i + 4, 14), INK)
    rows = [head]
    for column in columns:
        parts = []
        for name in shown:
            strip = np.stack(column.rows[name], axis=1)
            low, high = np.percentile(strip, (1, 99))
            size = (STRIP_WIDTH, STRIP_HEIGHT)
            small = cv2.resize(strip, (strip.shape[1], STRIP_HEIGHT), interpolation=cv2.INTER_AREA)
            drawn = cv2.resize(small, size, interpolation=cv2.INTER_NEAREST)
            part = np.full((STRIP_HEIGHT + 6, STRIP_WIDTH + 6, 3), PAPER, np.uint8)
            part[:STRIP_HEIGHT, :STRIP_WIDTH] = coloured(drawn, low, high)
            parts.append(part)
        line = np.ascontiguousarray(np.hstack(parts))
        write(line, column.name, (5, 16), WHITE, edge=True)
        rows.append(line)
    return np.vstack(rows)


def quartile_columns(columns: Sequence[Column], errors: dict[str, float]) -> list[Column]:
    """Of the clips at the lower quartile, the median and the upper quartile of an error."""
    known = sorted((c for c in columns if c.name in errors), key=lambda c: errors[c.name])
    at = sorted({round(part * (len(known) - 1)) for part in (0.25, 0.5, 0.75)})
    return [known[k] for k in at]
