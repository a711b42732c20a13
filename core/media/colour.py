# SPDX-License-Identifier: GPL-3.0-or-later
"""Decoded pictures to upright RGB with square pixels: matrix, range, aspect, rotation."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

# Accurate and the same on every machine, and chroma interpolated rather than doubled.
SCALER = (
    Interpolation.BICUBIC
    | Interpolation.ACCURATE_RND
    | Interpolation.BITEXACT
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
)
# Values of the H.273 table (matrix coefficients) that the scaler knows under its own names.
_MATRIX = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}


# Display matrix signs (a, b, c, d) by quarter turns anticlockwise.
_ROTATED = ((1, 0, 0, 1), (0, -1, 1, 0), (-1, 0, 0, -1), (0, 1, -1, 0))


def source_matrix(matrix: int, width: int, height: int) -> Colorspace:
    """Scaler's name of an H.273 matrix; an unspecified one goes by size, as players do."""
    if matrix in _MATRIX:
        return _MATRIX[matrix]
    return Colorspace.ITU709 if width >= 1280 or height > 576 else Colorspace.ITU601


def source_range(color_range: int, pixel_format: str) -> ColorRange:
    """Full range where tagged or where the format says so (yuvj420p); else limited."""
    if color_range == ColorRange.JPEG or pixel_format.startswith("yuvj"):
        return ColorRange.JPEG
    return ColorRange.MPEG


def bits_per_channel(pixel_format: av.VideoFormat) -> int:
    """Bits of the widest channel, alpha aside (16 for floating point)."""
    if pixel_format.name.endswith(("f32le", "f32be", "f16le", "f16be")):
        return 16
    return max((c.bits for c in pixel_format.components if not c.is_alpha), default=8)


def square_size(width: int, height: int, aspect: Fraction) -> tuple[int, int]:
    """Size with square pixels: the side that is short of samples grows, nothing shrinks."""
    if aspect >= 1:
        return max(1, round(width * aspect)), height
    return width, max(1, round(height / aspect))


def upright(rgb: np.ndarray, matrix: tuple[int, int, int, int]) -> np.ndarray:
    """Apply a display matrix's signs (a, b, c, d): x' = a x + c y, y' = b x + d y, y down."""
    a, b, c, d = matrix
    if b or c:
        rgb = rgb.transpose(1, 0, 2)
        a, d = c, b
    if a < 0:
        rgb = rgb[:, ::-1]
    if d < 0:
        rgb = rgb[::-1]
    return np.ascontiguousarray(rgb)


def display_signs(frame: av.VideoFrame) -> tuple[tuple[int, int, int, int], bool]:
    """Signs (a, b, c, d) of the frame's display matrix, and whether it was a right angle."""
    try:
        side_data = frame.side_data.get("DISPLAYMATRIX")
    except ValueError:  # a kind of side data that PyAV has no name for, as in spatial video
        return _ROTATED[round(frame.rotation / 90) % 4], frame.rotation % 90 == 0
    if side_data is None:
        return (1, 0, 0, 1), True
    a, b, _, c, d = (int(v) for v in np.frombuffer(bytes(side_data), dtype=np.int32)[:5])
    exact = (a == d == 0) or (b == c == 0)
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return (-1 if a < 0 else 1, 0, 0, -1 if d < 0 else 1), exact
    return (0, -1 if b < 0 else 1, -1 if c < 0 else 1, 0), exact


class ToRGB:
    """Converts the decoded pictures of one clip; holds the scaler's context between them.

    ``size`` is (width, height) with square pixels before rotation, ``signs`` as `upright` takes.
    """

    def __init__(
        self, size: tuple[int, int], bit_depth: int, signs: tuple[int, int, int, int]
    ) -> None:
        self._size = size
        self._format = "rgb48le" if bit_depth > 8 else "rgb24"
        self._signs = signs
        self._reformatter = VideoReformatter()

    def __call__(self, frame: av.VideoFrame) -> np.ndarray:
        """(H, W, 3) uint8 or uint16, upright."""
        converted = self._reformatter.reformat(
            frame,
            width=self._size[0],
            height=self._size[1],
            format=self._format,
            src_colorspace=source_matrix(frame.colorspace, frame.width, frame.height),
            src_color_range=source_range(frame.color_range, frame.format.name),
            dst_color_range=ColorRange.JPEG,
            interpolation=SCALER,
            threads=1,
        )
        return upright(converted.to_ndarray(), self._signs)
