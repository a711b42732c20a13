# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import bpy
from bpy.props import BoolProperty

from .. import rigs
from ..rigs import screen
from . import rig_poll


class SECOND_EYE_OT_add_screen(bpy.types.Operator):
    """Show the screen's plane as an object that sets the convergence: drag it along the view, or
    give it a subject that carries it. The convergence's own keys rest meanwhile"""

    bl_idname = "second_eye.add_screen"
    bl_label = "Add Screen"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        scene = context.scene
        if not rig_poll.can_add(cls, scene):
            return False
        there = screen.find_screen(scene) is not None
        if there:
            cls.poll_message_set("There is a screen already")
        return not there

    def execute(self, context: bpy.types.Context) -> set[str]:
        camera = rigs.find_stereo_camera(context.scene)
        if camera is None:
            return {"CANCELLED"}
        made = screen.add_screen(context.scene, camera)
        self.report({"INFO"}, f"{made.name} sets the convergence.")
        return {"FINISHED"}


class SECOND_EYE_OT_remove_screen(bpy.types.Operator):
    """Take the screen away"""

    bl_idname = "second_eye.remove_screen"
    bl_label = "Remove Screen"
    bl_options = {"REGISTER", "UNDO"}

    keep: BoolProperty(
        name="Keep Convergence",
        description="Key the convergence as the screen set it in each frame of the scene. Without "
        "it the keys from before the screen act again",
        default=True,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        scene = context.scene
        if not rig_poll.can_add(cls, scene):
            return False
        there = screen.find_screen(scene) is not None
        if not there:
            cls.poll_message_set("There is no screen")
        return there

    def execute(self, context: bpy.types.Context) -> set[str]:
        chain = rigs.find_chain(context.scene)
        if chain.camera is None or chain.footage is None:
            return {"CANCELLED"}
        screen.remove_screen(context.scene, chain.footage, chain.camera, self.keep)
        return {"FINISHED"}


CLASSES = (SECOND_EYE_OT_add_screen, SECOND_EYE_OT_remove_screen)
