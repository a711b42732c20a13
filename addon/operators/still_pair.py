# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from .. import preferences
from ..engine import interpreter, session
from ..engine.client import EngineJob
from . import image_editor, where
from .baked import baked_project, has_depth
from .current_frame import clip_frame
from .task import TaskOperator, idle


class SECOND_EYE_OT_still_pair(TaskOperator, bpy.types.Operator):
    """Both eyes of the current frame in a picture beside the depth project, without a render, and
    shown in an Image Editor. The stereo camera and the shots' settings are baked first"""

    bl_idname = "second_eye.still_pair"
    bl_label = "Still Pair"
    bl_options = {"REGISTER", "UNDO"}
    title = "Still Pair"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return has_depth(cls, context.scene) and idle(cls)

    def start(self, context: bpy.types.Context) -> session.Task:
        scene, chosen = context.scene, preferences.get(context)
        python = interpreter.find(chosen.engine_mode, chosen.engine_python)
        frame = clip_frame(scene)
        folder = baked_project(scene)
        packing = scene.second_eye_preview.still
        name = f"{folder.name.removesuffix(where.SUFFIX)}_{frame:06d}_{packing}.png"
        arguments = {
            "project": str(folder),
            "output": str(folder.with_name(name)),
            "frame": frame,
            "format": packing,
            "budget": scene.second_eye.depth_budget / 100.0,
        }
        return EngineJob(python, "still", arguments)

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> str:
        image_editor.show(context, image_editor.load(Path(value["output"])))
        return str(value["message"])


CLASSES = (SECOND_EYE_OT_still_pair,)
