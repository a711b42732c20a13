# SPDX-License-Identifier: GPL-3.0-or-later
"""A tiny clip of several shots: a camera that pans over one painted wall after another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from clips import make_movie

COLOURS = ((190, 90, 60), (60, 160, 90), (70, 90, 200))


def shots_movie(path: Path, lengths: Sequence[int], size: tuple[int, int] = (96, 64)) -> Path:
    """One shot of each of ``lengths`` frames."""
    pictures = [
        picture for number, length in enumerate(lengths) for picture in pan(number, length, *size)
    ]
    return make_movie(path, range(len(pictures)), pictures=pictures, size=size)


def pan(number: int, length: int, width: int, height: int) -> list[np.ndarray]:
    """Pictures uint8 (height, width, 3) of shot ``number``: two pixels further in each."""
    rng = np.random.default_rng(number)
    coarse = rng.integers(0, 256, (height // 8 + 2, (width + 2 * length) // 8 + 2), np.uint8)
    shades = cv2.resize(coarse, (width + 2 * length + 8, height), interpolation=cv2.INTER_CUBIC)
    colour = np.array(COLOURS[number % len(COLOURS)], np.float32)
    wall = np.clip(shades[..., None] / 255.0 * 0.8 * colour + 0.2 * colour, 0, 255)
    return [
        np.ascontiguousarray(wall[:, 2 * n : 2 * n + width]).astype(np.uint8) for n in range(length)
    ]
