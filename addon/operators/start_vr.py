# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any, cast

import bpy

from .. import rigs
from . import where

_SET = ("base_pose_type", "clip_start", "clip_end")  # of the session, for the stereo camera's view


class SECOND_EYE_OT_start_vr(bpy.types.Operator):
    """Look at the relief through a headset, from the stereo camera's place, by Blender's own
    OpenXR; again to stop. Not verified: no headset has shown it yet"""

    bl_idname = "second_eye.start_vr"
    bl_label = "Start VR"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        lacking = refusal(context)
        if lacking:
            cls.poll_message_set(lacking)
            return False
        return where.is_built(cls, context.scene, changes=False)

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene, manager = context.scene, cast(Any, context.window_manager)
        settings, before = manager.xr_session_settings, scene.camera
        kept = {name: getattr(settings, name) for name in _SET}
        if not is_running(context):
            camera = rigs.find_stereo_camera(scene)
            settings.base_pose_type = "SCENE_CAMERA"
            if camera is not None:
                scene.camera = camera
                data: Any = camera.data
                settings.clip_start, settings.clip_end = data.clip_start, data.clip_end

        def put_back() -> None:
            scene.camera = before
            for name, value in kept.items():
                setattr(settings, name, value)

        try:
            result: set[str] = bpy.ops.wm.xr_session_toggle()
        except RuntimeError as error:  # what Blender itself says of the runtime
            put_back()
            said = str(error).strip().removeprefix("Error: ").splitlines()[0]
            self.report({"ERROR"}, f"{said.rstrip('.')}: start the headset's OpenXR runtime first.")
            return {"CANCELLED"}
        if result == {"CANCELLED"}:
            put_back()
            self.report(
                {"ERROR"}, "OpenXR did not start: start the headset's OpenXR runtime first."
            )
        return result


def refusal(context: bpy.types.Context) -> str:
    """Why no headset can be used here; "" where one may be."""
    if not getattr(bpy.app.build_options, "xr_openxr", False):
        return "This Blender was built without OpenXR"
    if bpy.app.background or context.window is None:
        return "A headset needs Blender's window"
    toggle: Any = bpy.ops.wm.xr_session_toggle
    if not toggle.poll():
        return "Blender can't start OpenXR in this window"
    return ""


def is_running(context: bpy.types.Context) -> bool:
    state = getattr(bpy.types, "XrSessionState", None)
    return state is not None and bool(state.is_running(context))


CLASSES = (SECOND_EYE_OT_start_vr,)
