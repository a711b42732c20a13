# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty


class SECOND_EYE_OT_import_clip(bpy.types.Operator):
    """Choose a movie, or one picture of a numbered sequence"""

    bl_idname = "second_eye.import_clip"
    bl_label = "Import Clip"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(name="Clip", subtype="FILE_PATH")
    movie_clip: StringProperty(
        name="Movie Clip", description="Name of a movie clip that is loaded already"
    )
    filter_movie: BoolProperty(default=True, options={"HIDDEN"})
    filter_image: BoolProperty(default=True, options={"HIDDEN"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self.movie_clip:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.second_eye
        if self.movie_clip:
            clip: bpy.types.MovieClip | None = bpy.data.movieclips.get(self.movie_clip)
            if clip is None:
                self.report({"ERROR"}, f"This .blend has no movie clip {self.movie_clip!r}.")
                return {"CANCELLED"}
            settings.source, settings.movie_clip = "MOVIE_CLIP", clip
        else:
            path = Path(bpy.path.abspath(self.filepath))
            if not self.filepath or not path.exists():
                self.report({"ERROR"}, f"{path} does not exist: choose a movie or a picture.")
                return {"CANCELLED"}
            settings.source, settings.clip_path = "FILE", str(path)
        # Another clip: the old one's range and project are not its own.
        for name in ("first", "last", "project_folder", "output_path"):
            settings.property_unset(name)
        return {"FINISHED"}


CLASSES = (SECOND_EYE_OT_import_clip,)
