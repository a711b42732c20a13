# SPDX-License-Identifier: GPL-3.0-or-later
"""Decoded pictures to upright RGB with square pixels: matrix, range, aspect, rotation."""

from __future__ import annotations

import struct
from fractions import Fraction
from functools import cache
from typing import cast

import av
import numpy as np
from av.sidedata.sidedata import SideData
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

# Accurate and the same on every machine, and chroma interpolated rather than doubled. Bilinear
# does for 8-bit chroma; from deep 4:2:0 to rgb48 it gives wrong colours in FFmpeg 8.1.
_EXACT = (
    Interpolation.ACCURATE_RND
    | Interpolation.BITEXACT
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
)
SCALER = Interpolation.BILINEAR | _EXACT
RESIZER = Interpolation.BICUBIC | _EXACT
_DEEP_WHITE = 65283  # of deep limited YUV in the scaler's rgb48
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


def source_range(color_range: int, pixel_format: av.VideoFormat) -> ColorRange:
    """Full range where tagged, and for RGB and yuvj; untagged YUV is limited, grey is full."""
    if pixel_format.is_rgb or pixel_format.has_palette or pixel_format.name.startswith("yuvj"):
        return ColorRange.JPEG
    if color_range in (ColorRange.MPEG, ColorRange.JPEG):
        return ColorRange(color_range)
    return ColorRange.JPEG if _is_grey(pixel_format) else ColorRange.MPEG


def _is_grey(pixel_format: av.VideoFormat) -> bool:
    return pixel_format.name.startswith(("gray", "ya8", "ya16", "mono"))


def scaler_levels(pixel_format: av.VideoFormat, limited: bool) -> tuple[int, int]:
    """What the scaler makes of black and white in rgb48: not always 0 and 65535 (measured).

    It leaves limited grey as it is, and gives deep YUV a white a little short of 65535.
    """
    bits = bits_per_channel(pixel_format)
    if _is_grey(pixel_format) and limited:
        return 16 << 8, 235 << 8
    if pixel_format.is_rgb or pixel_format.has_palette or bits <= 8:
        return 0, 65535
    return (0, _DEEP_WHITE) if limited else (0, ((1 << bits) - 1) << (16 - bits))


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
        side_data = cast(SideData | None, frame.side_data.get("DISPLAYMATRIX"))
    except ValueError:  # a kind of side data that PyAV has no name for, as in spatial video
        return _ROTATED[round(frame.rotation / 90) % 4], frame.rotation % 90 == 0
    if side_data is None:
        return (1, 0, 0, 1), True
    a, b, _, c, d = struct.unpack_from("=5i", bytes(side_data))
    exact = (a == d == 0) or (b == c == 0)
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return (-1 if a < 0 else 1, 0, 0, -1 if d < 0 else 1), exact
    return (0, -1 if b < 0 else 1, -1 if c < 0 else 1, 0), exact


def stretch_table(black: int, white: int, top: int) -> np.ndarray | None:
    """Table that brings ``black`` to 0 and ``white`` to ``top`` (255 or 65535); None: as is."""
    if (black, white) == (0, top):
        return None
    values = (np.arange(top + 1, dtype=np.float64) - black) * (top / (white - black))
    return np.clip(np.rint(values), 0, top).astype(np.uint8 if top == 255 else np.uint16)


def coded_levels(rgb: np.ndarray) -> np.ndarray:
    """``rgb`` uint16 so that the scaler's limited 10-bit YUV has white at 940: it brings 65535 to
    943 (measured), the other way round as it reads."""
    return _coded_table()[rgb]


@cache
def _coded_table() -> np.ndarray:
    return np.rint(np.arange(65536) * (_DEEP_WHITE / 65535)).astype(np.uint16)


class ToRGB:
    """Converts the decoded pictures of one clip; holds the scaler's context between them.

    ``size`` is (width, height) with square pixels before rotation, ``signs`` as `upright` takes.
    """

    def __init__(
        self,
        size: tuple[int, int],
        bit_depth: int,
        signs: tuple[int, int, int, int] = (1, 0, 0, 1),
    ) -> None:
        self._size = size
        self._deep = bit_depth > 8
        self._signs = signs
        self._reformatter = VideoReformatter()
        self._tables: dict[tuple[str, bool], np.ndarray | None] = {}

    def __call__(self, frame: av.VideoFrame) -> np.ndarray:
        """(H, W, 3) uint8 or uint16, upright."""
        levels = source_range(frame.color_range, frame.format)
        resized = (frame.width, frame.height) != self._size
        converted = self._reformatter.reformat(
            frame,
            width=self._size[0],
            height=self._size[1],
            format="rgb48le" if self._deep else "rgb24",
            src_colorspace=source_matrix(frame.colorspace, frame.width, frame.height),
            src_color_range=levels,
            dst_color_range=ColorRange.JPEG,
            interpolation=RESIZER if resized or self._deep else SCALER,
            threads=1,
        )
        rgb = converted.to_ndarray()
        table = self._table(frame.format, levels == ColorRange.MPEG)
        return upright(rgb if table is None else table[rgb], self._signs)

    def _table(self, pixel_format: av.VideoFormat, limited: bool) -> np.ndarray | None:
        key = (pixel_format.name, limited)
        if key not in self._tables:
            black, white = scaler_levels(pixel_format, limited)
            top = 65535 if self._deep else 255
            if not self._deep:
                black, white = black >> 8, white >> 8
            self._tables[key] = stretch_table(black, white, top)
        return self._tables[key]
