# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
from bpy_extras.io_utils import ExportHelper

from ...core.errors import SecondEyeError, UsageError
from ...core.project import Project
from ...core.project.behind import colour_path
from .. import stage
from ..stage import exporting
from . import where
from .task import idle

STILL = (".glb", ".gltf", ".ply")
MOVING = (".usd", ".usdc", ".usda", ".usdz", ".abc")


class SECOND_EYE_OT_export_relief(bpy.types.Operator, ExportHelper):
    """Write the relief for other programs: glTF, PLY or USD of the current frame, or the whole shot
    as USD or Alembic. In world space, with texture coordinates and a colour on every point"""

    bl_idname = "second_eye.export_relief"
    bl_label = "Export Relief"
    bl_options = {"REGISTER"}

    filename_ext = ".glb"
    check_extension = None  # the name's own ending says the format
    filter_glob: bpy.props.StringProperty(
        default=";".join(f"*{ending}" for ending in STILL + MOVING), options={"HIDDEN"}
    )
    whole_shot: bpy.props.BoolProperty(
        name="Whole Shot",
        description="Every frame of the shot, as USD or Alembic; otherwise the current one alone",
        default=False,
    )
    cut_steps: bpy.props.BoolProperty(
        name="Cut Steps",
        description="Leave out the faces that stretch from a near thing to what lies behind it",
        default=True,
    )
    layers: bpy.props.BoolProperty(
        name="Layers",
        description="With the background plate behind the foreground, as a mesh of its own, where "
        "the shot has layers of its depth of today",
        default=True,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return where.is_built(cls, context.scene, changes=False) and idle(cls)

    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        try:
            path = self._path()
            project = Project.open(stage.project_folder(stage.find_collection(scene)))
            relief = _relief(context, project)
            with _as_found(context):
                if self.whole_shot:
                    said = _write_shot(context, relief, path, self.cut_steps, self.layers)
                else:
                    said = _write_frame(context, project, relief, path, self.cut_steps, self.layers)
        except SecondEyeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"{path.name}: {said}.")
        return {"FINISHED"}

    def _path(self) -> Path:
        path = Path(bpy.path.abspath(self.filepath))
        ending = path.suffix.lower()
        if ending not in STILL + MOVING:
            known = ", ".join(STILL + MOVING)
            raise UsageError(f'"{path.name}" tells no format: let it end in one of {known}.')
        if self.whole_shot and ending not in MOVING:
            raise UsageError(f"{ending} holds one frame: choose USD or Alembic for a whole shot.")
        if not path.parent.is_dir():
            raise UsageError(f"{path.parent} is no folder: choose another one.")
        return path


def _relief(context: bpy.types.Context, project: Project) -> bpy.types.Object:
    """The active relief, else the one whose shot the current frame shows."""
    reliefs = stage.reliefs(stage.find_collection(context.scene))
    if context.object in reliefs:
        return context.object
    frame = stage.timeline_frame(context.scene, context.scene.frame_current)
    first, last = project.manifest.first, project.manifest.last
    for relief in reliefs:
        start, end = stage.span(relief)
        if start <= min(max(frame, first), last) <= end:
            return relief
    raise UsageError("No relief shows the current frame: press Build Scene again.")


@contextlib.contextmanager
def _as_found(context: bpy.types.Context) -> Iterator[None]:
    """Selection, frame and range are afterwards what they were."""
    scene, layer = context.scene, context.view_layer
    chosen, active = list(context.selected_objects), layer.objects.active
    times = scene.frame_current, scene.frame_start, scene.frame_end
    try:
        yield
    finally:
        for found in chosen:
            found.select_set(True)
        layer.objects.active = active
        scene.frame_start, scene.frame_end = times[1:]
        scene.frame_set(times[0])


def _select(context: bpy.types.Context, found: list[bpy.types.Object]) -> None:
    for other in list(context.selected_objects):
        other.select_set(False)
    for one in found:
        one.select_set(True)
    context.view_layer.objects.active = found[0]


def _write_frame(
    context: bpy.types.Context,
    project: Project,
    relief: bpy.types.Object,
    path: Path,
    cut: bool,
    layers: bool,
) -> str:
    scene = context.scene
    start, end = stage.span(relief)
    frame = min(max(stage.timeline_frame(scene, scene.frame_current), start), end)
    scene.frame_set(stage.scene_frame(scene, frame))
    ending = path.suffix.lower()
    behind = colour_path(project.folder, frame)
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="second-eye-")))
        plate = _named(project.plate_path(frame), scratch / path.stem)
        cover = None
        if layers and behind.is_file():
            cover = _named(behind, scratch / f"{path.stem}_behind")
        found = stack.enter_context(
            exporting.still(scene, relief, cut, (plate, cover), by_corner=ending == ".abc")
        )
        counts = [len(one.data.polygons) for one in found]
        if not counts[0]:
            raise SecondEyeError(
                f"The relief of frame {frame} is nothing but steps: switch Cut Steps off."
            )
        _select(context, found)
        if ending in (".glb", ".gltf"):
            _whole(path, _gltf)
        elif ending == ".ply":
            _whole(path, _ply)
        elif ending == ".abc":
            now = scene.frame_current
            _whole(path, lambda name: _alembic(name, now, now))
        else:
            _whole(path, lambda name: _usd(name, False))
    said = f"{sum(counts)} faces of frame {frame}"
    return f"{said}, {counts[1]} of them behind the foreground" if counts[1:] else said


def _named(picture: Path, stem: Path) -> Path:
    """A copy under the export's own name: exporters write textures by their files' names beside the
    export, where ``000001.jpg`` may be a picture of the artist's."""
    copy = stem.with_name(f"{stem.name}_{picture.name}")
    shutil.copyfile(picture, copy)
    return copy


def _write_shot(
    context: bpy.types.Context, relief: bpy.types.Object, path: Path, cut: bool, layers: bool
) -> str:
    scene = context.scene
    start, end = (stage.scene_frame(scene, frame) for frame in stage.span(relief))
    alembic = path.suffix.lower() == ".abc"
    with exporting.moving(scene, relief, cut, layers, by_corner=alembic) as found:
        _select(context, found)
        scene.frame_start, scene.frame_end = start, end
        scene.frame_set(start)
        if alembic:
            _whole(path, lambda name: _alembic(name, start, end))
        else:
            _whole(path, lambda name: _usd(name, True))
    return f"{end - start + 1} frames of {relief.name}"


def _whole(path: Path, write: Callable[[str], Any]) -> None:
    """Write under a name of its own in a folder beside ``path``, then take it and what belongs to
    it there: a failed export leaves what stood at ``path``."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=".second-eye-", dir=path.parent))
    except OSError as error:
        raise SecondEyeError(
            f"{path.parent} can't be written ({error.strerror}): choose another folder."
        ) from error
    try:
        write(str(folder / path.name))
        made = sorted(folder.iterdir(), key=lambda p: p.name == path.name)
        if not made or made[-1].name != path.name:
            raise SecondEyeError(f"Blender's exporter wrote no {path.name}: see its console.")
        for file in made:  # what belongs to it first: textures, buffers
            _take(file, path.parent / file.name)
    except (OSError, RuntimeError) as error:
        raise SecondEyeError(f"{path} could not be written ({error}).") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _take(source: Path, target: Path) -> None:
    if source.is_dir():
        target.mkdir(exist_ok=True)
        for file in source.iterdir():
            _take(file, target / file.name)
    else:
        os.replace(source, target)


def _gltf(name: str) -> None:
    bpy.ops.export_scene.gltf(
        filepath=name,
        export_format="GLB" if name.lower().endswith(".glb") else "GLTF_SEPARATE",
        use_selection=True,
        export_animations=False,
        export_normals=False,
    )


def _ply(name: str) -> None:
    bpy.ops.wm.ply_export(
        filepath=name,
        export_selected_objects=True,
        export_colors="SRGB",
        export_uv=True,
        forward_axis="Y",
        up_axis="Z",
    )


def _usd(name: str, animated: bool) -> None:
    bpy.ops.wm.usd_export(
        filepath=name,
        selected_objects_only=True,
        export_animation=animated,
        export_materials=not animated,
        evaluation_mode="RENDER",
    )


def _alembic(name: str, start: int, end: int) -> None:
    bpy.ops.wm.alembic_export(
        filepath=name,
        selected=True,
        start=start,
        end=end,
        uvs=True,
        vcolors=True,
        evaluation_mode="RENDER",
        as_background_job=False,
    )


def _menu(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    menu.layout.operator(
        SECOND_EYE_OT_export_relief.bl_idname,
        text="Second Eye Relief (.glb/.ply/.usd/.abc)",
    )


def register() -> None:
    bpy.types.TOPBAR_MT_file_export.append(_menu)


def unregister() -> None:
    bpy.types.TOPBAR_MT_file_export.remove(_menu)


CLASSES = (SECOND_EYE_OT_export_relief,)
