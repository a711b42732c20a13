# SPDX-License-Identifier: GPL-3.0-or-later
"""A render of any kind as steps: the scene is set for it, rendered frame by frame, and put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import bpy

from ...core.errors import SecondEyeError
from ...core.project import Project
from ...core.project import surround as surround_files
from .. import stage
from ..engine.client import EngineJob, Progress
from ..output import sphere_camera
from ..output.frames import Render, picture_steps, scene_named
from ..output.kept import Kept
from ..output.plan import VIEWS, Plan, show_window
from ..stage import surround

Step = bool | Progress | None
"""A picture was rendered (True) or was there (False); an engine's job, or a render, is at it."""
StartJob = Callable[[str, dict[str, Any]], EngineJob]
CHUNK = 8  # frames whose views wait on the disk until they are put together


def render_steps(
    scene: bpy.types.Scene,
    project: Project,
    plan: Plan,
    folder: Path,
    frames: range,
    rendering: AbstractContextManager[Render],
    start_job: StartJob,
) -> Iterator[Step]:
    """Render timeline ``frames`` into ``folder``; closing the iterator puts the scene back."""
    kept, around = Kept(scene), _Around(scene)
    name = scene.name
    try:
        if plan.coverage is not None:
            if plan.surround == surround.BLUR and _lacks_surround(project):
                yield from job_steps(start_job("surround", {"project": str(project.folder)}))
            around.put(project, plan.surround)
        else:
            around.hide()
        with rendering as render:
            if plan.baked:
                yield from _baked_steps(name, plan, folder, frames, render, start_job)
            else:
                yield from picture_steps(scene, folder, frames, plan.pictures(), render)
    finally:
        sphere_camera.remove_sphere_camera()
        kept.restore()
        show_window(plan, True)
        around.restore(project)


def job_steps(job: EngineJob) -> Iterator[Progress]:
    """An engine's job to its end; closing the iterator ends it at once. Raises what it raises."""
    try:
        while job.poll():
            yield job.progress
    finally:
        if job.running:
            job.abandon()
    if job.error is not None:
        raise job.error


def _baked_steps(
    name: str, plan: Plan, folder: Path, frames: range, render: Render, start_job: StartJob
) -> Iterator[Step]:
    """Views of a few frames, then the job that puts them together, and so on."""
    pictures, missing = plan.pictures(), plan.missing(folder, frames)
    for _ in range((len(frames) - len(missing)) * len(pictures)):
        yield False
    width, height = plan.size
    for start in range(0, len(missing), CHUNK):
        chunk = missing[start : start + CHUNK]
        yield from picture_steps(scene_named(name), folder, chunk, pictures, render)
        asked = {
            "views": str(folder / VIEWS),
            "frames": str(folder),
            "numbers": chunk,
            "coverage": plan.coverage,
            "width": width,
            "height": height,
            "packing": plan.packing,
        }
        yield from job_steps(start_job("sphere", asked))
    with suppress(OSError):  # what else lies there stays
        (folder / VIEWS).rmdir()


def _lacks_surround(project: Project) -> bool:
    return bool(surround_files.missing(project.folder, project.manifest))


class _Around:
    """What is around the footage of a scene, as it was before the render."""

    def __init__(self, scene: bpy.types.Scene) -> None:
        self._scene = scene.name
        collection = stage.find_collection(scene)
        self._kind = surround.surround_kind(collection)
        self._shown = surround.is_shown(collection)
        self._edge = surround.edge_shown()

    def put(self, project: Project, kind: str) -> None:
        scene = scene_named(self._scene)
        collection = stage.find_collection(scene)
        if surround.surround_kind(collection) != kind or kind == surround.BLUR:
            surround.add_surround(collection, project, kind)
        surround.show_surround(collection, True)

    def hide(self) -> None:
        if self._kind:  # the soft edge is one for all scenes: others keep theirs
            surround.show_surround(stage.find_collection(scene_named(self._scene)), False)

    def restore(self, project: Project) -> None:
        with suppress(SecondEyeError):  # the scene is gone, or its surround is stale by now
            scene = scene_named(self._scene)
            collection = stage.find_collection(scene)
            if not self._kind:
                surround.remove_surround(collection)
                surround.set_edge_shown(self._edge)
                return
            if surround.surround_kind(collection) != self._kind:
                surround.add_surround(collection, project, self._kind)
            surround.show_surround(collection, self._shown)
