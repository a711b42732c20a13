# SPDX-License-Identifier: GPL-3.0-or-later
"""Number-coded test clips: every picture carries its number as big blocks that survive coding.

The number has 12 bits in two rows of six; below each row stands its complement, so a picture
that is rotated, mirrored, blended from two or damaged reads as an error and not as a number.
Clips are encoded here with PyAV alone, not with the code under test.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

COLUMNS, ROWS = 6, 4
DARK, LIGHT = 48, 208


def numbered_picture(number: int, width: int = 96, height: int = 64) -> np.ndarray:
    """uint8 (height, width, 3) RGB that carries ``number`` (0..4095); at least 24 x 16."""
    bits = [(number >> k) & 1 for k in range(11, -1, -1)]
    top, bottom = bits[:6], bits[6:]
    rows = [top, [1 - b for b in top], bottom, [1 - b for b in bottom]]
    table = np.array(rows, dtype=np.uint8) * (LIGHT - DARK) + DARK
    y = np.arange(height) * ROWS // height
    x = np.arange(width) * COLUMNS // width
    return np.repeat(table[y][:, x][..., None], 3, axis=2)


def read_number(rgb: np.ndarray) -> int:
    """The number in a picture (any size, uint8 or uint16, RGB or grey); ValueError if unclear."""
    rgb = np.asarray(rgb)
    scale = 257 if rgb.dtype == np.uint16 else 1
    height, width = rgb.shape[:2]
    table = np.empty((ROWS, COLUMNS))
    for r in range(ROWS):
        for c in range(COLUMNS):
            y0, y1 = (r + 0.3) * height / ROWS, (r + 0.7) * height / ROWS
            x0, x1 = (c + 0.3) * width / COLUMNS, (c + 0.7) * width / COLUMNS
            block = rgb[int(y0) : max(int(y1), int(y0) + 1), int(x0) : max(int(x1), int(x0) + 1)]
            table[r, c] = block.mean(dtype=np.float64) / scale
    middle = (LIGHT + DARK) / 2
    if np.abs(table - middle).min() < 25:
        raise ValueError(f"blurred or blended blocks:\n{table.round()}")
    bits = (table > middle).astype(int)
    if (bits[0] == bits[1]).any() or (bits[2] == bits[3]).any():
        raise ValueError(f"not a number picture (rotated?):\n{bits}")
    return int("".join(str(b) for b in [*bits[0], *bits[2]]), 2)


def make_movie(
    path: Path,
    numbers: Iterable[int] = range(1, 13),
    *,
    rate: Fraction | int = 24,
    pts: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    size: tuple[int, int] = (96, 64),
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    pix_fmt: str = "yuv420p",
    display_matrix: Sequence[int] | None = None,
    aspect: Fraction | None = None,
    audio: bool = False,
    pictures: Iterable[np.ndarray] | None = None,
    container_options: dict[str, str] | None = None,
) -> Path:
    """Encode one picture for each of ``numbers`` (or ``pictures`` as they are) and return path.

    ``pts``: times in ``time_base`` (1/rate where not given); without it 0, 1, 2, ...
    ``display_matrix``: nine integers as in a QuickTime track header. ``audio``: adds AAC with a
    click at every full second.
    """
    rate = Fraction(rate)
    time_base = time_base or 1 / rate
    width, height = size
    if pictures is None:
        pictures = (numbered_picture(n, width, height) for n in numbers)
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=rate, options=options or {"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.codec_context.time_base = time_base
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        if display_matrix:
            stream.set_display_matrix(display_matrix)
        sound = container.add_stream("aac", rate=48000) if audio else None
        last = 0
        for i, rgb in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
            frame.pts = last = i if pts is None else pts[i]
            frame.time_base = time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None:
            _add_clicks(container, sound, float((last + 1) * time_base))
    return path


def _add_clicks(container, stream, seconds: float) -> None:
    samples = np.zeros((1, int(48000 * seconds)), dtype=np.float32)
    for second in range(int(seconds) + 1):
        click = samples[:, second * 48000 : second * 48000 + 480]
        click += 0.8 * np.sin(np.arange(click.shape[1]) * 2 * np.pi * 1000 / 48000)
    frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
    frame.sample_rate = 48000
    frame.pts = 0
    frame.time_base = Fraction(1, 48000)
    container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def make_sequence(
    folder: Path,
    numbers: Iterable[int] = range(1, 13),
    *,
    name: str = "shot_{:04d}.png",
    size: tuple[int, int] = (96, 64),
    bits: int = 8,
) -> Path:
    """Write numbered pictures (PNG, JPEG, TIFF by the name's extension) and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for n in numbers:
        rgb = numbered_picture(n, *size)
        if bits == 16:
            rgb = rgb.astype(np.uint16) * 257
        if not cv2.imwrite(str(folder / name.format(n)), rgb[..., ::-1]):
            raise OSError(f"can't write {folder / name.format(n)}")
    return folder


def numbers_of(frames: Iterable[tuple[int, np.ndarray]]) -> list[int]:
    """The numbers seen in ``(n, rgb)`` pairs."""
    return [read_number(rgb) for _, rgb in frames]
