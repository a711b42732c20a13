# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scene keeps of a shot's keys as they were written, by which an artist's edits show."""

from __future__ import annotations

import json
from typing import Any

import bpy

from . import channels
from .channels import Channel
from .spans import MovedShot


def entry_of(scene: bpy.types.Scene, shot: MovedShot, make: bool = True) -> Any:
    """What the scene keeps of a shot; made where there is nothing yet."""
    kept = scene.second_eye_moves.shots
    for entry in kept:
        if (entry.first, entry.last) == (shot.first, shot.last):
            return entry
    if not make:
        return None
    entry = kept.add()
    entry.first, entry.last = shot.first, shot.last
    return entry


def theirs(entry: Any, channel: Channel, shot: MovedShot) -> bool:
    """Whether the artist has edited the shot's keys of this channel."""
    written = json.loads(entry.written or "{}")
    there = channels.stored(channel, *shot.scene_span)
    if channel.name not in written:
        return bool(there)
    told = written[channel.name]
    return told is None or not channels.same(told, there)


def edited(scene: bpy.types.Scene, shot: MovedShot, animated: dict[str, Channel]) -> list[str]:
    """The channels of the shot whose keys are the artist's own."""
    entry = entry_of(scene, shot, make=False)
    if entry is None:
        found = (n for n, c in animated.items() if channels.stored(c, *shot.scene_span))
        return list(found)
    return [name for name, channel in animated.items() if theirs(entry, channel, shot)]


def note(entry: Any, name: str, numbers: list[float] | None) -> None:
    written = json.loads(entry.written or "{}")
    written[name] = numbers
    entry.written = json.dumps(written)


def forget_place(scene: bpy.types.Scene) -> None:
    """The Move empty was deleted: nothing that was written on it stands any more."""
    for entry in scene.second_eye_moves.shots:
        written = json.loads(entry.written or "{}")
        entry.written = json.dumps({n: v for n, v in written.items() if n == "lens"})
