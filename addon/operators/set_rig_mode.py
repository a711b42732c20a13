# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import bpy
from bpy.props import EnumProperty

from ...core.errors import SecondEyeError
from .. import rigs
from ..rigs import modes
from ..stage.footage_camera import camera_data
from . import rig_poll


class SECOND_EYE_OT_set_rig_mode(bpy.types.Operator):
    """Choose what kind of stereo camera it is. Each kind keeps its own settings; interocular,
    convergence and their keys are shared"""

    bl_idname = "second_eye.set_rig_mode"
    bl_label = "Set Stereo Mode"
    bl_options = {"REGISTER", "UNDO"}

    mode: EnumProperty(name="Mode", description="The kind of stereo camera", items=modes.MODES)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return rig_poll.has_camera(cls, context.scene)

    def execute(self, context: bpy.types.Context) -> set[str]:
        camera = rigs.find_stereo_camera(context.scene)
        if camera is None:
            return {"CANCELLED"}
        try:
            modes.set_mode(camera_data(camera), self.mode)
        except SecondEyeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        name = next(name for value, name, _ in modes.MODES if value == self.mode)
        self.report({"INFO"}, f"{camera.name}: {name}.")
        return {"FINISHED"}


CLASSES = (SECOND_EYE_OT_set_rig_mode,)
