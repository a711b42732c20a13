# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import bpy

from .. import stage
from ..stage import compat
from ..stage.group_inputs import DEPTH_VIEW, SPLIT
from ..stage.shot import relief_modifier, repairs_live
from . import where

MIDDLE = 0.5
KEPT = "second_eye_depth_view"
"""On a split relief: the Depth View of before."""


class SECOND_EYE_OT_split_preview(bpy.types.Operator):
    """Show the depth in colours, before repair on the left and after it on the right; again to go
    back to what was shown. For other places of the split, and for keys, use the sliders"""

    bl_idname = "second_eye.split_preview"
    bl_label = "Split Preview"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not where.is_built(cls, context.scene):
            return False
        relief = where.shown_relief(context)
        if relief is None or not repairs_live(relief):
            cls.poll_message_set(where.NOT_LIVE)
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        collection = stage.find_collection(context.scene)
        live = [relief for relief in stage.reliefs(collection) if repairs_live(relief)]
        on = not is_on(context)
        keyed = False
        for relief in live:
            modifier = relief_modifier(relief)
            view = _remember(relief, modifier) if on else _recall(relief, modifier)
            for name, value in ((SPLIT, MIDDLE if on else 0.0), (DEPTH_VIEW, view)):
                path = compat.input_path(modifier, name)
                keyed |= compat.find_fcurve(relief, path) is not None
                compat.set_input(modifier, name, value)
        if on:
            _show_materials(context)
        if keyed:
            self.report({"WARNING"}, "Split or Depth View has keys, and they prevail: edit those.")
        return {"FINISHED"}


def is_on(context: bpy.types.Context) -> bool:
    """Whether the shot at hand is split."""
    relief = where.shown_relief(context)
    return relief is not None and compat.get_input(relief_modifier(relief), SPLIT) > 0.0


def _remember(relief: bpy.types.Object, modifier: Any) -> float:
    """Keep the artist's Depth View; returns that of a split."""
    view = compat.get_input(modifier, DEPTH_VIEW)
    # Where the split was ended by its slider, this is still the view that came with it.
    if relief.get(KEPT) is None or view != 1.0:
        relief[KEPT] = view
    return 1.0


def _recall(relief: bpy.types.Object, modifier: Any) -> float:
    """The artist's Depth View; as it is where the split was made by its slider."""
    return float(relief.pop(KEPT, compat.get_input(modifier, DEPTH_VIEW)))


def _show_materials(context: bpy.types.Context) -> None:
    """Solid views show no materials, so that nothing would be seen."""
    space: Any = context.space_data
    if isinstance(space, bpy.types.SpaceView3D) and space.shading.type in {"SOLID", "WIREFRAME"}:
        space.shading.type = "MATERIAL"


CLASSES = (SECOND_EYE_OT_split_preview,)
