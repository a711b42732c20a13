# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import bpy

from ...core.errors import SecondEyeError
from ..engine import models
from .task import idle


class SECOND_EYE_OT_remove_model(bpy.types.Operator):
    """Take the chosen model out of the menu. Its file is left alone unless it was copied"""

    bl_idname = "second_eye.remove_model"
    bl_label = "Remove Model"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not models.is_added(context.scene.second_eye.model_name):
            cls.poll_message_set("Choose a model that was added")
            return False
        return idle(cls)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return set(context.window_manager.invoke_confirm(self, event))

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.second_eye
        name = settings.model_name
        try:
            models.registry().remove(name)
        except SecondEyeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        models.forget()
        settings.model_name = ""
        self.report({"INFO"}, f"The model {name} is removed.")
        return {"FINISHED"}


CLASSES = (SECOND_EYE_OT_remove_model,)
