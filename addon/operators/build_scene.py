# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import bpy

from ...core.errors import SecondEyeError
from ...core.project import Project
from .. import stage
from . import where
from .task import idle


class SECOND_EYE_OT_build_scene(bpy.types.Operator):
    """Show the analysed clip as a relief, with its stereo camera. Building again replaces it"""

    bl_idname = "second_eye.build_scene"
    bl_label = "Build Scene"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return idle(cls)

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        settings = scene.second_eye
        try:
            project = Project.open(where.project_folder(scene))
            if not project.manifest.complete:
                raise SecondEyeError(
                    f"{project.folder} is not analysed to its end: press Analyse to go on."
                )
            built = stage.build_scene(
                project,
                scene,
                columns=settings.columns or None,
                start=settings.start,
                points=settings.kind == "POINTS",
            )
        except SecondEyeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Built {len(built.reliefs)} shots from {project.folder.name}.")
        return {"FINISHED"}


CLASSES = (SECOND_EYE_OT_build_scene,)
