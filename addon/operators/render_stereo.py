# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import functools
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty

from ...core.errors import UsageError
from ...core.project import Project
from .. import output, preferences, rigs, stage
from ..engine import interpreter, session
from ..engine.client import EngineJob
from ..output import movie_tags
from . import render_stamp, where
from .render_jobs import frames_folder, movie_jobs
from .render_steps import render_steps
from .render_task import StereoRender
from .render_window import in_window
from .task import TaskOperator, idle


class SECOND_EYE_OT_render_stereo(TaskOperator, bpy.types.Operator):
    """Render the frames, then make the movie with the clip's sound; goes on where it was stopped"""

    bl_idname = "second_eye.render_stereo"
    bl_label = "Render Stereo"
    bl_options = {"REGISTER", "UNDO"}
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
        return where.is_built(cls, context.scene, changes=False) and idle(cls)

    def start(self, context: bpy.types.Context) -> session.Task:
        scene, chosen = context.scene, preferences.get(context)
        python = interpreter.find(chosen.engine_mode, chosen.engine_python)
        collection = stage.find_collection(scene)
        project = Project.open(stage.project_folder(collection))
        camera = rigs.find_stereo_camera(scene)
        if camera is None:
            raise UsageError("The scene has no stereo camera: press Build Scene again.")
        plan = output.make_plan(scene, camera, project.manifest, scene.second_eye.packing)
        frames = _range(scene)
        self._movie = where.movie_path(scene, project.folder)
        self._folder = folder = frames_folder(self._movie, plan.kind)
        self._makes_movie = scene.second_eye_render.movie
        _prepare_folder(scene, collection, project, plan, folder, self.start_over)

        def start_job(name: str, arguments: dict[str, Any]) -> EngineJob:
            return EngineJob(python, name, arguments)

        requests = []
        if self._makes_movie:
            rig = movie_tags.rig_of_sphere(camera, project.manifest, plan.interocular)
            requests = movie_jobs(plan, project, folder, self._movie, frames, rig)
        pictures, missing = plan.pictures(), len(plan.missing(folder, frames))
        rendering = in_window() if self.in_window else nullcontext(output.render_now)
        return StereoRender(
            render_steps(scene, project, plan, folder, frames, rendering, start_job),
            len(frames) * len(pictures),
            [functools.partial(start_job, name, arguments) for name, arguments in requests],
            missing * len(pictures),
            len(pictures),
        )

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> str:
        made = self._movie if self._makes_movie else self._folder
        return f"{made}: {value['rendered']} frames rendered now."


def _prepare_folder(
    scene: bpy.types.Scene,
    collection: bpy.types.Collection,
    project: Project,
    plan: output.Plan,
    folder: Path,
    start_over: bool,
) -> None:
    """Keep what was rendered with these settings, and only that. Raises UsageError."""
    try:
        stamp = render_stamp.digest(scene, collection, project.manifest, *plan.stamp())
        render_stamp.drop_outdated(folder, stamp, start_over)
    except OSError as error:
        raise UsageError(
            f"{folder} can't be written ({error.strerror}): choose another movie."
        ) from error


def _range(scene: bpy.types.Scene) -> range:
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
    return range(first, last + 1)


CLASSES = (SECOND_EYE_OT_render_stereo,)
