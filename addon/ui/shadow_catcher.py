# SPDX-License-Identifier: GPL-3.0-or-later
"""Shadows of objects among the footage."""

from __future__ import annotations

import bpy

from ..operators import where
from ..stage import shadow_compositing
from ..stage.shadow_catcher import find_catcher
from .layouts import Section, split


class SECOND_EYE_PT_shadow_catcher(Section, bpy.types.Panel):
    bl_label = "Shadow Catcher"
    bl_idname = "SECOND_EYE_PT_shadow_catcher"
    bl_parent_id = "SECOND_EYE_PT_scene"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return where.shown_relief(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if find_catcher(context.scene) is None:
            layout.operator("second_eye.add_shadow_catcher", icon="LIGHT_SUN")
            return
        socket = shadow_compositing.density(context.scene)
        if socket is not None:
            split(layout, decorate=True).prop(socket, "default_value", text="Density")
        row = layout.row(align=True)
        row.operator("second_eye.remove_shadow_catcher", icon="X")
        row.operator("second_eye.add_shadow_catcher", text="", icon="FILE_REFRESH")


CLASSES = (SECOND_EYE_PT_shadow_catcher,)
