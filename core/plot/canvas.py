# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture to draw lines and letters on, and its PNG: numpy and zlib, nothing else."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .font import text_mask

Colour = tuple[int, int, int]


class Canvas:
    """uint8 (height, width, 3); places are pixels from the upper left corner."""

    def __init__(self, width: int, height: int, background: Colour) -> None:
        self.pixels = np.empty((height, width, 3), np.uint8)
        self.pixels[:] = np.tile(np.array(background, np.uint8), (width, 1))  # row by row: faster

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """A filled rectangle, at least one pixel wide and high."""
        rows = slice(max(round(top), 0), max(round(bottom), round(top) + 1))
        columns = slice(max(round(left), 0), max(round(right), round(left) + 1))
        self.pixels[rows, columns] = colour

    def text(
        self, x: float, y: float, text: str, colour: Colour, size: int = 2, align: float = 0.0
    ) -> None:
        """Letters whose upper edge is at y; ``align`` 0: they begin at x, 1: they end there."""
        mask = text_mask(text, size)
        height, width = mask.shape
        left, top = round(x - align * (width - size)), round(y)
        rows = slice(max(top, 0), min(top + height, len(self.pixels)))
        columns = slice(max(left, 0), min(left + width, self.pixels.shape[1]))
        if rows.start < rows.stop and columns.start < columns.stop:
            seen = mask[rows.start - top : rows.stop - top, columns.start - left :]
            self.pixels[rows, columns][seen[:, : columns.stop - columns.start]] = colour

    def line(self, points: Sequence[tuple[float, float]], colour: Colour, width: float) -> None:
        """A line through ``points``, smooth at its edges; its corners are round."""
        cover = np.zeros(self.pixels.shape[:2], np.float32)
        for start, end in zip(points, [*points[1:], points[-1]], strict=True):
            self._stroke(cover, np.array(start), np.array(end), width / 2)
        low, high = (np.array(f(points, 0)) for f in (np.min, np.max))
        left, top = np.floor(low - width).astype(int).clip(0)
        right, bottom = np.ceil(high + width + 2).astype(int).clip(0)
        cover, pixels = cover[top:bottom, left:right], self.pixels[top:bottom, left:right]
        there = np.nonzero(cover)  # a few pixels of a large picture
        plain = pixels[there].astype(np.float32)
        mixed = plain + cover[there][:, None] * (np.array(colour, np.float32) - plain)
        pixels[there] = mixed.round().astype(np.uint8)

    def png(self) -> bytes:
        """PNG, ISO/IEC 15948: 8-bit RGB, no row filter."""
        height, width = self.pixels.shape[:2]
        rows = np.zeros((height, 1 + 3 * width), np.uint8)
        rows[:, 1:] = self.pixels.reshape(height, -1)

        def chunk(kind: bytes, data: bytes) -> bytes:
            check = struct.pack(">I", zlib.crc32(kind + data))
            return struct.pack(">I", len(data)) + kind + data + check

        head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        body = zlib.compress(rows.tobytes(), 3)
        signature = b"\x89PNG\r\n\x1a\n"
        return signature + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")

    def write_png(self, path: Path) -> None:
        """Raises OSError; whole or not there."""
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            part.write_bytes(self.png())
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)

    def _stroke(self, cover: np.ndarray, start: np.ndarray, end: np.ndarray, radius: float) -> None:
        """Cover pixels by how much of them lies within ``radius`` of the segment."""
        height, width = cover.shape
        low = np.floor(np.minimum(start, end) - radius - 1).astype(int)
        high = np.ceil(np.maximum(start, end) + radius + 2).astype(int)
        left, top = low.clip(0)
        right, bottom = min(high[0], width), min(high[1], height)
        if left >= right or top >= bottom:
            return
        y, x = np.mgrid[top:bottom, left:right] + 0.5
        along = end - start
        length = float(along @ along)
        part = ((x - start[0]) * along[0] + (y - start[1]) * along[1]) / (length or 1.0)
        part = part.clip(0.0, 1.0)
        away = np.hypot(x - start[0] - part * along[0], y - start[1] - part * along[1])
        seen = cover[top:bottom, left:right]
        np.maximum(seen, (radius + 0.5 - away).clip(0.0, 1.0), out=seen)
