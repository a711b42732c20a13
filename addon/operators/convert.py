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
from .task import TaskOperator, idle

SUFFIXES = {"prores_ks": ".mov", "ffv1": ".mkv"}


class SECOND_EYE_OT_convert(TaskOperator, bpy.types.Operator):
    """Write the stereo movie without a render, in a process of its own. The stereo camera and the
    shots' settings are baked first; goes on where it was stopped"""

    bl_idname = "second_eye.convert"
    bl_label = "Convert"
    title = "Convert"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return has_depth(cls, context.scene) and idle(cls)

    def start(self, context: bpy.types.Context) -> session.Task:
        scene, chosen = context.scene, preferences.get(context)
        python = interpreter.find(chosen.engine_mode, chosen.engine_python)
        settings = scene.second_eye
        folder = baked_project(scene)
        codec = settings.convert_codec
        if settings.convert_format == "mv-hevc":
            codec = "libx265"
        arguments = {
            "output": str(movie_path(scene, folder)),
            "project": str(folder),
            "format": settings.convert_format,
            "codec": codec,
            "crf": settings.convert_quality,
        }
        return EngineJob(python, "convert", arguments)

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> str:
        return str(value["message"])


def movie_path(scene: bpy.types.Scene, project: Path) -> Path:
    """The converted movie's file, chosen or by default."""
    settings = scene.second_eye
    suffix = SUFFIXES.get(settings.convert_codec, ".mp4")
    if settings.convert_format == "mv-hevc":
        suffix = ".mov"
    if not settings.convert_path:
        name = project.name.removesuffix(where.SUFFIX)
        return project.with_name(f"{name}_{settings.convert_format}{suffix}")
    path = Path(bpy.path.abspath(settings.convert_path))
    return path if path.suffix else path.with_suffix(suffix)


CLASSES = (SECOND_EYE_OT_convert,)
