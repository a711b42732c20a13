# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import bpy

from ...core.errors import SecondEyeError
from ...core.project import Project
from .. import rigs
from ..stage import linked
from . import where


class SECOND_EYE_OT_repair_rig(bpy.types.Operator):
    """Make again what the rig has lost: its cameras, the move, the rig object. What is there keeps
    its keys"""

    bl_idname = "second_eye.repair_rig"
    bl_label = "Repair Rig"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        scene = context.scene
        if not where.is_built(cls, scene) or not where.has_built_project(cls, scene):
            return False
        reason = linked.overridden(scene)
        if not reason and not rigs.faults(scene) and rigs.find_chain(scene).rig is not None:
            reason = "The rig lacks nothing"
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        settings, lost = scene.second_eye, rigs.faults(scene)
        try:
            project = Project.open(where.built_folder(scene))
            rigs.repair_rig(scene, project, settings.depth_budget / 100.0, settings.drift)
        except SecondEyeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, " ".join(["Made again.", *lost]) if lost else "The rig was added.")
        return {"FINISHED"}


CLASSES = (SECOND_EYE_OT_repair_rig,)
