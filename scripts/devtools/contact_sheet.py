# SPDX-License-Identifier: GPL-3.0-or-later
"""Labelled tiles on one sheet, so that a whole conversion can be judged at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

MARGIN = 12
LABEL = 30
PAPER = 24


@dataclass(frozen=True)
class Tile:
    label: str
    picture: np.ndarray
    """RGB uint8 (H, W, 3)."""


def colour_depth(normalised: np.ndarray) -> np.ndarray:
    """Inverse depth 0..1 (h, w) as an RGB picture: red is near, blue is far."""
    grey = np.round(np.clip(normalised, 0.0, 1.0) * 255).astype(np.uint8)
    return cv2.cvtColor(cv2.applyColorMap(grey, cv2.COLORMAP_TURBO), cv2.COLOR_BGR2RGB)


def sheet(rows: list[list[Tile]], row_height: int = 300) -> np.ndarray:
    """All rows at one height, each tile at its own aspect: RGB uint8 (H, W, 3)."""
    drawn = [_row(tiles, row_height) for tiles in rows]
    width = max(row.shape[1] for row in drawn)
    padded = [
        cv2.copyMakeBorder(
            row, 0, 0, 0, width - row.shape[1], cv2.BORDER_CONSTANT, value=(PAPER,) * 3
        )
        for row in drawn
    ]
    return np.concatenate(padded, axis=0)


def _row(tiles: list[Tile], height: int) -> np.ndarray:
    blank = np.full((height + LABEL + MARGIN, MARGIN, 3), PAPER, np.uint8)
    parts = [blank]
    for tile in tiles:
        picture_height, picture_width = tile.picture.shape[:2]
        width = max(1, round(picture_width * height / picture_height))
        smaller = height < picture_height
        scaled = cv2.resize(
            np.ascontiguousarray(tile.picture),
            (width, height),
            interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC,
        )
        cell = np.full((height + LABEL + MARGIN, width, 3), PAPER, np.uint8)
        cell[LABEL : LABEL + height] = scaled
        cv2.putText(
            cell, tile.label, (2, LABEL - 9), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (235, 235, 235), 1,
            cv2.LINE_AA,
        )  # fmt: skip
        parts += [cell, blank]
    return np.concatenate(parts, axis=1)


def save(path: Path, rows: list[list[Tile]], row_height: int = 300) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = sheet(rows, row_height)
    if not cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)):
        raise OSError(f"The contact sheet could not be written to {path}; is the folder writable?")
