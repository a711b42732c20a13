# SPDX-License-Identifier: GPL-3.0-or-later
"""The depth of the frames that the overlay tints, few cells each, read outside of drawing."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

from ...core.errors import SecondEyeError
from ...core.project.files import FrameFiles
from ...core.stereo.marks import coarse
from ..operators import where
from ..stage.depth_pixels import stored
from .warming import redraw

_KEPT = 64
_cells: dict[tuple[str, int, int], np.ndarray | None] = {}
"""Inverse depth as stored by project, frame and the file's time; None where it can't be read."""
_wanted: list[tuple[str, int, int]] = []


def cells(folder: Path, depth: Path, frame: int) -> np.ndarray | None:
    """Float32 (rows, columns) of ``frame``, whose file is ``depth``; None until it is read, which a
    timer does right after: a picture can't be loaded while a view is drawn. While frames are played
    those not read yet stay so."""
    try:
        key = (str(folder), frame, depth.stat().st_mtime_ns)
    except OSError:
        return None
    if key in _cells:
        return _cells[key]
    screen = bpy.context.screen
    if screen is not None and screen.is_animation_playing:
        return None  # reading would hold up the playback
    if key not in _wanted:
        _wanted[:] = [key]  # the playhead has moved on from any other
        if not bpy.app.timers.is_registered(_read):
            bpy.app.timers.register(_read, first_interval=0.0)
    return None


def forget() -> None:
    """Drop everything, and the timer."""
    _cells.clear()
    _wanted.clear()
    if bpy.app.timers.is_registered(_read):
        bpy.app.timers.unregister(_read)


def _read() -> None:
    while _wanted:
        key = _wanted.pop()
        try:
            found = _of(Path(key[0]), key[1])
        except SecondEyeError:
            found = None
        while len(_cells) >= _KEPT:
            _cells.pop(next(iter(_cells)))
        _cells[key] = found
    redraw()


def _of(folder: Path, frame: int) -> np.ndarray | None:
    manifest = where.manifest(folder)
    if manifest is None:
        return None
    return coarse(stored(FrameFiles(folder, manifest), frame)).copy()
