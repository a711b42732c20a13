# SPDX-License-Identifier: GPL-3.0-or-later
"""What a headset shows around the picture: black, the picture carried on, or the artist's world.

A dome far behind everything, hung from the footage camera, and footage that fades at its edge. Both
are plain nodes and image sequences: the scene plays and renders without the add-on.
"""

from __future__ import annotations

import contextlib
import math
from typing import Any

import bpy

from ...core.errors import SecondEyeError, UsageError
from ...core.project import Project
from ...core.project import surround as files
from . import compat
from .behind import plate_of
from .behind_group import MATERIAL
from .images import Sequence, load_sequence
from .roles import FOOTAGE, ROLE, with_role
from .shot import materials
from .surround_material import (
    DARKENING,
    FEATHER,
    REACH,
    SHOWN,
    dome_material,
    find_edge_group,
    harden,
    soften,
    value_of,
)

NAME, DOME, KIND = "Second Eye Surround", "surround", "second_eye_surround"
FORMER = "second_eye_surround_former"
"""On the collection: the dome's material while the world is around."""
BLACK, BLUR, WORLD = "BLACK", "BLUR", "WORLD"
KINDS = (BLACK, BLUR, WORLD)
_WITHIN = 0.8  # of the cameras' clip_end, which lies beyond every relief


def add_surround(collection: bpy.types.Collection, project: Project, kind: str) -> None:
    """Put ``kind`` around the footage of ``collection``, in place of what is there; what an artist
    set of the former (feather, darkening, their keys) stays.

    Raises UsageError for another word, SecondEyeError where the project's surround has to be made
    first (the worker's job `surround`), or nothing can be hung here; then nothing has changed.
    """
    if kind not in KINDS:
        raise UsageError(f'There is no surround "{kind}": it is one of {", ".join(KINDS)}.')
    manifest = project.manifest
    if collection.library is not None or collection.override_library is not None:
        raise SecondEyeError(
            f'"{collection.name}" is linked from another file: add the surround there.'
        )
    if with_role(collection, FOOTAGE) is None:
        raise SecondEyeError("The footage camera is gone: press Build Scene again.")
    if kind == BLUR and files.missing(project.folder, manifest):
        raise SecondEyeError(
            f"{project.folder.name} has no surround of its picture yet: press Add Surround."
        )
    collection[KIND] = kind
    _fill(collection, project)
    dome = find_dome(collection)
    if dome is not None:
        with contextlib.suppress(RuntimeError):  # a view layer that leaves the collection out
            dome.hide_set(True)  # in the viewport: "view all" would show nothing but the dome


def refresh_surround(collection: bpy.types.Collection, project: Project) -> None:
    """Bring the surround, if there is one, to reliefs that were built or updated."""
    if surround_kind(collection):
        _fill(collection, project)


def remove_surround(collection: bpy.types.Collection) -> None:
    """Take away all that `add_surround` made."""
    _remove_dome(collection)
    former = collection.pop(FORMER, None)
    if former is not None and not former.users:
        bpy.data.materials.remove(former)
    for material in _worn(collection):
        harden(material)
    group = find_edge_group()
    if group is not None and not group.users:
        bpy.data.node_groups.remove(group)
    if collection.get(KIND) is not None:
        del collection[KIND]


def surround_kind(collection: bpy.types.Collection) -> str:
    """What is around the footage now; "" without a surround."""
    return str(collection.get(KIND, ""))


def find_dome(collection: bpy.types.Collection) -> bpy.types.Object | None:
    """The surround's dome; None without one, as where the world is around."""
    return with_role(collection, DOME)


def edge_shown() -> float | None:
    """Whether the soft edge shows, which all scenes of a .blend share; None without one."""
    shown = value_of(find_edge_group(), SHOWN)
    return None if shown is None else float(shown.default_value)


def set_edge_shown(value: float | None) -> None:
    """Put `edge_shown` back, where there still is an edge."""
    shown = value_of(find_edge_group(), SHOWN)
    if shown is not None and value is not None:
        shown.default_value = value


def is_shown(collection: bpy.types.Collection) -> bool:
    """Whether renders show the surround that is there."""
    shown = value_of(find_edge_group(), SHOWN)
    return bool(surround_kind(collection)) and shown is not None and shown.default_value > 0.5


def show_surround(collection: bpy.types.Collection, shown: bool) -> None:
    """Let renders show the surround, or leave it out for flat pictures; it stays in the scene."""
    value, dome = value_of(find_edge_group(), SHOWN), find_dome(collection)
    if value is not None:
        value.default_value = 1.0 if shown else 0.0
    if dome is not None:
        dome.hide_render = not shown


def surround_values(collection: bpy.types.Collection) -> list[tuple[str, Any]]:
    """(label, socket) of what an artist may set and key."""
    if not surround_kind(collection):
        return []
    dome = find_dome(collection)
    material = dome.active_material if dome is not None else None
    told = [(FEATHER, value_of(find_edge_group(), FEATHER))]
    if surround_kind(collection) == BLUR and material is not None:
        told += [(name, value_of(material.node_tree, name)) for name in (DARKENING, REACH)]
    return [(name, socket) for name, socket in told if socket is not None]


def _fill(collection: bpy.types.Collection, project: Project) -> None:
    manifest = project.manifest
    aspect = manifest.clip.height / manifest.clip.width
    for material in _worn(collection):
        soften(material, aspect)
    kind = surround_kind(collection)
    pictures = None
    if kind == BLUR:
        if files.missing(project.folder, manifest):  # a moved cut, another lens: black till then
            kind = BLACK
        else:
            label = project.folder.name.removesuffix(".secondeye")
            first = files.path_of(project.folder, manifest.first)
            image = load_sequence(first, f"{label} surround", "Non-Color")
            start = int(collection["second_eye_start"])
            pictures = Sequence(image, start, manifest.first, manifest.last)
    if kind == WORLD:
        dome = find_dome(collection)
        if dome is not None and dome.active_material is not None:
            collection[FORMER] = dome.active_material  # its values and keys wait for another dome
        _remove_dome(collection)
        return
    half = math.atan(0.5 / manifest.lens.focal_over_width)
    dome = find_dome(collection)
    if dome is None:
        dome = _dome(collection)
    former = dome.active_material or collection.get(FORMER)
    dome.active_material = dome_material(NAME, pictures, half, former)
    collection.pop(FORMER, None)
    footage: Any = with_role(collection, FOOTAGE)
    if footage is not None:
        dome.parent = footage
        dome.scale = [_WITHIN * footage.data.clip_end] * 3


def _dome(collection: bpy.types.Collection) -> bpy.types.Object:
    dome = bpy.data.objects.new(NAME, _ball())
    dome[ROLE] = DOME
    collection.objects.link(dome)
    dome.hide_select = True
    # It is there to be seen, and lights nothing that an artist puts among the footage.
    for name in ("diffuse", "glossy", "transmission", "volume_scatter", "shadow"):
        setattr(dome, f"visible_{name}", False)
    return dome


def _ball() -> bpy.types.Mesh:
    """A coarse ball: its material asks for the direction alone."""
    rows, columns = 12, 24
    points = [(0.0, 1.0, 0.0), (0.0, -1.0, 0.0)]
    for row in range(1, rows):
        b = math.pi * row / rows
        turns = (2.0 * math.pi * c / columns for c in range(columns))
        points += [
            (math.sin(b) * math.sin(a), math.cos(b), math.sin(b) * math.cos(a)) for a in turns
        ]
    faces: list[tuple[int, ...]] = []
    for c in range(columns):
        d = (c + 1) % columns
        faces.append((0, 2 + c, 2 + d))
        last = 2 + (rows - 2) * columns
        faces.append((1, last + d, last + c))
        for row in range(rows - 2):
            here = 2 + row * columns
            faces.append((here + c, here + columns + c, here + columns + d, here + d))
    mesh = bpy.data.meshes.new(NAME)
    mesh.from_pydata(points, [], faces)
    return mesh


def _remove_dome(collection: bpy.types.Collection) -> None:
    dome = find_dome(collection)
    if dome is None:
        return
    used: list[Any] = [dome.data, dome.active_material]
    bpy.data.objects.remove(dome)
    for block in used:
        if block is not None and not block.users:
            bpy.data.batch_remove([block])


def _worn(collection: bpy.types.Collection) -> list[bpy.types.Material]:
    """The materials of the footage and of the plates behind it."""
    found = []
    for relief in [o for o in collection.objects if o.get(ROLE) == "relief"]:
        found += materials(relief)
        plate = plate_of(relief)
        if plate is not None:
            worn = (compat.get_input(m, MATERIAL) for m in plate.modifiers if m.type == "NODES")
            found += [material for material in worn if material is not None]
    return list(dict.fromkeys(found))
