# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from ...core.errors import SecondEyeError, UsageError
from ...core.project import Project, edits
from .. import stage
from ..edit_properties import active
from ..engine.steps import StepsTask
from ..stage import compat
from ..stage.edit_inputs import FOLDER, LAYER, MASK, SOURCE
from ..stage.edits import edits_of, show_pictures
from ..stage.mask_raster import raster_steps
from . import where
from .edit_stack import Chosen, shown
from .task import TaskOperator


class RasterTask(StepsTask):
    """A frame's picture at a time."""

    stopped = "Cancelled; the pictures of before are kept."

    def __init__(self, steps: Iterator[int], total: int, value: dict[str, Any]) -> None:
        super().__init__(steps, total, "frames", value)

    def explained(self, error: RuntimeError) -> SecondEyeError:
        reason = str(error).strip().splitlines()[0].removeprefix("Error: ")
        return SecondEyeError(f"Blender could not draw the mask: {reason.rstrip('.')}.")


class SECOND_EYE_OT_rasterise_mask(Chosen, TaskOperator, bpy.types.Operator):
    """Draw the edit's mask into the depth project, a picture a frame of the shot: with its keys,
    tracks and feathers. Press it again when the mask has changed"""

    bl_idname = "second_eye.rasterise_mask"
    bl_label = "Rasterise Mask"
    bl_options = {"REGISTER", "UNDO"}
    title = "Rasterise Mask"

    def start(self, context: bpy.types.Context) -> RasterTask:
        relief = shown(context)
        modifier: Any = active(relief)
        if int(compat.get_input(modifier, SOURCE)) != 0:
            raise UsageError(f'"{modifier.name}" has no mask to draw.')
        name, layer = (str(compat.get_input(modifier, key)) for key in (MASK, LAYER))
        mask: Any = bpy.data.masks.get(name)
        if mask is None:
            raise UsageError(
                f'The mask "{name}" is gone: choose another one. The edit keeps its pictures.'
            )
        if layer and layer not in mask.layers:
            raise UsageError(f'"{name}" has no layer "{layer}" any more: choose another one.')
        project = Project.open(where.built_folder(context.scene))
        folder = str(compat.get_input(modifier, FOLDER)) or _free_folder(context, project)
        first, last = stage.span(relief)
        self._told = (relief.name, modifier.name, project.folder, folder, first, last, name)
        steps = raster_steps(project, context.scene, mask, layer, folder, (first, last))
        return RasterTask(steps, last - first + 1, {})

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> str:
        relief_name, edit_name, project, folder, first, last, mask = self._told
        relief: bpy.types.Object | None = bpy.data.objects.get(relief_name)
        modifier = relief.modifiers.get(edit_name) if relief is not None else None
        if modifier is None:
            raise SecondEyeError(
                f'"{edit_name}" was removed or renamed meanwhile: rasterise again.'
            )
        show_pictures(modifier, project, folder, first, last)
        return f'"{mask}" is drawn for frames {first} to {last}.'


def _free_folder(context: bpy.types.Context, project: Project) -> str:
    """A name that no edit has; folders that are there may belong to one that Undo brings back."""
    used = {p.name for p in (project.folder / edits.EDITS).glob("*")}
    for relief in stage.reliefs(stage.find_collection(context.scene)):
        used |= {str(compat.get_input(modifier, FOLDER)) for modifier in edits_of(relief)}
    number = 1
    while f"mask_{number:03d}" in used:
        number += 1
    return f"mask_{number:03d}"


CLASSES = (SECOND_EYE_OT_rasterise_mask,)
