# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from .. import preferences
from ..engine import interpreter, session
from ..engine.client import EngineJob
from . import where
from .baked import baked_project, has_depth
from .current_frame import clip_frame
from .task import TaskOperator, idle


class SECOND_EYE_OT_wiggle(TaskOperator, bpy.types.Operator):
    """A loop from one eye to the other and back, as a GIF or MP4 beside the depth project: depth
    without glasses. The stereo camera and the shots' settings are baked first"""

    bl_idname = "second_eye.wiggle"
    bl_label = "Wiggle"
    title = "Wiggle"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return has_depth(cls, context.scene) and idle(cls)

    def start(self, context: bpy.types.Context) -> session.Task:
        scene, chosen = context.scene, preferences.get(context)
        python = interpreter.find(chosen.engine_mode, chosen.engine_python)
        first = clip_frame(scene)
        settings, folder = scene.second_eye_preview, baked_project(scene)
        manifest = where.manifest(folder)
        last = first + settings.frames - 1
        if manifest is not None:
            last = min(last, manifest.last)
        arguments = {
            "project": str(folder),
            "output": str(wiggle_path(folder, first, settings.wiggle)),
            "first": first,
            "last": last,
            "positions": settings.positions,
            "seconds": settings.seconds,
            "budget": scene.second_eye.depth_budget / 100.0,
        }
        return EngineJob(python, "wiggle", arguments)

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> str:
        if self.in_window:  # Blender itself shows no moving GIF, a browser does
            bpy.ops.wm.url_open(url=Path(value["output"]).as_uri())
        return str(value["message"])


def wiggle_path(project: Path, frame: int, suffix: str) -> Path:
    """Where the wiggle of a frame is written."""
    name = project.name.removesuffix(where.SUFFIX)
    return project.with_name(f"{name}_{frame:06d}_wiggle{suffix}")


CLASSES = (SECOND_EYE_OT_wiggle,)
