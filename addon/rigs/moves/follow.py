# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves after a rebuild, moved cuts, another lens or a camera solve: the list follows the shots."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import bpy
import numpy as np

from ...stage.locks import locked
from . import channels
from .record import edited, entry_of
from .spans import MovedShot, moved_shots
from .write import chain_of, channels_of, quietly, write

_SETTINGS = (
    "kind", "strength", "length", "delay", "easing", "aimed", "pivot", "crop", "toward", "path",
    "seed", "auto",
)  # fmt: skip


def follow(scene: bpy.types.Scene, drift: float, refitted: Collection[int] | None = None) -> None:
    """Bring the scene's moves to its shots and write them; those of shots that are as before are
    left alone, but for ``refitted`` (first timeline frames; default all): their rig is another.

    A shot with the frames of before keeps its moves, another one takes those of the shot that
    showed its first frame; keys that an artist edited in any part of it stay. ``drift``: how far
    Build Scene lets the camera glide, in interoculars: the moves that it made follow it, and shots
    that are new get one.
    """
    settings = scene.second_eye_moves
    chain = chain_of(scene)
    shots = moved_shots(scene, chain.camera)
    if not shots:
        return
    animated = channels_of(chain, shots)
    _follow_time(settings, animated, shots[0].begin - shots[0].first)
    known = [(entry.first, entry.last) for entry in settings.shots]
    if not known:
        _adopt(scene, shots, animated["x"])
        known = [(shot.first, shot.last) for shot in shots if len(settings.items)]
    if set(known) != {(shot.first, shot.last) for shot in shots}:
        _follow_cuts(scene, shots, animated, known)
    firsts = {shot.first for shot in shots}
    only = firsts if refitted is None else firsts & set(refitted)
    only |= {shot.first for shot in shots if (shot.first, shot.last) not in known}
    only -= {s.first for s in shots if locked(s.relief) and (s.first, s.last) in known}
    _glide(scene, [shot for shot in shots if shot.first in only], known, drift)
    settings.drift = drift
    write(scene, only)


def _follow_time(settings: Any, animated: dict[str, channels.Channel], offset: int) -> None:
    """The clip begins at another scene frame than before: the keys go with it."""
    if len(settings.shots) and settings.offset != offset:
        for channel in animated.values():
            channels.shift(channel, offset - settings.offset)
    settings.offset = offset


def _follow_cuts(
    scene: bpy.types.Scene,
    shots: list[MovedShot],
    animated: dict[str, channels.Channel],
    known: list[tuple[int, int]],
) -> None:
    settings = scene.second_eye_moves
    offset = settings.offset
    own: dict[tuple[int, int], set[str]] = {}
    for first, last in known:
        entry = next(e for e in settings.shots if (e.first, e.last) == (first, last))
        written = json.loads(entry.written or "{}")
        own[first, last] = {
            name
            for name, channel in animated.items()
            if not _as_written(channel, written, first + offset, last + offset)
        }
    before = [(_copied(item), item.first) for item in settings.items]
    kept = {(e.first, e.last): e.written for e in settings.shots}
    settings.items.clear()
    settings.shots.clear()
    with quietly():
        for shot in shots:
            source = _source(shot, known)
            entry = entry_of(scene, shot)
            if source is None:
                continue
            for values, first in before:
                if first == source[0]:
                    item = settings.items.add()
                    for name, value in values.items():
                        setattr(item, name, value)
                    item.first = shot.first
            if source == (shot.first, shot.last):
                entry.written = kept[source]
                continue
            overlapping = [s for s in known if s[0] <= shot.last and s[1] >= shot.first]
            names = set().union(*(own[s] for s in overlapping))
            if locked(shot.relief):  # as its own keys were, however its frames have changed
                names = set(animated)
            told: dict[str, Any] = dict.fromkeys(names)
            for name, channel in animated.items():
                if name not in names:  # ours: whatever stands there now may be written over
                    told[name] = channels.stored(channel, *shot.scene_span)
            entry.written = json.dumps({n: v for n, v in told.items() if v is None or v})
    settings.active = min(settings.active, max(0, len(settings.items) - 1))


def _adopt(scene: bpy.types.Scene, shots: list[MovedShot], x: channels.Channel) -> None:
    """Take over the drift of scenes that were built before there were moves, where it is as it was
    written: keys that swing evenly from side to side, and a last one that holds."""
    for shot in shots:
        rows = np.array(channels.stored(x, *shot.scene_span)).reshape(-1, 7)
        if len(rows) < 2 or rows[0, 0] > 0.01 or rows[-1, 6] != 0.0:
            continue
        values = rows[:, 1]
        sides = np.where(np.arange(len(values)) % 2 == 0, -1.0, 1.0) * abs(values[0])
        if not np.allclose(values, sides, rtol=1e-4, atol=1e-7):
            continue
        with quietly():
            item = scene.second_eye_moves.items.add()
            item.first, item.kind, item.name, item.auto = shot.first, "drift", "Drift", True
            item.strength = 100.0 * abs(float(values[0])) / shot.convergence
        told = {"x": channels.stored(x, *shot.scene_span)}
        entry_of(scene, shot).written = json.dumps(told)


def _as_written(channel: channels.Channel, written: dict[str, Any], begin: int, end: int) -> bool:
    there = channels.stored(channel, begin, end)
    told = written.get(channel.name, [])
    return told is not None and channels.same(told, there)


def _copied(item: Any) -> dict[str, Any]:
    values = {name: getattr(item, name) for name in (*_SETTINGS, "name")}
    values["toward"] = tuple(values["toward"])
    return values


def _source(shot: MovedShot, known: list[tuple[int, int]]) -> tuple[int, int] | None:
    """The shot of before that this one goes on with; None where none of its frames was there."""
    for first, last in known:
        if first <= shot.first <= last:
            return first, last
    return next((s for s in known if s[0] <= shot.last and s[1] >= shot.first), None)


def _glide(
    scene: bpy.types.Scene, shots: list[MovedShot], known: list[tuple[int, int]], drift: float
) -> None:
    """The drift that Build Scene makes: a move of each shot, until the artist changes it."""
    settings = scene.second_eye_moves
    another = drift != settings.drift
    with quietly():
        for shot in shots:
            strength = 100.0 * drift * shot.interocular / shot.convergence
            ours = [i for i in settings.items if i.first == shot.first]
            made = next((i for i in ours if i.auto), None)
            fresh = _source(shot, known) is None
            wanted = made is None and not ours and drift > 0.0 and (fresh or another)
            if wanted and not edited(scene, shot, channels_of(chain_of(scene), shots)):
                made = settings.items.add()
                made.first, made.kind, made.name, made.auto = shot.first, "drift", "Drift", True
            if made is None:
                continue
            if drift > 0.0:
                made.strength = strength
            else:
                settings.items.remove(list(settings.items).index(made))
