# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import tempfile
from pathlib import Path

import bpy

from ...core.errors import SecondEyeError
from ...core.plot import Canvas, flicker
from ...core.project import Project
from .. import stage
from . import image_editor, where

PICTURE = "flicker.png"


class SECOND_EYE_OT_show_flicker(bpy.types.Operator):
    """Draw how much the depth of each frame flickers, before and after repair, and show it in an
    Image Editor: peaks are where to look"""

    bl_idname = "second_eye.show_flicker"
    bl_label = "Show Flicker"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        folder = where.known_project(context.scene)
        if folder is None:
            cls.poll_message_set("Analyse a clip first")
            return False
        if not (folder / flicker.NAME).is_file():
            cls.poll_message_set("This project has no flicker figures: press Analyse to make them")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        try:
            project = Project.open(where.known_project(scene) or where.project_folder(scene))
            figures = flicker.read_flicker(project.folder)
            if figures is None:
                raise SecondEyeError(
                    f"{project.folder / flicker.NAME} is missing: press Analyse to make it."
                )
            shots = [(shot.name, shot.first) for shot in project.manifest.shots]
            picture = flicker.draw(figures, shots, _offset(scene, project))
            path = _write(picture, project.folder)
        except SecondEyeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        image_editor.show(context, image_editor.load(path))
        self.report({"INFO"}, f"Drawn in {path}.")
        return {"FINISHED"}


def _offset(scene: bpy.types.Scene, project: Project) -> int:
    """The plot counts as the timeline below it does, where this project is built."""
    try:
        built = where.built_folder(scene)
    except SecondEyeError:
        return 0
    return stage.scene_frame(scene, 0) if built == project.folder else 0


def _write(picture: Canvas, folder: Path) -> Path:
    """Into the project; where that can't be written, into the folder for temporary files."""
    path = folder / PICTURE
    try:
        picture.write_png(path)
    except OSError:
        path = Path(bpy.app.tempdir or tempfile.gettempdir()) / PICTURE
        try:
            picture.write_png(path)
        except OSError as error:
            raise SecondEyeError(
                f"{path} can't be written ({error.strerror}): make room on its disk."
            ) from error
    return path


CLASSES = (SECOND_EYE_OT_show_flicker,)
