# SPDX-License-Identifier: GPL-3.0-or-later
"""A timeline marker at the start of every shot, in step with the cuts.

Markers carry no properties of their own in Blender 5, so the collection notes which ones are ours:
by a shot's name, the marker's name and the scene frame where it was put. All others are the
artist's, and so is one of ours that was renamed.
"""

from __future__ import annotations

import json
from typing import Any

import bpy

from . import compat
from .shot import relief_modifier

MARKERS = "second_eye_markers"


def refresh_markers(
    scene: bpy.types.Scene,
    collection: bpy.types.Collection,
    reliefs: list[bpy.types.Object],
    *,
    anew: bool = False,
) -> None:
    """Put the markers of ``reliefs`` where their shots begin, and take those of lost shots away.

    A marker that the artist moved or removed stays as it is until its cut moves (``anew``: all are
    put right, and made where they are lacking).
    """
    noted = _noted(collection)
    wanted = {str(r["second_eye_shot"]): _begins(r) for r in reliefs}
    for shot in [name for name in noted if name not in wanted]:
        name, frame = noted.pop(shot)
        marker = _find(scene, name, frame)
        if marker is not None:
            scene.timeline_markers.remove(marker)
    for shot, frame in wanted.items():
        name, before = noted.get(shot, ("", None))
        marker = _find(scene, name, before) if name else None
        if marker is None and name and not anew:
            continue
        if marker is None:
            name = _free_name(scene, shot)
            marker = scene.timeline_markers.new(name, frame=frame)
        elif anew or before != frame:
            marker.frame = frame
        noted[shot] = (name, frame)
    collection[MARKERS] = json.dumps(noted)


def shot_markers(
    scene: bpy.types.Scene, collection: bpy.types.Collection
) -> dict[str, tuple[int, bpy.types.TimelineMarker]]:
    """By the names of shots: the scene frame where the marker was put, and the marker. Shots whose
    marker was removed or renamed are left out."""
    found = {}
    for shot, (name, frame) in _noted(collection).items():
        marker = _find(scene, name, frame)
        if marker is not None:
            found[shot] = (frame, marker)
    return found


def _begins(relief: bpy.types.Object) -> int:
    modifier = relief_modifier(relief)
    return int(compat.get_input(modifier, "First")) - int(compat.get_input(modifier, "Offset"))


def _noted(collection: bpy.types.Collection) -> dict[str, tuple[str, int]]:
    try:
        noted: Any = json.loads(str(collection.get(MARKERS, "{}")))
        return {str(shot): (str(name), int(frame)) for shot, (name, frame) in noted.items()}
    except (ValueError, TypeError, AttributeError):  # somebody wrote there: begin anew
        return {}


def _find(scene: bpy.types.Scene, name: str, frame: int) -> bpy.types.TimelineMarker | None:
    """The marker of that name; of several, the one that stands nearest to where it was put."""
    named = [marker for marker in scene.timeline_markers if marker.name == name]
    return min(named, key=lambda marker: abs(marker.frame - frame), default=None)


def _free_name(scene: bpy.types.Scene, shot: str) -> str:
    """The shot's name; with a number where the artist has a marker of that name."""
    taken = {marker.name for marker in scene.timeline_markers}
    name, number = shot or "Shot", 2
    while name in taken:
        name, number = f"{shot or 'Shot'} ({number})", number + 1
    return name
