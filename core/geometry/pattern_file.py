# SPDX-License-Identifier: GPL-3.0-or-later
"""A shot's sampling pattern as one ``.npz`` file. Reading it needs numpy alone."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

import numpy as np

from ..errors import SecondEyeError
from ..project.atomic import cannot_write, write_bytes
from .levels import Level, Misfit, ShotPattern

SCHEMA = 2
_DAMAGE = (ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)
_REMEDY = "delete it and sample the shot again"


def save(path: Path, pattern: ShotPattern) -> None:
    """Write ``pattern``, atomically; its folder is made. Raises SecondEyeError."""
    arrays: dict[str, np.ndarray] = {
        "schema": np.array(SCHEMA),
        "size": np.array([pattern.width, pattern.height], np.int32),
        "points": pattern.points,
        "counts": np.array([level.count for level in pattern.levels], np.int32),
        "misfits": np.array(
            [[e.rms, e.p99, e.worst] for e in (level.misfit for level in pattern.levels)]
        ),
        "measured": np.array(pattern.measured, np.int32),
        "source": np.array(pattern.source),
    }
    for number, level in enumerate(pattern.levels):
        arrays[f"triangles_{number}"] = level.triangles
        arrays[f"step_{number}"] = level.step
        arrays[f"fill_{number}"] = level.fill
        arrays[f"radius_{number}"] = level.radius
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)  # type: ignore[arg-type]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error
    write_bytes(path, stream.getvalue())


def load(path: Path) -> ShotPattern:
    """Read what `save` wrote.

    Raises SecondEyeError where the file is missing, damaged, or of a newer schema.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            schema = int(file["schema"])
            if schema > SCHEMA:
                raise SecondEyeError(
                    f"{path} was made by a newer version of Second Eye (schema {schema}, this one "
                    f"reads {SCHEMA}): update Second Eye."
                )
            pattern = _pattern(file)
    except FileNotFoundError as error:
        raise SecondEyeError(f"{path} is missing: sample the shot again.") from error
    except OSError as error:
        raise SecondEyeError(f"{path} can't be read ({error.strerror or error}).") from error
    except _DAMAGE as error:
        raise SecondEyeError(f"{path} is damaged: {_REMEDY}.") from error
    if not _sound(pattern):
        raise SecondEyeError(f"{path} is damaged: {_REMEDY}.")
    return pattern


def _pattern(file: np.lib.npyio.NpzFile) -> ShotPattern:
    width, height = (int(value) for value in file["size"])
    levels = tuple(
        Level(
            int(count),
            file[f"triangles_{number}"].astype(np.int32, copy=False),
            file[f"step_{number}"],
            Misfit(*(float(value) for value in misfit)),
            file[f"fill_{number}"].astype(np.float32, copy=False),
            file[f"radius_{number}"].astype(np.float32, copy=False),
        )
        for number, (count, misfit) in enumerate(zip(file["counts"], file["misfits"], strict=True))
    )
    measured = tuple(int(frame) for frame in file["measured"])
    points = file["points"].astype(np.float32, copy=False)
    return ShotPattern(width, height, points, levels, str(file["source"]), measured)


def _sound(pattern: ShotPattern) -> bool:
    """Whether no index points outside: Blender would end, not complain."""
    points = pattern.points
    if points.ndim != 2 or points.shape[1:] != (2,) or not pattern.levels:
        return False
    for level in pattern.levels:
        t = level.triangles
        if t.ndim != 2 or t.shape[1] != 3 or level.step.shape != t.shape[:1] or not len(t):
            return False
        if not 0 < level.count <= len(points) or t.min() < 0 or t.max() >= level.count:
            return False
        fill, radius = level.fill, level.radius
        if fill.shape[1:] != (2,) or radius.shape != (level.count + len(fill),):
            return False
        if not (np.isfinite(fill).all() and np.isfinite(radius).all()):
            return False
    return bool(np.isfinite(points).all())
