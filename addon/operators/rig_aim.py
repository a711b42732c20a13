# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import bpy

from .. import rigs
from ..rigs import aim
from . import rig_poll


class SECOND_EYE_OT_add_aim(bpy.types.Operator):
    """Put an aim at the screen's distance, and turn the rig to it: moves of the rig become arcs
    around it"""

    bl_idname = "second_eye.add_aim"
    bl_label = "Add Aim"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return rig_poll.can_add(cls, context.scene, needs_rig=True)

    def execute(self, context: bpy.types.Context) -> set[str]:
        made = aim.add_aim(context.scene, rigs.find_chain(context.scene))
        self.report({"INFO"}, f"The rig looks at {made.name}.")
        return {"FINISHED"}


class SECOND_EYE_OT_remove_aim(bpy.types.Operator):
    """Take the aim away; the rig is turned as its own rotation says"""

    bl_idname = "second_eye.remove_aim"
    bl_label = "Remove Aim"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not rig_poll.can_add(cls, context.scene, needs_rig=True):
            return False
        there = aim.find_aim(context.scene) is not None
        if not there:
            cls.poll_message_set("The rig has no aim")
        return there

    def execute(self, context: bpy.types.Context) -> set[str]:
        aim.remove_aim(context.scene, rigs.find_chain(context.scene))
        return {"FINISHED"}


CLASSES = (SECOND_EYE_OT_add_aim, SECOND_EYE_OT_remove_aim)
