# SPDX-License-Identifier: GPL-3.0-or-later
"""A built scene follows its project: depth that was repaired again, cuts that were moved."""

from __future__ import annotations

import bpy

from ...core.errors import SecondEyeError
from ...core.project import Project, Shot
from ..steps import Steps, at_once
from . import compat
from .behind import refresh_behind_steps
from .build import (
    COLUMNS,
    SAMPLING,
    find_collection,
    load_sources,
    reliefs,
    remove_relief,
    shot_planes,
)
from .carry import mark
from .edits import follow
from .group_inputs import POINTS
from .locks import locked
from .markers import refresh_markers
from .relief_group import relief_group, relief_group_steps
from .sampling import GRID
from .shadow_catcher import refresh_catcher
from .shot import fit, object_name, relief_modifier
from .surround import refresh_surround


def update_scene(project: Project, scene: bpy.types.Scene) -> list[Shot]:
    """See `update_steps`."""
    return at_once(update_steps(project, scene))


def update_steps(project: Project, scene: bpy.types.Scene) -> Steps[list[Shot]]:
    """Bring the reliefs of ``scene`` to the project's shots; returns the shots that are new.

    A shot with the frames of before keeps its object, with all that an artist set there. A new one
    goes on with the object that showed its first frame, or with a copy of it, curves included. A
    shot that lacks a pattern of its depth of today keeps the planes that its object has.
    Raises SecondEyeError where nothing is built or a picture is missing.
    """
    collection = find_collection(scene)
    manifest = project.manifest
    old = reliefs(collection)
    if not old:
        raise SecondEyeError(f'"{collection.name}" holds no relief: press Build Scene again.')
    start = int(collection["second_eye_start"]) + manifest.first
    start -= int(collection["second_eye_first"])
    points = bool(compat.get_input(relief_modifier(old[0]), POINTS))
    how, columns = str(collection.get(SAMPLING, GRID)), int(collection.get(COLUMNS, 0))
    planes = shot_planes(project, how, columns or None)
    yield
    sources = load_sources(project, planes, start, points)
    yield
    yield from relief_group_steps()
    spans = {relief: span(relief) for relief in old}
    for relief in filter(locked, old):
        mark(relief)
    ours = {relief: f"Second Eye {relief['second_eye_shot']}" for relief in old}
    shown: list[tuple[bpy.types.Object, Shot]] = []
    fresh = []
    moved = _moved(spans, manifest.shots)
    for shot in manifest.shots:
        relief = moved.get(shot.name) or _showing(spans, shot.first)
        same = shot.name in moved or spans[relief][0] == shot.first
        if not same or any(relief == other for other, _ in shown):
            relief = _copy(relief)
            yield
        if spans.get(relief) != (shot.first, shot.last):
            fresh.append(shot)
        modifier = relief_modifier(relief)
        if modifier.node_group != relief_group():
            modifier.node_group = relief_group()
        fit(relief, project, shot, sources)
        follow(relief)
        shown.append((relief, shot))
        yield
    wanted = {relief: object_name(shot, i) for i, (relief, shot) in enumerate(shown, 1)}
    for relief in list(wanted):
        if relief in ours and relief.name != ours[relief]:
            del wanted[relief]  # the artist's own name
    kept = {relief for relief, _ in shown}
    for relief in old:
        if relief not in kept:
            remove_relief(relief)
    for relief in wanted:  # first out of each other's way
        relief.name = f"{wanted[relief]} to be"
    for relief, name in wanted.items():
        relief.name = name
    collection["second_eye_start"], collection["second_eye_first"] = start, manifest.first
    yield
    yield from refresh_behind_steps(project, [relief for relief, _ in shown])
    yield
    refresh_catcher(scene, [relief for relief, _ in shown])
    refresh_markers(scene, collection, [relief for relief, _ in shown])
    refresh_surround(collection, project)
    return fresh


def span(relief: bpy.types.Object) -> tuple[int, int]:
    """The first and last timeline frame that a relief shows."""
    modifier = relief_modifier(relief)
    return int(compat.get_input(modifier, "First")), int(compat.get_input(modifier, "Last"))


def _moved(
    spans: dict[bpy.types.Object, tuple[int, int]], shots: list[Shot]
) -> dict[str, bpy.types.Object]:
    """The reliefs of shots that begin elsewhere than before, by the names of those shots: what
    an artist set goes along with a cut that moved."""
    firsts, begun = {shot.first for shot in shots}, {first for first, _ in spans.values()}
    free = {str(r["second_eye_shot"]): r for r, (first, _) in spans.items() if first not in firsts}
    return {
        shot.name: free[shot.name]
        for shot in shots
        if shot.name in free
        and shot.first not in begun
        and spans[free[shot.name]][0] <= shot.last
        and shot.first <= spans[free[shot.name]][1]
    }


def _showing(spans: dict[bpy.types.Object, tuple[int, int]], frame: int) -> bpy.types.Object:
    """The relief that showed ``frame``; the nearest one of frames that are new."""
    return min(spans, key=lambda r: max(spans[r][0] - frame, frame - spans[r][1], 0))


def _copy(relief: bpy.types.Object) -> bpy.types.Object:
    """The object with its curves; the mesh is shared."""
    copy = relief.copy()
    compat.own_action(copy)
    for collection in relief.users_collection:
        collection.objects.link(copy)
    return copy
