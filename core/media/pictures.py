# SPDX-License-Identifier: GPL-3.0-or-later
"""Single pictures on disk: read as RGB, written at once or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np

from ..errors import SecondEyeError, UsageError
from .colour import ToRGB, bits_per_channel
from .container import decoded, opened, packets_of
from .linear import read_exr

_BY_FFMPEG = (".dpx", ".tga")


def read_picture(path: str | Path) -> np.ndarray:
    """A picture file as RGB (H, W, 3), uint8 or uint16; grey is repeated, alpha dropped.

    A JPEG's orientation is applied; OpenEXR is encoded for display (see `linear`). Raises
    SecondEyeError naming the file.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".exr":
        return read_exr(path)
    if suffix in _BY_FFMPEG:
        return _read_by_ffmpeg(path)
    try:
        data = np.fromfile(path, dtype=np.uint8)  # imread can't open every name on Windows
    except OSError as error:
        raise SecondEyeError(f"{path} can't be read ({error.strerror}): was it moved?") from error
    picture: np.ndarray | None = None
    if data.size:
        with suppress(cv2.error):  # it raises for some damage and returns None for other
            picture = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    if picture is None:
        raise SecondEyeError(f"{path} is not a picture that can be read: replace or remove it.")
    if picture.dtype not in (np.uint8, np.uint16):
        raise SecondEyeError(
            f"{path} holds {picture.dtype} values: save it as OpenEXR, or as 16-bit PNG or TIFF."
        )
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def _read_by_ffmpeg(path: Path) -> np.ndarray:
    with opened(path, threads=1) as (container, stream):
        frame = next(decoded(packets_of(container, stream), stream), None)
        if frame is None:
            raise SecondEyeError(f"{path} is not a picture that can be read: replace or remove it.")
        to_rgb = ToRGB((frame.width, frame.height), bits_per_channel(frame.format))
        return to_rgb(frame)


def to_bits(rgb: np.ndarray, bits: int) -> np.ndarray:
    """uint8 or uint16 RGB as uint8 (``bits`` up to 8) or full-scale uint16, rounded."""
    if rgb.dtype == np.uint8 and bits > 8:
        return rgb.astype(np.uint16) * np.uint16(257)
    if rgb.dtype == np.uint16 and bits <= 8:
        return ((rgb.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    return rgb


def write_image(path: str | Path, rgb: np.ndarray) -> None:
    """Write RGB (H, W, 3) as .jpg (quality 95, chroma 4:4:4) or .png (uint16 stays 16-bit).

    JPEG has 8 bits: uint16 is rounded to them. The file appears whole or not at all.
    Raises UsageError for another extension, SecondEyeError when it can't be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"write_image wants (H, W, 3) uint8 or uint16, not {rgb.dtype}{rgb.shape}")
    if suffix in (".jpg", ".jpeg"):
        rgb = to_bits(rgb, 8)
        options = [
            cv2.IMWRITE_JPEG_QUALITY, 95,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
        ]  # fmt: skip
    elif suffix == ".png":
        options = []
    else:
        raise UsageError(f"{path} is no picture name that can be written: use .jpg or .png.")
    done, data = cv2.imencode(suffix, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise SecondEyeError(f"{path} can't be encoded at {rgb.shape[1]}x{rgb.shape[0]} pixels.")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(data.tobytes())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise SecondEyeError(
            f"{path} can't be written ({error.strerror}): free some space or choose another folder."
        ) from error
