# SPDX-License-Identifier: GPL-3.0-or-later
"""Small tables of each frame's depth, kept in ``statistics.npz``: what a stereo rig makes of a
frame can then be told without a look at its pictures.

They are of V as it is stored. Its meaning (scale, shift, range, near, far, curve) only stretches it
and keeps its order: none of these makes a table stale, another depth file does. A frame that depth
edits reach has a table of the *edited* normalised inverse depth, which hangs on all of them."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import zipfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from . import atomic, edits
from .files import FrameFiles
from .manifest import EditRecord, Manifest

NAME = "statistics.npz"
LEVELS = np.array([0, 0.1, 0.2, 0.5, *range(1, 100), 99.5, 99.8, 99.9, 100], np.float32)
"""Percentages of a frame's pixels; a table holds the value that so many lie at or below."""
BANDS = 32
"""Parts, from the top, of the picture's left and right border."""
BORDER = 0.01
"""Picture widths: how wide a border is."""
_ROWS, _COLUMNS = 120, 192  # samples of a picture: one in a thousand is twenty of them
_KEYS = ("frames", "stamps", "levels", "left", "right")


@dataclass(frozen=True)
class FrameTable:
    """Of one frame, float32: ``levels`` (len(LEVELS),) ascending; ``left``, ``right`` (BANDS,): the
    nearest value of each band's middle row. ``stamp``: what they were made of; ``edited``: of
    normalised inverse depth after curve and edits, not of V as stored."""

    stamp: str
    levels: np.ndarray
    left: np.ndarray
    right: np.ndarray

    @property
    def edited(self) -> bool:
        return self.stamp.startswith("edited")


Tables = dict[int, FrameTable]


def tabulate(values: np.ndarray, stamp: str = "") -> FrameTable:
    """The table of a picture (h, w) of values that are larger where things are nearer."""
    height, width = values.shape
    rows, columns = (
        np.unique(np.linspace(0, side - 1, min(most, side)).round().astype(int))
        for side, most in ((height, _ROWS), (width, _COLUMNS))
    )
    sampled = values[np.ix_(rows, columns)].astype(np.float32).ravel()
    levels = np.percentile(sampled, LEVELS).astype(np.float32)
    strip = max(1, round(BORDER * width))
    edges = (np.arange(BANDS + 1) * height) // BANDS
    sides = []
    for nearest in (values[:, :strip].max(1), values[:, -strip:].max(1)):
        bands = [
            np.median(nearest[a : max(b, a + 1)].astype(np.float32))
            for a, b in itertools.pairwise(edges)
        ]
        sides.append(np.array(bands, np.float32))
    return FrameTable(stamp, levels, *sides)


def stamp_of(files: FrameFiles, frame: int) -> str:
    """What the table of ``frame`` has to be made of to be current; "" where it has no depth."""
    stored = stored_stamp(files, frame)
    if not stored or not is_edited(files.manifest, frame):
        return stored
    return f"edited-{stored}-{_edits_digest(files, frame)}"


def stored_stamp(files: FrameFiles, frame: int) -> str:
    """The same of a table of the depth as it is stored, whatever edits there are."""
    try:
        told = files.depth_path(frame).stat()
    except OSError:
        return ""
    return f"stored-{told.st_size}-{told.st_mtime_ns}"


def is_edited(manifest: Manifest, frame: int) -> bool:
    """Whether a depth edit reaches the frame."""
    return any(
        e.first <= frame <= e.last and e.strength[min(frame - e.first, len(e.strength) - 1)] != 0
        for e in manifest.edits
    )


def current(files: FrameFiles, tables: Tables, frame: int) -> FrameTable | None:
    """The frame's table where it is of the depth that stands there now, else None."""
    found = tables.get(frame)
    return found if found is not None and found.stamp == stamp_of(files, frame) else None


def missing(files: FrameFiles, tables: Tables, frames: Iterable[int]) -> list[int]:
    """Those of ``frames`` that have no current table."""
    return [n for n in frames if current(files, tables, n) is None]


def read(folder: Path) -> Tables:
    """What is kept; nothing where there is no such file, or a damaged one: it is made again."""
    try:
        with np.load(folder / NAME, allow_pickle=False) as stored:
            frames, stamps, levels, left, right = (stored[key] for key in _KEYS)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}
    count = len(frames)
    shapes = ((count, len(LEVELS)), (count, BANDS), (count, BANDS))
    fits = all(a.shape == s for a, s in zip((levels, left, right), shapes, strict=True))
    if not fits or len(stamps) != count or not np.isfinite(levels).all():
        return {}
    return {
        int(n): FrameTable(str(stamps[i]), levels[i], left[i], right[i])
        for i, n in enumerate(frames)
    }


def write(folder: Path, tables: Tables) -> None:
    """Keep ``tables``; whole or not at all. Raises SecondEyeError where it can't be written."""
    frames = sorted(tables)
    arrays = {
        "frames": np.array(frames, np.int64),
        "stamps": np.array([tables[n].stamp for n in frames], np.str_),
        **{
            key: np.array([getattr(tables[n], key) for n in frames], np.float32)
            for key in _KEYS[2:]
        },
    }
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    atomic.write_bytes(folder / NAME, stream.getvalue(), durable=False)


def _edits_digest(files: FrameFiles, frame: int) -> str:
    """Of all numbers and mask pictures that the frame's edited depth hangs on."""
    manifest = files.manifest
    i = frame - manifest.first
    shot = next(s for s in manifest.shots if s.first <= frame <= s.last)
    reaching = [e for e in manifest.edits if e.first <= frame <= e.last]
    ranges = manifest.ranges
    keyed = () if ranges is None else (ranges.near, ranges.far, ranges.strength)
    curve = () if ranges is None else (ranges.bias, ranges.contrast)
    said = [
        [manifest.depth.scale[i], manifest.depth.shift[i], shot.low, shot.high],
        [shot.near, shot.far, shot.strength, shot.bias, shot.contrast],
        [values[i] for values in (*keyed, *curve)],
        manifest.lens.focal_over_width,
        [asdict(e) for e in reaching],
        [_mask_stamp(files.folder, e, frame) for e in reaching],
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def _mask_stamp(folder: Path, edit: EditRecord, frame: int) -> list[int] | None:
    if edit.source not in ("mask", "image"):
        return None
    still = edit.source == "image"
    path = edits.still_path(folder, edit.folder)
    try:
        told = (path if still else edits.mask_path(folder, edit.folder, frame)).stat()
    except OSError:
        return None
    return [told.st_size, told.st_mtime_ns]
