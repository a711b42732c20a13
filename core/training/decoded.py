# SPDX-License-Identifier: GPL-3.0-or-later
"""Decoded frames of one scene in one file, mapped into memory rather than read.

The system keeps what is used of them in its page cache, once for all runs that go on at the same
time, and may drop it again: thousands of frames cost a process nothing of its own.
"""

import json
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from ..errors import SecondEyeError

_HEADER = 4096  # bytes: one page, JSON padded with blanks


class Decoded(NamedTuple):
    """rgb N x H x W x 3 uint8, depth N x H x W uint16, labels N x H x W uint8 (class indices),
    unit N float64: ``depth * unit`` is inverse depth in 1/m."""

    rgb: np.ndarray
    depth: np.ndarray
    labels: np.ndarray
    unit: np.ndarray


def quantise(inverse_depth: np.ndarray) -> tuple[np.ndarray, float]:
    """Inverse depth (H, W) in 1/m as uint16 and the unit of its values; only the sky is 0."""
    inverse = np.maximum(inverse_depth, 0).astype(np.float64)
    unit = max(float(inverse.max()), 1e-6) / 65535
    depth = np.maximum(np.round(inverse / unit), inverse > 0)
    return depth.astype(np.uint16), unit


def write_decoded(path: Path, scene: Decoded) -> None:
    """Write ``path`` atomically."""
    shape = list(scene.depth.shape)
    header = json.dumps({"shape": shape, "unit": [float(u) for u in scene.unit]}).encode()
    if len(header) > _HEADER:
        raise ValueError(f"{shape[0]} frames are too many for one decoded scene")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    with open(temporary, "wb") as file:
        file.write(header.ljust(_HEADER))
        for array in (scene.depth, scene.rgb, scene.labels):
            file.write(np.ascontiguousarray(array).data)
    os.replace(temporary, path)


def map_decoded(path: Path) -> Decoded:
    """What `write_decoded` wrote; the arrays are read from disk when they are looked at."""
    try:
        size = path.stat().st_size
        with open(path, "rb") as file:
            header = json.loads(file.read(_HEADER))
        n, h, w = header["shape"]
        if size != _HEADER + n * h * w * 6:
            raise ValueError
    except (OSError, ValueError, KeyError) as error:
        raise SecondEyeError(
            f"{path} is damaged: delete it, and its scene is decoded again."
        ) from error
    # torch's map, unlike Python's, keeps no file open: a thousand scenes fit any limit.
    bytes_ = torch.from_file(str(path), shared=False, size=size, dtype=torch.uint8).numpy()[
        _HEADER:
    ]
    pixels = n * h * w
    return Decoded(
        bytes_[2 * pixels : 5 * pixels].reshape(n, h, w, 3),
        bytes_[: 2 * pixels].view(np.uint16).reshape(n, h, w),
        bytes_[5 * pixels :].reshape(n, h, w),
        np.array(header["unit"]),
    )
