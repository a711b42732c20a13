# SPDX-License-Identifier: GPL-3.0-or-later
"""Single-channel arrays in EXR files: half floats out, anything in."""

from pathlib import Path

import numpy as np
import OpenEXR

from ..errors import SecondEyeError


def write_half_exr(path: Path, channels: dict[str, np.ndarray]) -> None:
    """Write single-channel arrays (H x W) as half floats, ZIP compressed."""
    halves = {name: np.ascontiguousarray(data, np.float16) for name, data in channels.items()}
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    try:
        OpenEXR.File(header, halves).write(str(path))
    except (RuntimeError, OSError) as error:
        raise SecondEyeError(f"{path} can't be written: check the space left there.") from error


def read_exr(path: Path) -> dict[str, np.ndarray]:
    """Read every channel of an EXR file as float32 (H x W)."""
    try:
        with OpenEXR.File(str(path), separate_channels=True) as file:
            return {name: c.pixels.astype(np.float32) for name, c in file.channels().items()}
    except (RuntimeError, OSError) as error:
        raise SecondEyeError(
            f"{path} is missing or damaged: delete its scene folder and render it again."
        ) from error
