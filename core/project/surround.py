# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies around a project's picture on the sphere, in ``surround/``; the file number is the
timeline frame.

- ``000001.exr``: half floats, R, G and B in linear light, the whole sphere (equirectangular,
  the footage camera's axis in the middle), the picture carried on and blurred.
- ``surround.json``: what they were made of.

OpenEXR is imported where it is used, as in `pictures`.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np

from ..errors import SecondEyeError
from . import atomic
from .manifest import Manifest

SURROUND = "surround"
VERSION = 1  # of how they are made: another one makes them stale
COLUMNS = 192
"""Of a file, over 360 degrees; half as many rows."""


def path_of(folder: Path, frame: int) -> Path:
    """The surround of a timeline frame."""
    return folder / SURROUND / f"{frame:06d}.exr"


def record_path(folder: Path) -> Path:
    return folder / SURROUND / "surround.json"


def made_of(manifest: Manifest) -> dict[str, object]:
    """What the files depend on: clip, lens, and the shots, which nothing is mixed across."""
    return {
        "version": VERSION,
        "clip": manifest.clip.fingerprint,
        "size": [manifest.clip.width, manifest.clip.height],
        "lens": manifest.lens.focal_over_width,
        "shots": [[shot.first, shot.last] for shot in manifest.shots],
    }


def is_current(folder: Path, manifest: Manifest) -> bool:
    """Whether what stands there is made of this clip, lens and cuts; frames may be missing."""
    try:
        told = json.loads(record_path(folder).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(told == json.loads(json.dumps(made_of(manifest))))


def missing(folder: Path, manifest: Manifest) -> list[int]:
    """The timeline frames whose surround has to be made."""
    if not is_current(folder, manifest):
        return list(manifest.frames)
    return [n for n in manifest.frames if not path_of(folder, n).is_file()]


def prepare(folder: Path, manifest: Manifest) -> list[int]:
    """Make the folder, throw stale files away, and say what they are made of now; returns the
    frames to be made. Raises SecondEyeError where it can't be written."""
    where = folder / SURROUND
    lacking = missing(folder, manifest)
    try:
        where.mkdir(parents=True, exist_ok=True)
        atomic.remove_temporaries(where)
        if not is_current(folder, manifest):
            for file in where.glob("*.exr"):
                file.unlink()
    except OSError as error:
        raise atomic.cannot_write(where, error) from error
    atomic.write_bytes(record_path(folder), json.dumps(made_of(manifest), indent=1).encode())
    return lacking


def write(folder: Path, frame: int, light: np.ndarray) -> None:
    """Write ``light`` (h, w, 3), linear. Raises SecondEyeError."""
    import OpenEXR

    stream = io.BytesIO()
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    pixels = {name: np.ascontiguousarray(light[..., i], np.float16) for i, name in enumerate("RGB")}
    with OpenEXR.File(header, pixels, 0) as file:
        file.write(stream)
    atomic.write_bytes(path_of(folder, frame), stream.getvalue(), durable=False)


def read(folder: Path, frame: int) -> np.ndarray:
    """What `write` wrote, float32 (h, w, 3). Raises SecondEyeError."""
    import OpenEXR

    path = path_of(folder, frame)
    try:
        with OpenEXR.File(io.BytesIO(path.read_bytes()), True, False, 0) as file:
            channels = {n: np.asarray(c.pixels, np.float32) for n, c in file.channels().items()}
        return np.stack([channels[name] for name in "RGB"], axis=2)
    except (OSError, RuntimeError, ValueError, TypeError, KeyError, MemoryError) as error:
        raise SecondEyeError(
            f"{path} is missing or damaged: delete it and make the surround again."
        ) from error
