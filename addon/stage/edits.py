# SPDX-License-Identifier: GPL-3.0-or-later
"""A relief's stack of depth edits: modifiers after its own, in the order in which they act."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ...core.geometry.edits import KINDS, SOURCES
from ...core.project.edits import mask_path
from . import compat, mask_stamp
from .carry import copy_curve
from .edit_inputs import FOLDER, KEYED, KIND, LAYER, MASK, OBJECT, PICTURES, PROJECTED, SOURCE
from .edit_nodes import edit_group, is_edit
from .group_inputs import EDITED
from .images import load_sequence
from .relief_group import relief_group
from .shot import relief_modifier

FRAMES = ("Offset", "First", "Last")
SHOWN = ("show_viewport", "show_render")


def edits_of(relief: bpy.types.Object) -> list[Any]:
    """The relief's edits, in order."""
    return [modifier for modifier in relief.modifiers if is_edit(modifier)]


def add_edit(relief: bpy.types.Object, name: str, source: str, kind: str, **inputs: Any) -> Any:
    """A new edit at the end of the stack; ``inputs`` by the names of its inputs. ``source`` and
    ``kind`` as `core.geometry.edits` names them."""
    modifier: Any = relief.modifiers.new(name, "NODES")
    modifier.node_group = edit_group()
    modifier.show_group_selector = False
    values = {SOURCE: SOURCES.index(source), KIND: KINDS.index(kind), **inputs}
    for key, value in values.items():
        compat.set_input(modifier, key, value)
    follow(relief)
    return modifier


def remove_edit(relief: bpy.types.Object, modifier: Any) -> None:
    """Take an edit away with its curves. Pictures of its mask stay in the project: Undo needs
    them."""
    for name in KEYED:
        compat.remove_fcurve(relief, compat.input_path(modifier, name))
    start = f'modifiers["{bpy.utils.escape_identifier(modifier.name)}"].'
    for name in SHOWN:  # a later edit of the same name would follow them
        compat.remove_fcurve(relief, start + name)
    relief.modifiers.remove(modifier)
    follow(relief)


def follow(relief: bpy.types.Object) -> None:
    """Bring the edits to the relief's frames, and have it tell them what they begin with."""
    stack, own = edits_of(relief), relief_modifier(relief)
    if stack and not compat.has_input(own, EDITED):  # built before there were edits
        own.node_group = relief_group()
    if compat.has_input(own, EDITED) and bool(compat.get_input(own, EDITED)) != bool(stack):
        compat.set_input(own, EDITED, bool(stack))
    offset = compat.get_input(own, "Offset")
    for modifier in stack:
        if compat.get_input(modifier, "Offset") != offset:
            compat.set_input(modifier, "Offset", offset)


def show_pictures(modifier: Any, project: Path, folder: str, first: int, last: int) -> None:
    """Let a mask's edit show its pictures of the timeline frames ``first..last``."""
    file = mask_path(project, folder, first)
    image = load_sequence(file, f"{project.stem} {folder}", "Non-Color")
    for name, value in ((PICTURES, image), (FOLDER, folder), ("First", first), ("Last", last)):
        compat.set_input(modifier, name, value)


def lacking(modifier: Any) -> str:
    """Why an edit does nothing, in a sentence; "" where it acts."""
    source = SOURCES[int(compat.get_input(modifier, SOURCE))]
    if source in ("sphere", "box"):
        gone = compat.get_input(modifier, OBJECT) is None
        return f'"{modifier.name}" has lost its object: choose another one.' if gone else ""
    if source == "mask":
        name = str(compat.get_input(modifier, MASK))
        mask: Any = bpy.data.masks.get(name)
        if mask is None:
            return f'The mask "{name}" is gone: "{modifier.name}" keeps the pictures that it has.'
        layer = str(compat.get_input(modifier, LAYER))
        if layer and layer not in mask.layers:
            return f'"{name}" has no layer "{layer}" any more: choose another one.'
        if compat.get_input(modifier, PICTURES) is None:
            return f'"{modifier.name}" has no pictures yet: press Rasterise Mask.'
    return ""


def changed(modifier: Any, scene: bpy.types.Scene) -> str:
    """That a mask is another in the current frame than when it was rasterised, in a sentence; ""
    where it isn't, or where that can't be told."""
    pictures = compat.get_input(modifier, PICTURES)
    mask: Any = bpy.data.masks.get(str(compat.get_input(modifier, MASK)))
    if SOURCES[int(compat.get_input(modifier, SOURCE))] != "mask" or not (pictures and mask):
        return ""
    frame = scene.frame_current + int(compat.get_input(modifier, "Offset"))
    folder = Path(bpy.path.abspath(pictures.filepath)).parent
    stored = mask_stamp.stamp_of(folder, frame)
    graph = bpy.context.evaluated_depsgraph_get()
    now = mask_stamp.stamp(mask.evaluated_get(graph), str(compat.get_input(modifier, LAYER)))
    if stored in ("", now):
        return ""
    return f'"{mask.name}" has changed since it was drawn: press Rasterise Mask again.'


ALL = (*KEYED, SOURCE, KIND, PROJECTED, OBJECT, PICTURES, "Painted Image", MASK, LAYER, FOLDER)
ALL_INPUTS = (*ALL, *FRAMES)


def copy_stack(source: bpy.types.Object, target: bpy.types.Object) -> None:
    """Give ``target`` the edits of ``source``, with their keys: the same shot, built again."""
    for old in edits_of(source):
        values = {name: compat.get_input(old, name) for name in ALL_INPUTS}
        new: Any = target.modifiers.new(old.name, "NODES")
        new.node_group = edit_group()
        for name, value in values.items():
            if value is not None:
                compat.set_input(new, name, value)
        new.show_viewport, new.show_render = old.show_viewport, old.show_render
        paths = [(compat.input_path(old, n), compat.input_path(new, n)) for n in KEYED]
        start = f'modifiers["{bpy.utils.escape_identifier(old.name)}"].'
        end = f'modifiers["{bpy.utils.escape_identifier(new.name)}"].'
        paths += [(start + n, end + n) for n in SHOWN]
        for before, after in paths:
            copy_curve(source, before, target, after)
    follow(target)
