# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import bpy

from .. import preferences
from ..convert_properties import AUTOMATIC, BOTH, CUSTOM
from ..engine import interpreter, session
from ..engine.client import EngineJob
from . import where
from .baked import baked_project, has_depth
from .task import TaskOperator, idle

SUFFIXES = {
    "prores_ks": ".mov",
    "ffv1": ".mkv",
    "mv-hevc": ".mov",
    "vision-pro": ".mov",
    "master": ".mov",
}
"""Of a codec, a format or a destination that .mp4 isn't right for."""
FORMATS = {"vision-pro": "mv-hevc", "youtube-vr180": "vr180", "3d-tv": "half-sbs"}
"""Of the destinations that aren't side by side."""


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
        folder = baked_project(scene)
        output = movie_path(scene, folder)
        asked = {"output": str(output), "project": str(folder), **wishes(scene.second_eye_convert)}
        return EngineJob(python, "convert", asked)

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> str:
        return str(value["message"])


def format_of(settings: Any) -> str:
    """What is written, by core's name."""
    if settings.destination == CUSTOM:
        return str(settings.format)
    return FORMATS.get(settings.destination, "sbs")


def wishes(settings: Any) -> dict[str, Any]:
    """Arguments of core's ConvertJob; what the artist leaves to it isn't among them."""
    asked: dict[str, Any] = {"sound": settings.sound}
    shown = format_of(settings)
    if settings.destination != CUSTOM:
        asked["preset"] = settings.destination
    else:
        asked["format"] = shown
        if settings.codec != AUTOMATIC and shown != "mv-hevc":
            asked["codec"] = settings.codec
        if settings.bit_rate > 0.0:
            asked["bit_rate"] = round(settings.bit_rate * 1_000_000)
        else:
            asked["crf"] = settings.quality
    if settings.constant_rate:
        asked["timing"] = "constant"
    if shown != "rgbd":
        asked["layers"] = settings.layers
        if settings.untouched != BOTH:
            asked["keep"] = settings.untouched
    if shown == "vr180":
        asked["surround"] = settings.surround
        if settings.field_of_view > 0.0:
            asked["field_of_view"] = math.degrees(settings.field_of_view)
    return asked


def movie_path(scene: bpy.types.Scene, project: Path) -> Path:
    """The converted movie's file, chosen or by default."""
    settings = scene.second_eye_convert
    custom = settings.destination == CUSTOM
    name = settings.format if custom else settings.destination
    suffix = SUFFIXES.get(name) or (SUFFIXES.get(settings.codec) if custom else None) or ".mp4"
    if not settings.path:
        stem = project.name.removesuffix(where.SUFFIX)
        return project.with_name(f"{stem}_{name}{suffix}")
    path = Path(bpy.path.abspath(settings.path))
    return path if path.suffix else path.with_suffix(suffix)


CLASSES = (SECOND_EYE_OT_convert,)
