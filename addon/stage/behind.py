# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers behind the foreground in a scene: one background plate a relief, where the project has
layers of its depth of today. See docs/synthesis.md for the files and `behind_group` for the nodes.
"""

from __future__ import annotations

from typing import Any

import bpy
from mathutils import Matrix

from ...core.errors import SecondEyeError
from ...core.project import Project, Shot
from ...core.project import behind as files
from ..steps import Steps, at_once
from . import compat, keys
from .behind_group import (
    COLOUR,
    COLUMNS,
    ESTIMATED,
    INVERSE,
    MATERIAL,
    NAME,
    RELIEF,
    ROWS,
    STAMP,
    behind_group_steps,
)
from .behind_material import behind_material_steps
from .front import put_to_sleep, wake
from .group_inputs import LAYERED
from .images import Sequence, load_sequence
from .shot import materials, relief_modifier

ROLE, BEHIND = "second_eye_role", "behind"
MADE = "second_eye_made"
"""On a plate: what its layers were made with, so that a render knows others from them."""
_TROUBLE = "second_eye_layers_trouble"
WIDEST = 640  # points across the picture


def refresh_behind(project: Project, reliefs: list[bpy.types.Object]) -> str:
    """See `refresh_behind_steps`."""
    return at_once(refresh_behind_steps(project, reliefs))


def refresh_behind_steps(project: Project, reliefs: list[bpy.types.Object]) -> Steps[str]:
    """Make the plates of ``reliefs`` anew, as the project has layers now, and take stale ones away.

    Returns what is wrong with layers that should be there, as one sentence; "" where all is well.
    It stays readable on the reliefs (`behind_trouble`).
    """
    said = ""
    by_first = {shot.first: (number, shot) for number, shot in enumerate(project.manifest.shots, 1)}
    for relief in reliefs:
        remove_behind(relief)
        number, shot = by_first[relief["second_eye_first"]]
        relief[_TROUBLE] = ""
        try:
            if files.is_current(project.folder, project.manifest, shot):
                yield from _add(project, shot, number, relief)
        except SecondEyeError as error:
            relief[_TROUBLE] = str(error)
            said = said or str(error)
        modifier, there = relief_modifier(relief), plate_of(relief) is not None
        if compat.has_input(modifier, LAYERED):
            compat.set_input(modifier, LAYERED, there)
        yield
    return said


def behind_trouble(reliefs: list[bpy.types.Object]) -> str:
    """What the last `refresh_behind` found wrong, as one sentence; "" where all is well."""
    return next((str(r[_TROUBLE]) for r in reliefs if r.get(_TROUBLE)), "")


def plate_of(relief: bpy.types.Object) -> bpy.types.Object | None:
    """The plate behind ``relief``; None without one."""
    return next((o for o in relief.children if o.get(ROLE) == BEHIND), None)


def remove_behind(relief: bpy.types.Object) -> None:
    """Take the plate behind ``relief`` away, with all that only it used."""
    for worn in materials(relief):
        put_to_sleep(worn)
    for plate in [o for o in relief.children if o.get(ROLE) == BEHIND]:
        used: list[Any] = [plate.data, plate.animation_data and plate.animation_data.action]
        for modifier in plate.modifiers:
            group = modifier.node_group if isinstance(modifier, bpy.types.NodesModifier) else None
            if group is not None and group.get(STAMP):
                used.append(compat.get_input(modifier, MATERIAL))
        bpy.data.objects.remove(plate)
        bpy.data.batch_remove([block for block in used if block is not None and not block.users])


def _add(project: Project, shot: Shot, number: int, relief: bpy.types.Object) -> Steps[None]:
    for frame in range(shot.first, shot.last + 1):
        if not files.whole(project.folder, frame):
            raise SecondEyeError(
                f"The layers of {shot.name} lack frame {frame}: press Make Layers again."
            )
    label = project.folder.name.removesuffix(".secondeye")
    folder = project.folder
    colour = load_sequence(files.colour_path(folder, shot.first), f"{label} behind", "sRGB")
    depth = load_sequence(
        files.depth_path(folder, shot.first), f"{label} depth behind", "Non-Color"
    )
    group = yield from behind_group_steps()
    yield
    own = relief_modifier(relief)
    offset, aspect = compat.get_input(own, "Offset"), compat.get_input(own, "Aspect")

    def shown(image: bpy.types.Image) -> Sequence:
        return Sequence(image, shot.first - offset, shot.first, shot.last)

    name = f"Second Eye Behind {number:03d}"
    pictures = shown(colour), shown(compat.get_input(own, "Plate"))
    material = yield from behind_material_steps(name, *pictures)
    plate = bpy.data.objects.new(name, bpy.data.meshes.new(name))
    plate[ROLE], plate[MADE] = BEHIND, files.record_path(folder, shot).read_text(encoding="utf-8")
    made: Any = plate.modifiers.new(NAME, "NODES")
    made.node_group = group
    size = project.manifest.depth
    columns = min(size.width, WIDEST)
    values = {
        RELIEF: relief,
        COLOUR: colour,
        INVERSE: depth,
        ESTIMATED: compat.get_input(own, "Depth"),
        MATERIAL: material,
        "Aspect": aspect,
        COLUMNS: max(2, columns),
        ROWS: max(2, round(columns * size.height / size.width)),
        "Offset": offset,
        "First": shot.first,
        "Last": shot.last,
    }
    for key, value in values.items():
        compat.set_input(made, key, value)
    front = load_sequence(files.front_path(folder, shot.first), f"{label} front", "sRGB")
    for worn in materials(relief):
        wake(worn, shown(front), shown(colour))
    plate.parent = relief
    plate.matrix_parent_inverse = Matrix.Identity(4)
    plate.hide_select = True
    for collection in relief.users_collection:
        collection.objects.link(plate)
    keys.hide_as(plate, relief)
