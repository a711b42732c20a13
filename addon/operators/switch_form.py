# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import bpy
from bpy.props import StringProperty

from .. import stage
from ..rigs import shot_settings
from . import where


class SECOND_EYE_OT_switch_form(bpy.types.Operator):
    """Show this shot as a cloud of points, or as a surface again. Nothing is built anew"""

    bl_idname = "second_eye.switch_form"
    bl_label = "Switch Form"
    bl_options = {"REGISTER", "UNDO"}

    relief: StringProperty(
        name="Relief",
        description="The shot's relief by its name. Empty: the shot at hand",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return where.is_built(cls, context.scene)

    def execute(self, context: bpy.types.Context) -> set[str]:
        shots = stage.reliefs(stage.find_collection(context.scene))
        relief = where.shown_relief(context)
        if self.relief:
            relief = next((shot for shot in shots if shot.name == self.relief), None)
        if relief is None or shot_settings.span(relief) is None:
            named = f'"{self.relief}"' if self.relief else "the shot at hand"
            self.report({"ERROR"}, f"The scene has no relief of {named}: press Build Scene again.")
            return {"CANCELLED"}
        shot_settings.set_points(relief, not shot_settings.is_points(relief))
        return {"FINISHED"}


CLASSES = (SECOND_EYE_OT_switch_form,)
