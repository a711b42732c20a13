# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import bpy

from ...core.errors import SecondEyeError
from ...core.project import Project
from .. import rigs, stage
from . import startup_cube, where
from .task import idle


class SECOND_EYE_OT_build_scene(bpy.types.Operator):
    """Show the analysed clip as a relief, with a stereo camera. Building again replaces it"""

    bl_idname = "second_eye.build_scene"
    bl_label = "Build Scene"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not where.has_project(context.scene):
            cls.poll_message_set("Analyse a clip first")
            return False
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
            rigs.make_stereo_camera(
                scene, project, budget=settings.depth_budget / 100.0, drift=settings.drift
            )
        except SecondEyeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        hidden = " The start-up cube is hidden." if startup_cube.hide(scene) else ""
        shots = len(built.reliefs)
        self.report(
            {"INFO"},
            f"Built {project.folder.name}: {shots} shot{'s' if shots > 1 else ''}, "
            f"frames {scene.frame_start} to {scene.frame_end}.{hidden}",
        )
        return {"FINISHED"}


CLASSES = (SECOND_EYE_OT_build_scene,)
