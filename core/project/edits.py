# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of edits in a project: ``edits/NAME/000001.png`` (file number = timeline frame), or
``edits/NAME/still.png`` for all frames. 16-bit RGB: R how far the mask covers a pixel, G 1 - the
distance to it in `REACH` picture widths (0: farther). numpy alone writes them."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np

from ..errors import SecondEyeError
from . import atomic

EDITS, STILL = "edits", "still.png"
REACH = 0.1
"""Picture widths: as far as a feather may go."""


def mask_path(folder: Path, name: str, frame: int) -> Path:
    """The picture of timeline frame ``frame``."""
    return folder / EDITS / name / f"{frame:06d}.png"


def still_path(folder: Path, name: str) -> Path:
    """The one picture of a painted mask."""
    return folder / EDITS / name / STILL


def encode(coverage: np.ndarray, distance: np.ndarray | None = None) -> bytes:
    """PNG of ``coverage`` (h, w) in 0..1 and ``distance`` (h, w) in picture widths."""
    height, width = coverage.shape
    pixels = np.zeros((height, width, 3), ">u2")
    pixels[..., 0] = np.rint(coverage.clip(0, 1) * 65535)
    if distance is not None:
        pixels[..., 1] = np.rint((1.0 - distance / REACH).clip(0, 1) * 65535)
    rows = np.zeros((height, 1 + width * 6), np.uint8)
    rows[:, 1:] = pixels.view(np.uint8).reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 4)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def write(path: Path, coverage: np.ndarray, distance: np.ndarray | None = None) -> None:
    """`encode` to ``path``, atomically, with its folder. Raises SecondEyeError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise atomic.cannot_write(path.parent, error) from error
    atomic.write_bytes(path, encode(coverage, distance), durable=False)


def read(path: Path, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Coverage and distance, float32 (height, width); what is farther than `REACH` is at 1.

    Raises SecondEyeError where the file is missing, damaged or of another size.
    """
    import cv2

    remedy = "press Rasterise Mask and Bake Camera again"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SecondEyeError(f"{path} is missing or can't be read: {remedy}.") from error
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if pixels is None or pixels.dtype != np.uint16 or pixels.shape != (height, width, 3):
        raise SecondEyeError(f"{path} is damaged, or of another depth size: {remedy}.")
    values = pixels.astype(np.float32) / np.float32(65535.0)
    return values[..., 2], distance_of(values[..., 1])


def distance_of(closeness: np.ndarray) -> np.ndarray:
    """Picture widths, of what `encode` keeps in G."""
    return np.where(closeness > 0, (1.0 - closeness) * REACH, 1.0).astype(np.float32)


def distances(inside: np.ndarray) -> np.ndarray:
    """Distance of every pixel to the nearest one ``inside`` (h, w), in picture widths, up to
    `REACH`; exact. Two passes (Meijster and others 2000, the second one cut at `REACH`)."""
    height, width = inside.shape
    most = int(np.ceil(REACH * width)) + 1
    column = np.where(inside, 0.0, np.float32(2 * most)).astype(np.float32)
    for rows in (range(1, height), range(height - 2, -1, -1)):
        step = -1 if rows.step > 0 else 1
        for y in rows:
            np.minimum(column[y], column[y + step] + 1.0, out=column[y])
    squared = column * column
    best = squared.copy()
    for k in range(1, min(most, width - 1) + 1):
        np.minimum(best[:, k:], squared[:, :-k] + np.float32(k * k), out=best[:, k:])
        np.minimum(best[:, :-k], squared[:, k:] + np.float32(k * k), out=best[:, :-k])
    return np.minimum(np.sqrt(best) / width, 1.0).astype(np.float32)
