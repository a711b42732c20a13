# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import bpy

from ...core.errors import SecondEyeError
from .. import stage
from ..stage import compat, shadow_catcher, shadow_layer
from . import where


class SECOND_EYE_OT_add_shadow_catcher(bpy.types.Operator):
    """Let the footage receive the shadows of objects that stand among it, in Cycles and in EEVEE: a
    twin of every relief, a view layer of shadows, and the compositor that joins them. Light never
    brightens the footage. Again makes the twins anew, for another sun"""

    bl_idname = "second_eye.add_shadow_catcher"
    bl_label = "Add Shadow Catcher"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if compat.cycles_of(context.scene) is None:
            cls.poll_message_set("Shadows need Cycles: switch its add-on on in the preferences")
            return False
        return where.is_built(cls, context.scene)

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene, layer = context.scene, context.view_layer
        if layer == shadow_layer.find(scene):
            layer = next(other for other in scene.view_layers if other != layer)
        try:
            reliefs = stage.reliefs(stage.find_collection(scene))
            made = shadow_catcher.add_catcher(scene, layer, reliefs)
        except SecondEyeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        count = len(made.twins)
        shots = "the shot catches" if count == 1 else f"{count} shots catch"
        self.report({"INFO"}, f'{shots.capitalize()} shadows of "{made.sun.name}" in renders.')
        return {"FINISHED"}


class SECOND_EYE_OT_remove_shadow_catcher(bpy.types.Operator):
    """Take the twins, their view layer and their part of the compositor away again"""

    bl_idname = "second_eye.remove_shadow_catcher"
    bl_label = "Remove Shadow Catcher"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if shadow_catcher.find_catcher(context.scene) is None:
            cls.poll_message_set("The scene has no shadow catcher")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        try:
            reliefs = stage.reliefs(stage.find_collection(scene))
        except SecondEyeError:
            reliefs = []  # its collection was deleted by hand
        shadow_catcher.remove_catcher(scene, reliefs)
        return {"FINISHED"}


CLASSES = (SECOND_EYE_OT_add_shadow_catcher, SECOND_EYE_OT_remove_shadow_catcher)
