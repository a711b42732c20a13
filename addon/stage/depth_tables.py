# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of frames' depth, for rigs and comfort: those kept in the project, else made here."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from ...core.errors import SecondEyeError
from ...core.project import Project, Shot, statistics
from ...core.stereo import FrameDepth, frame_depth
from .depth_pixels import stored

_read: dict[str, tuple[int, statistics.Tables]] = {}
"""What the file of a project's folder held at a time; one project, the last."""


def kept_tables(folder: Path) -> statistics.Tables:
    """What the project's file holds, read again only when it has changed: for panels."""
    key = str(folder)
    try:
        stamp = (folder / statistics.NAME).stat().st_mtime_ns
    except OSError:
        return {}
    if key not in _read or _read[key][0] != stamp:
        _read.clear()
        _read[key] = (stamp, statistics.read(folder))
    return _read[key][1]


def depth_tables(project: Project, frames: Iterable[int]) -> statistics.Tables:
    """Of ``frames``, of the depth as stored, without depth edits; read through Blender where the
    project keeps none, and then kept there. Raises SecondEyeError as `stored` does."""
    kept = kept_tables(project.folder)
    found: statistics.Tables = {}
    made: statistics.Tables = {}
    for n in frames:
        table = kept.get(n)
        if table is None or table.stamp != statistics.stored_stamp(project, n):
            stamp = statistics.stored_stamp(project, n)
            table = made[n] = statistics.tabulate(stored(project, n), stamp)
        found[n] = table
    plain = {n: t for n, t in made.items() if not statistics.is_edited(project.manifest, n)}
    if plain:
        with contextlib.suppress(SecondEyeError):  # a folder to read only: they are made again
            statistics.write(project.folder, kept | plain)
    return found


def comfort_tables(project: Project) -> statistics.Tables:
    """Of every frame, with the depth edits that were baked where the engine made them; else of the
    depth as stored. Raises SecondEyeError as `stored` does."""
    kept, frames = kept_tables(project.folder), project.manifest.frames
    found = {n: t for n in frames if (t := statistics.current(project, kept, n)) is not None}
    return found | depth_tables(project, [n for n in frames if n not in found])


def shot_depths(project: Project, shot: Shot) -> list[FrameDepth]:
    """The depth of every frame of ``shot`` with its near, far, strength and curve, for a rig."""
    tables = depth_tables(project, range(shot.first, shot.last + 1))
    shown = (shot.near, shot.far, shot.strength, shot.bias, shot.contrast)
    return [frame_depth(project.manifest, n, table, shown) for n, table in tables.items()]
