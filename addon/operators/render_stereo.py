# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty

from ...core.errors import UsageError
from ...core.project import Project
from .. import output, preferences, rigs, stage
from ..engine import interpreter, session
from ..engine.client import EngineJob
from . import render_stamp, where
from .render_task import StereoRender, frames_folder
from .render_window import window_steps
from .task import TaskOperator, idle


class SECOND_EYE_OT_render_stereo(TaskOperator, bpy.types.Operator):
    """Render both eyes, then make the movie with the clip's sound; goes on where it was stopped"""

    bl_idname = "second_eye.render_stereo"
    bl_label = "Render Stereo"
    title = "Render Stereo"

    start_over: BoolProperty(
        name="Start Over",
        description="Render every frame again, also those that are there. Changed cameras, "
        "reliefs and render settings do that by themselves",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def description(
        cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties
    ) -> str:
        if properties.start_over:
            return "Render every frame again, also those that are there"
        return str(cls.__doc__)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return where.is_built(cls, context.scene) and idle(cls)

    def start(self, context: bpy.types.Context) -> session.Task:
        scene, chosen = context.scene, preferences.get(context)
        python = interpreter.find(chosen.engine_mode, chosen.engine_python)
        collection = stage.find_collection(scene)
        project = Project.open(stage.project_folder(collection))
        camera = rigs.find_stereo_camera(scene)
        if camera is None:
            raise UsageError("The scene has no stereo camera: press Build Scene again.")
        scene.camera = camera
        output.configure_stereo_render(scene, scene.second_eye.packing)
        self._movie = where.movie_path(scene, project.folder)
        folder = frames_folder(self._movie)
        first, last = _range(scene)
        try:
            stamp = render_stamp.digest(scene, collection, project.manifest)
            render_stamp.drop_outdated(folder, stamp, self.start_over)
        except OSError as error:
            raise UsageError(
                f"{folder} can't be written ({error.strerror}): choose another movie."
            ) from error
        arguments = assembly(project, folder, self._movie, first, last)
        render = window_steps if self.in_window else output.frame_steps
        return StereoRender(
            render(scene, folder, first, last),
            last - first + 1,
            lambda: EngineJob(python, "assemble", arguments),
        )

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> str:
        return f"{self._movie}: {value['rendered']} frames rendered now."


def _range(scene: bpy.types.Scene) -> tuple[int, int]:
    """The timeline frames of the scene's range; said before hours of rendering, not after them."""
    first = stage.timeline_frame(scene, scene.frame_start)
    last = stage.timeline_frame(scene, scene.frame_end)
    if first < 1:
        raise UsageError(
            "The scene's range starts before the clip does: "
            f"set its start to frame {stage.scene_frame(scene, 1)} or later."
        )
    if last < first:
        raise UsageError("The scene's range ends before it starts: set its end frame.")
    return first, last


def assembly(project: Project, frames: Path, movie: Path, first: int, last: int) -> dict[str, Any]:
    """Arguments of the worker's ``assemble`` job; the clip's sound where it has some."""
    manifest = project.manifest
    rate = manifest.timeline.rate
    audio = str(project.clip_path()) if manifest.clip.has_audio else None
    return {
        "frames": str(frames),
        "output": str(movie),
        "first": first,
        "last": last,
        "rate": [rate.numerator, rate.denominator],
        "audio_from": audio,
    }


CLASSES = (SECOND_EYE_OT_render_stereo,)
