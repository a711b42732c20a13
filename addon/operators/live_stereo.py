# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import bpy
from bpy.props import EnumProperty

from .. import rigs
from . import where

MODES = (
    ("ANAGLYPH", "Anaglyph", "The viewport for red and cyan glasses"),
    ("SIDEBYSIDE", "Side by Side", "All of the window side by side, for a 3D screen or glasses"),
    ("OFF", "Off", "The viewport through the left eye again"),
)


class SECOND_EYE_OT_live_stereo(bpy.types.Operator):
    """Show both eyes of the stereo camera in the viewport, by Blender's own stereo display"""

    bl_idname = "second_eye.live_stereo"
    bl_label = "Live Stereo"
    bl_options = {"REGISTER", "UNDO"}

    mode: EnumProperty(name="Mode", description="How both eyes are shown", items=MODES)

    @classmethod
    def description(
        cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties
    ) -> str:
        return next(about for name, _title, about in MODES if name == properties.mode)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if bpy.app.background or context.window is None:
            cls.poll_message_set("A live preview needs Blender's window: use Still Pair instead")
            return False
        if not where.is_built(cls, context.scene, changes=False):
            return False
        if rigs.find_stereo_camera(context.scene) is None:
            cls.poll_message_set("The stereo camera was removed: press Build Scene again")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        views = [area for area in context.screen.areas if area.type == "VIEW_3D"]
        if context.area in views:
            views = [context.area]
        if not views:
            self.report({"ERROR"}, "This window shows no 3D View: open one first.")
            return {"CANCELLED"}
        if self.mode != "OFF":
            scene.camera = rigs.find_stereo_camera(scene)
            scene.render.use_multiview = True
            scene.render.views_format = "STEREO_3D"
            bpy.ops.wm.set_stereo_3d(display_mode=self.mode)
        if self.mode == "SIDEBYSIDE":
            self.report({"INFO"}, "Side by Side shows where the window fills the screen.")
        for area in views:
            show(area.spaces.active, self.mode != "OFF")
            area.tag_redraw()
        if self.mode == "OFF":  # the window is whole again
            bpy.ops.wm.set_stereo_3d(display_mode="ANAGLYPH")
        return {"FINISHED"}


def show(space: Any, on: bool) -> None:
    """Both eyes through the scene's camera; or the left one, from wherever the view is."""
    space.stereo_3d_camera = "S3D" if on else "LEFT"
    if on:
        space.region_3d.view_perspective = "CAMERA"
        space.use_local_camera = False
        if space.shading.type in {"SOLID", "WIREFRAME"}:  # which show no footage
            space.shading.type = "MATERIAL"


def is_live(context: bpy.types.Context) -> str:
    """The mode that the 3D View at hand shows, one of ``MODES``."""
    space: Any = context.space_data
    if not isinstance(space, bpy.types.SpaceView3D) or context.window is None:
        return "OFF"
    if space.region_3d.view_perspective != "CAMERA" or space.stereo_3d_camera != "S3D":
        return "OFF"  # Blender's own default is S3D, which shows in a camera's view alone
    if not context.scene.render.use_multiview:
        return "OFF"
    shown: str = context.window.stereo_3d_display.display_mode
    return shown


CLASSES = (SECOND_EYE_OT_live_stereo,)
