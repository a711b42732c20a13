# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import bpy

from ...core.errors import SecondEyeError
from ...core.project import Project
from .. import rigs, stage
from ..stage.edits import changed, edits_of, lacking
from . import where
from .task import idle


class SECOND_EYE_OT_bake_camera(bpy.types.Operator):
    """Write the stereo camera's frames into the depth project, for conversion without a render"""

    bl_idname = "second_eye.bake_camera"
    bl_label = "Bake Camera"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return where.is_built(cls, context.scene, changes=False) and idle(cls)

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        try:
            project = Project.open(stage.project_folder(stage.find_collection(scene)))
            baked = rigs.bake_camera(scene, project)
        except SecondEyeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        said = f"Baked {len(baked.interocular)} frames into {project.folder.name}."
        said = " ".join(filter(None, [said, baked.left_out]))
        for relief in stage.reliefs(stage.find_collection(scene)):
            for edit in edits_of(relief):
                said = " ".join(filter(None, [said, lacking(edit) or changed(edit, scene)]))
        if rigs.comparing(scene):
            said += " Repair, Split and Depth View stay in Blender: a conversion without a render "
            said += "shows the repaired depth throughout."
        self.report({"INFO"}, said)
        return {"FINISHED"}


CLASSES = (SECOND_EYE_OT_bake_camera,)
