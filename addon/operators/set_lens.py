# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import bpy
from bpy.props import EnumProperty

from ...core.errors import SecondEyeError, UsageError
from ...core.project import LensRecord, Project
from .. import rigs
from ..stage import solve
from . import where
from .task import idle


class SECOND_EYE_OT_set_lens(bpy.types.Operator):
    """Set the lens of the footage camera in the depth project, and in the scene built from it"""

    bl_idname = "second_eye.set_lens"
    bl_label = "Set Lens"
    bl_options = {"REGISTER", "UNDO"}

    source: EnumProperty(
        name="From",
        description="What tells the lens",
        items=(
            ("ARTIST", "Artist", "The focal length and sensor width that are set in the panel"),
            ("METADATA", "Metadata", "What the clip's file says"),
            ("MOVIE_CLIP", "Movie Clip", "The tracking camera of the movie clip"),
            ("DEFAULT", "Assumed", "A focal length as long as the sensor is wide: 53 degrees"),
        ),
        default="ARTIST",
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not idle(cls):
            return False
        folder = where.known_project(context.scene)
        manifest = where.manifest_or_none(folder) if folder else None
        if manifest is None:
            cls.poll_message_set("Analyse a clip first")
        elif manifest.solve is not None:
            cls.poll_message_set("The camera solve brings its own lens: press Forget Solve first")
        return manifest is not None and manifest.solve is None

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        try:
            folder = where.known_project(scene)
            project = Project.open(folder or where.project_folder(scene))
            lens = self._lens(scene, project)
            project.manifest.lens = lens
            project.save()
            self._show(scene, project)
        except SecondEyeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        angle = "assumed" if lens.source == "default" else f"from: {lens.source}"
        self.report({"INFO"}, f"The lens is {36.0 * lens.focal_over_width:.1f} mm ({angle}).")
        return {"FINISHED"}

    def _lens(self, scene: bpy.types.Scene, project: Project) -> LensRecord:
        told = project.manifest.lens.metadata
        if self.source == "METADATA":
            if told is None:
                raise UsageError("The clip's metadata tell no focal length: set it by hand.")
            return LensRecord(told, "metadata", told)
        if self.source == "MOVIE_CLIP":
            clip = solve.solved_clip(scene)
            if clip is None:
                raise UsageError("No movie clip is loaded: open the clip in the Movie Clip Editor.")
            return LensRecord(solve.clip_lens(clip), "movie clip", told)
        if self.source == "DEFAULT":
            return LensRecord(metadata=told)
        settings = scene.second_eye
        return LensRecord(settings.focal_length / settings.sensor_width, "artist", told)

    def _show(self, scene: bpy.types.Scene, project: Project) -> None:
        """In the scene, where it was built from this project."""
        try:
            if where.built_folder(scene).resolve() != project.folder.resolve():
                return
        except SecondEyeError:
            return
        solve.show_lens(project, scene)
        settings = scene.second_eye
        budget, drift = settings.depth_budget / 100.0, settings.drift
        rigs.refit_shots(scene, project, project.manifest.shots, budget, drift)


CLASSES = (SECOND_EYE_OT_set_lens,)
