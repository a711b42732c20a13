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


class SECOND_EYE_OT_split_preview(bpy.types.Operator):
    """Show the depth in colours, before repair on the left and after it on the right; again to go
    back to the picture. For other places of the split, and for keys, use the sliders"""

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
        modifiers = [relief_modifier(r) for r in stage.reliefs(collection) if repairs_live(r)]
        on = not is_on(context)
        keyed = False
        for modifier in modifiers:
            for name, value in ((SPLIT, MIDDLE), (DEPTH_VIEW, 1.0)):
                path = compat.input_path(modifier, name)
                keyed |= compat.find_fcurve(modifier.id_data, path) is not None
                compat.set_input(modifier, name, value if on else 0.0)
        if on:
            _show_materials(context)
        if keyed:
            self.report({"WARNING"}, "Split or Depth View has keys, and they prevail: edit those.")
        return {"FINISHED"}


def is_on(context: bpy.types.Context) -> bool:
    """Whether the shot at hand is split."""
    relief = where.shown_relief(context)
    return relief is not None and compat.get_input(relief_modifier(relief), SPLIT) > 0.0


def _show_materials(context: bpy.types.Context) -> None:
    """Solid views show no materials, so that nothing would be seen."""
    space: Any = context.space_data
    if isinstance(space, bpy.types.SpaceView3D) and space.shading.type in {"SOLID", "WIREFRAME"}:
        space.shading.type = "MATERIAL"


CLASSES = (SECOND_EYE_OT_split_preview,)
