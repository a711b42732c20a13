# SPDX-License-Identifier: GPL-3.0-or-later
"""A project's layers behind the foreground, in ``behind/``; the file number is the timeline frame.

- ``colour/000001.png``: RGBA, the background's colour, A 255 where there is a plate, else 0.
- ``depth/000001.exr``: half floats, channels V, inverse depth as in the project's own ``depth/``
  (0 where there is no plate), S, how surely the plate is right, K, how surely another frame shows
  it (0..1).
- ``front/000001.png``: RGBA, the foreground's own colour and alpha in its soft rim; A is 255
  where a pixel is wholly of its own depth; there the colour is 0 but for the pixels beside the rim.
- ``shot_000001.json``: what the layers of the shot that begins at this frame were made of.

OpenEXR and cv2 are imported where they are used, as in `pictures`.
"""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import SecondEyeError
from . import atomic
from .manifest import Manifest, Shot
from .sampling import source_of

BEHIND = "behind"
COLOUR, DEPTH, FRONT, LATER = "colour", "depth", "front", "later"
_REMEDY = "delete it and run second-eye layers again"


def colour_path(folder: Path, frame: int) -> Path:
    """RGBA PNG of the background's colour."""
    return folder / BEHIND / COLOUR / f"{frame:06d}.png"


def depth_path(folder: Path, frame: int) -> Path:
    """EXR of the background's inverse depth; written last: where it stands, all of a frame does."""
    return folder / BEHIND / DEPTH / f"{frame:06d}.exr"


def front_path(folder: Path, frame: int) -> Path:
    """RGBA PNG of the foreground's soft rim."""
    return folder / BEHIND / FRONT / f"{frame:06d}.png"


def later_path(folder: Path, frame: int) -> Path:
    """What later frames show of a frame's background; only there while layers are made."""
    return folder / BEHIND / LATER / f"{frame:06d}.npz"


def record_path(folder: Path, shot: Shot) -> Path:
    """What the shot's layers were made of."""
    return folder / BEHIND / f"shot_{shot.first:06d}.json"


def make_folders(folder: Path) -> None:
    """Make the folders, and clear away what a killed run left half written."""
    for name in (".", COLOUR, DEPTH, FRONT, LATER):
        path = folder / BEHIND / name
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise atomic.cannot_write(path, error) from error
        atomic.remove_temporaries(path)


def write_record(folder: Path, manifest: Manifest, shot: Shot, made_with: list[object]) -> None:
    """Say what the layers of ``shot`` are made of: its depth, and ``made_with``."""
    told = {"source": source_of(manifest, shot), "made_with": made_with, "last": shot.last}
    data = json.dumps(told, indent=1).encode()
    atomic.write_bytes(record_path(folder, shot), data)


def is_current(
    folder: Path, manifest: Manifest, shot: Shot, made_with: list[object] | None = None
) -> bool:
    """Whether what stands there is made of the depth that stands there now (and ``made_with``)."""
    known = made_with_now(folder, manifest, shot)
    if known is None:
        return False
    return made_with is None or known == json.loads(json.dumps(made_with))


def made_with_now(folder: Path, manifest: Manifest, shot: Shot) -> list[Any] | None:
    """What `write_record` was told; None where the shot has no layers of the depth of now."""
    try:
        told = json.loads(record_path(folder, shot).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(told, dict) or told.get("source") != source_of(manifest, shot):
        return None
    found = told.get("made_with")
    return found if isinstance(found, list) else []


def whole(folder: Path, frame: int) -> bool:
    """Whether the frame's layers stand there, all files of them."""
    return all(path(folder, frame).is_file() for path in (depth_path, colour_path, front_path))


def forget(folder: Path, frames: range) -> None:
    """Remove the layers of ``frames``."""
    for frame in frames:
        for path in (depth_path, colour_path, front_path, later_path):
            with contextlib.suppress(FileNotFoundError):
                path(folder, frame).unlink()


def write(
    folder: Path,
    frame: int,
    plate: np.ndarray,
    channels: dict[str, np.ndarray],
    front: np.ndarray,
) -> None:
    """Write a frame: ``plate`` and ``front`` RGBA uint8 (h, w, 4), ``channels`` V, S and K float16
    (h, w). The EXR is written last. Raises SecondEyeError."""
    import OpenEXR

    _write_png(colour_path(folder, frame), plate)
    _write_png(front_path(folder, frame), front)
    stream = io.BytesIO()
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    pixels = {k: np.ascontiguousarray(v, np.float16) for k, v in channels.items()}
    with OpenEXR.File(header, pixels, 0) as file:
        file.write(stream)
    atomic.write_bytes(depth_path(folder, frame), stream.getvalue(), durable=False)


def read(
    folder: Path, frame: int, height: int, width: int
) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """What `write` wrote: plate, channels as float32, front. Raises SecondEyeError."""
    right = read_depth(folder, frame, height, width)
    plate = _read_png(colour_path(folder, frame), height, width)
    return plate, right, _read_png(front_path(folder, frame), height, width)


def read_depth(folder: Path, frame: int, height: int, width: int) -> dict[str, np.ndarray]:
    """The channels V, S and K alone, float32 (h, w). Raises SecondEyeError."""
    import OpenEXR

    path = depth_path(folder, frame)
    try:
        data = path.read_bytes()
        with OpenEXR.File(io.BytesIO(data), True, False, 0) as file:
            channels = {
                name: np.asarray(c.pixels, np.float32) for name, c in file.channels().items()
            }
    except (OSError, RuntimeError, ValueError, TypeError, MemoryError) as error:
        raise SecondEyeError(f"{path} is missing or damaged: {_REMEDY}.") from error
    right = {
        n: channels[n] for n in "VSK" if n in channels and channels[n].shape == (height, width)
    }
    if len(right) != 3:
        raise SecondEyeError(f"{path} holds no layer of this project's size: {_REMEDY}.")
    return right


def _write_png(path: Path, rgba: np.ndarray) -> None:
    import cv2

    done, data = cv2.imencode(".png", rgba[..., [2, 1, 0, 3]], [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not done:
        raise SecondEyeError(f"{path} could not be encoded: run second-eye layers again.")
    atomic.write_bytes(path, data.tobytes(), durable=False)


def _read_png(path: Path, height: int, width: int) -> np.ndarray:
    import cv2

    try:
        data = path.read_bytes()
    except OSError as error:
        raise SecondEyeError(f"{path} is missing or can't be read: {_REMEDY}.") from error
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if pixels is None or pixels.dtype != np.uint8 or pixels.shape != (height, width, 4):
        raise SecondEyeError(f"{path} is damaged: {_REMEDY}.")
    return np.ascontiguousarray(pixels[..., [2, 1, 0, 3]])
