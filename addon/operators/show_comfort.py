# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import bpy

from ...core.errors import SecondEyeError
from ...core.plot import comfort as graph
from ...core.project import Project, atomic
from ...core.stereo import measure
from ...core.stereo.report import as_report, summary_line
from .. import stage
from ..engine import session
from ..engine.no_task import NoTask
from ..rigs import find_stereo_camera
from ..rigs.shown import shown
from ..rigs.viewing import viewing_of
from ..rigs.window_bake import baked_window
from ..stage.depth_tables import comfort_tables
from . import image_editor, where
from .tables_job import tables_job
from .task import TaskOperator, idle

REPORT, GRAPH = "comfort.json", "comfort.png"


class SECOND_EYE_OT_show_comfort(TaskOperator, bpy.types.Operator):
    """Judge every frame as the stereo camera shows it now, on the screen that is chosen: draw
    parallax, limits, cuts and window violations along the timeline in an Image Editor, and write
    the picture and a JSON report beside the depth project"""

    bl_idname = "second_eye.show_comfort"
    bl_label = "Show Comfort"
    bl_options = {"REGISTER", "UNDO"}
    title = "Show Comfort"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        scene = context.scene
        if not where.is_built(cls, scene, changes=False) or not where.has_built_project(cls, scene):
            return False
        if where.stereo_camera_of(scene) is None:
            cls.poll_message_set("The scene has no stereo camera any more: press Build Scene again")
            return False
        return idle(cls)

    def start(self, context: bpy.types.Context) -> session.Task:
        project = Project.open(where.built_folder(context.scene))
        # By its name: an undo while the job runs gives the scene a new address.
        self._scene, self._folder = context.scene.name, project.folder
        if not project.manifest.complete:
            raise SecondEyeError(
                f"{project.folder} is not analysed to its end: press Analyse to go on."
            )
        return tables_job(context, project) or NoTask()

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> str:
        scene: bpy.types.Scene | None = bpy.data.scenes.get(self._scene)
        if scene is None:
            raise SecondEyeError(
                f'The scene "{self._scene}" was removed or renamed meanwhile: press Show Comfort '
                "again."
            )
        project = Project.open(self._folder)
        manifest, viewing, state = project.manifest, viewing_of(scene), shown(scene, project)
        depths = state.depths(project, comfort_tables(project))
        camera = find_stereo_camera(scene)
        if camera is not None:  # as the scene shows it, baked or not
            frames = [stage.scene_frame(scene, n) for n in manifest.frames]
            manifest.window = baked_window(camera, frames)
        told = measure(manifest, depths, state.rigs, viewing, toed=state.toed)
        shots = [(shot.name, shot.first) for shot in manifest.shots]
        picture = graph.draw(told, viewing, shots, stage.scene_frame(scene, 0))
        report = as_report(told, state.rigs, viewing, manifest, "scene")
        data = (json.dumps(report, indent=1, ensure_ascii=False) + "\n").encode()
        path = _write(project.folder, {REPORT: data, GRAPH: picture.png()})
        image_editor.show(context, image_editor.load(path))
        return f"{summary_line(told, viewing)} Drawn in {path}."


def _write(project: Path, files: dict[str, bytes]) -> Path:
    """Beside the project; where that can't be written, into the folder for temporary files.
    Returns the picture."""
    stem = project.name.removesuffix(where.SUFFIX)
    error: SecondEyeError | None = None
    for folder in (project.parent, Path(bpy.app.tempdir or tempfile.gettempdir())):
        try:
            for name, data in files.items():
                atomic.write_bytes(folder / f"{stem}_{name}", data)
            return folder / f"{stem}_{GRAPH}"
        except SecondEyeError as raised:
            error = raised
    raise error or SecondEyeError("Nothing to write.")


CLASSES = (SECOND_EYE_OT_show_comfort,)
