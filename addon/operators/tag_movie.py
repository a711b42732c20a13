# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ...core.errors import SecondEyeError, UsageError
from .. import preferences, rigs
from ..engine import interpreter, session
from ..engine.client import EngineJob
from ..output import movie_tags
from ..output.plan import SPHERES
from . import where
from .task import TaskOperator, idle

_LAYOUTS = (
    ("AUTO", "As Rendered", "The packing of this scene's Output section"),
    ("left-right", "Side by Side", "The left eye's picture on the left"),
    ("right-left", "Side by Side, Crossed", "The left eye's picture on the right"),
    ("top-bottom", "Top-Bottom", "The left eye's picture on top"),
    ("multiview", "Two Views (MV-HEVC)", "HEVC with an eye in each of two layers"),
    ("mono", "One Eye", "Takes stereo tags away"),
)
_PROJECTIONS = (
    ("AUTO", "As Rendered", "VR180 or 360 degrees where the camera is such a panorama, else flat"),
    ("rectangular", "Flat", "An ordinary picture"),
    ("vr180", "VR180", "Half of the sphere, equirectangular"),
    ("vr360", "360 Degrees", "The whole sphere, equirectangular"),
    ("fisheye", "Fisheye", "A fisheye lens's circle"),
)


class Choice:
    """What both operators below are told."""

    filepath: StringProperty(
        name="Movie", description="Empty: this scene's stereo movie", subtype="FILE_PATH"
    )
    output: StringProperty(
        name="Tagged Movie",
        description="Where the tagged movie goes: .mp4, .mov or .mkv. Empty: in the movie's place",
        subtype="FILE_PATH",
    )
    eyes: EnumProperty(name="Layout", description="Where the eyes are", items=_LAYOUTS)
    projection: EnumProperty(
        name="Projection", description="What surface the picture belongs on", items=_PROJECTIONS
    )
    use_camera: BoolProperty(
        name="Camera's Numbers",
        description="Tell baseline, field of view and disparity adjustment of the scene's stereo "
        "camera at the current frame. The baseline is 64 mm where the scene isn't in metres",
        default=True,
    )


class SECOND_EYE_OT_tag_movie(Choice, TaskOperator, bpy.types.Operator):
    """Tell players that a movie is stereo, VR180 or spatial video; no picture is encoded again"""

    bl_idname = "second_eye.tag_movie"
    bl_label = "Tag Movie"
    title = "Tag Movie"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return idle(cls)

    def start(self, context: bpy.types.Context) -> session.Task:
        scene = context.scene
        movie = Path(bpy.path.abspath(self.filepath)) if self.filepath else rendered(scene)
        output = Path(bpy.path.abspath(self.output)) if self.output else movie
        if not movie.is_file():
            raise UsageError(f"{movie} does not exist: render it first, or choose a movie.")
        camera = _camera(scene)
        layout, projection = self.eyes, self.projection
        if layout == "AUTO":
            layout = movie_tags.layout_as_rendered(scene)
        if projection == "AUTO":
            kind = scene.second_eye_render.kind
            projection = SPHERES.get(kind) or movie_tags.projection_of(camera)
        rig = None
        if self.use_camera:
            rig = movie_tags.rig_of(camera, where.built_manifest(scene))
        chosen = preferences.get(context)
        python = interpreter.find(chosen.engine_mode, chosen.engine_python)
        arguments = {
            "movie": str(movie),
            "output": str(output),
            "layout": layout,
            "projection": projection,
            "rig": rig,
        }
        return EngineJob(python, "tag", arguments)

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> str:
        return str(value["message"])


class SECOND_EYE_OT_choose_movie(Choice, bpy.types.Operator):
    """Tell players that the rendered movie is stereo; no picture is encoded again"""

    bl_idname = "second_eye.choose_movie"
    bl_label = "Tag Rendered Movie..."

    filter_glob: StringProperty(
        default="*.mp4;*.mov;*.m4v;*.mkv;*.webm;*.hevc;*.265", options={"HIDDEN"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return idle(cls)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        try:
            self.filepath = str(rendered(context.scene))
        except SecondEyeError:
            self.filepath = ""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        # The browser calls this; the copy itself must not hold up Blender's window.
        how = "EXEC_DEFAULT" if bpy.app.background else "INVOKE_DEFAULT"
        try:
            bpy.ops.second_eye.tag_movie(
                how,
                filepath=self.filepath,
                output=self.output,
                eyes=self.eyes,
                projection=self.projection,
                use_camera=self.use_camera,
            )
        except RuntimeError as error:  # what the other operator reported
            self.report({"ERROR"}, str(error).removeprefix("Error: ").strip())
            return {"CANCELLED"}
        return {"FINISHED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        for name in ("eyes", "projection", "use_camera", "output"):
            layout.prop(self, name)


def _camera(scene: bpy.types.Scene) -> bpy.types.Object | None:
    """The stereo camera of a built scene, else the scene's own."""
    try:
        return rigs.find_stereo_camera(scene) or scene.camera
    except SecondEyeError:
        return scene.camera


def rendered(scene: bpy.types.Scene) -> Path:
    """The stereo movie that this scene renders. Raises UsageError where it has no project."""
    project = where.known_project(scene)
    if project is None and not scene.second_eye.output_path:
        raise UsageError("This scene renders no stereo movie yet: choose a movie.")
    return where.movie_path(scene, project or Path())


CLASSES = (SECOND_EYE_OT_tag_movie, SECOND_EYE_OT_choose_movie)
