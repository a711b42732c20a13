# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth edits, and keys of near, far, strength and curve, as numbers for the fast path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np

from ...core.errors import SecondEyeError
from ...core.geometry.edits import KINDS, SOURCES
from ...core.project import BakedRange, EditRecord, Project, edits
from ..stage import compat, scene_frame
from ..stage.build import find_collection, reliefs
from ..stage.edit_inputs import (
    AMOUNT,
    FEATHER,
    FOLDER,
    KIND,
    LEVEL,
    OBJECT,
    PAINTED,
    PROJECTED,
    SHARE,
    SOURCE,
    TILT_X,
    TILT_Y,
)
from ..stage.edits import edits_of, lacking
from ..stage.group_inputs import RANGE
from ..stage.painted import painted_red
from ..stage.shot import relief_modifier
from ..stage.update import span
from .values import curve_values


def bake_ranges(scene: bpy.types.Scene, project: Project) -> BakedRange | None:
    """One value a frame where a relief keys near, far, strength or curve inside its shot; None
    where none does."""
    lists = range_lists(scene, project)
    first = project.manifest.first
    moving = any(
        len(set(values[shot.first - first : shot.last - first + 1])) > 1
        for shot in project.manifest.shots
        for values in lists.values()
    )
    named: dict[str, Any] = {name.lower(): values for name, values in lists.items()}
    return BakedRange(**named) if moving else None


def range_lists(scene: bpy.types.Scene, project: Project) -> dict[str, list[float]]:
    """Near, far, strength and curve as the reliefs have them, one value a frame of the project; the
    project's own where a shot has no relief, or an old one."""
    lists: dict[str, list[float]] = {name: [] for name in RANGE}
    built = reliefs(find_collection(scene))
    for shot in project.manifest.shots:
        relief = next((r for r in built if span(r)[0] <= shot.first <= span(r)[1]), None)
        for name, values in lists.items():
            found = [float(getattr(shot, name.lower()))] * (shot.last - shot.first + 1)
            if relief is not None and compat.has_input(relief_modifier(relief), name):
                found = _values(scene, relief, relief_modifier(relief), name, shot.first, shot.last)
            values += found
    return lists


def bake_edits(scene: bpy.types.Scene, project: Project) -> list[EditRecord]:
    """The reliefs' edits as records, but for those that do nothing.

    Objects are followed by going through the frames; painted images are written into the project.
    Raises SecondEyeError where one can't be.
    """
    baked = []
    for relief in reliefs(find_collection(scene)):
        for number, modifier in enumerate(edits_of(relief), 1):
            trouble = lacking(modifier)
            source = SOURCES[int(compat.get_input(modifier, SOURCE))]
            lost = source == "mask" and compat.get_input(modifier, "Mask Pictures") is None
            lost = lost or (source in ("sphere", "box") and bool(trouble))
            if not lost:
                baked.append(_record(scene, project, relief, modifier, source, number))
    return baked


def _record(
    scene: bpy.types.Scene,
    project: Project,
    relief: bpy.types.Object,
    modifier: Any,
    source: str,
    number: int,
) -> EditRecord:
    first, last = span(relief)
    folder = ""
    if source == "mask":
        folder = str(compat.get_input(modifier, FOLDER))
        first = max(first, int(compat.get_input(modifier, "First")))
        last = min(last, int(compat.get_input(modifier, "Last")))
        if first > last:  # the mask was rasterised for frames of another shot
            first, last = span(relief)
            folder = ""
    if source == "image":
        folder = f"painted_{first:06d}_{number}"
        _write_painted(project, modifier, folder)

    def values(name: str) -> list[float]:
        return _short(_values(scene, relief, modifier, name, first, last))

    share = _values(scene, relief, modifier, SHARE, first, last)
    shown = _shown(scene, relief, modifier, first, last)
    if source == "mask" and not folder:
        shown, folder = [0.0] * len(shown), "none"
    return EditRecord(
        name=modifier.name,
        source=source,
        kind=KINDS[int(compat.get_input(modifier, KIND))],
        first=first,
        last=last,
        strength=_short([s * float(v) for s, v in zip(share, shown, strict=True)]),
        amount=values(AMOUNT),
        feather=values(FEATHER),
        level=values(LEVEL),
        tilt_x=values(TILT_X),
        tilt_y=values(TILT_Y),
        projected=bool(compat.get_input(modifier, PROJECTED)),
        matrix=_matrices(scene, relief, compat.get_input(modifier, OBJECT), first, last)
        if source in ("sphere", "box")
        else [],
        folder=folder,
    )


def _values(
    scene: bpy.types.Scene,
    relief: bpy.types.Object,
    modifier: Any,
    name: str,
    first: int,
    last: int,
) -> list[float]:
    path, plain = compat.input_path(modifier, name), compat.get_input(modifier, name)
    begin = scene_frame(scene, first)  # once: it looks for the collection
    return curve_values(relief, path, 0, plain, range(begin, begin + last - first + 1))


def _shown(
    scene: bpy.types.Scene, relief: bpy.types.Object, modifier: Any, first: int, last: int
) -> list[float]:
    path = f'modifiers["{bpy.utils.escape_identifier(modifier.name)}"].show_render'
    frames = [scene_frame(scene, n) for n in range(first, last + 1)]
    found = curve_values(relief, path, 0, float(modifier.show_render), frames)
    return [1.0 if value > 0.5 else 0.0 for value in found]


def _short(values: Sequence[Any]) -> list[Any]:
    """One value where all are alike."""
    return [values[0]] if all(value == values[0] for value in values) else list(values)


def _matrices(
    scene: bpy.types.Scene, relief: bpy.types.Object, thing: bpy.types.Object, first: int, last: int
) -> list[list[float]]:
    """From the object's axes to the footage camera's, of each frame.

    In a scene of their own: going through the frames of the artist's would evaluate reliefs and
    all else in each, and hold Blender up for as long.
    """
    own: Any = bpy.data.scenes.new("Second Eye Bake")
    rows = []
    try:
        own.render.fps, own.render.fps_base = scene.render.fps, scene.render.fps_base
        for needed in {thing, relief.parent or thing}:
            own.collection.objects.link(needed)
        for n in range(first, last + 1):
            own.frame_set(scene_frame(scene, n))
            graph = own.view_layers[0].depsgraph
            space = relief.matrix_parent_inverse @ relief.matrix_basis
            if relief.parent is not None:
                space = relief.parent.evaluated_get(graph).matrix_world @ space
            local = space.inverted() @ thing.evaluated_get(graph).matrix_world
            rows.append([float(value) for row in local[:3] for value in row])
    finally:
        bpy.data.scenes.remove(own)
    return _short(rows)


def _write_painted(project: Project, modifier: Any, folder: str) -> None:
    """The red of the painted image at the depth's size, as the nodes read it."""
    image: Any = compat.get_input(modifier, PAINTED)
    depth = project.manifest.depth
    red = np.zeros((depth.height, depth.width), np.float32)
    if image is not None:
        if not (image.has_data or len(image.pixels)):
            raise SecondEyeError(f'The image "{image.name}" can\'t be read: choose another one.')
        red = painted_red(image, depth.height, depth.width)
    edits.write(edits.still_path(project.folder, folder), red)
