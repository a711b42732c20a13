# SPDX-License-Identifier: GPL-3.0-or-later
"""Which clip and which project folder a scene means."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import bpy

from ...core.errors import SecondEyeError, UsageError
from ...core.project import MANIFEST_NAME, Manifest, Project
from ...core.project.files import FrameFiles
from .. import stage
from ..output.plan import SUFFIXES
from ..stage import linked, roles

SUFFIX = ".secondeye"

_manifests: dict[Path, tuple[int, Manifest]] = {}


def clip_path(scene: bpy.types.Scene) -> Path:
    """The footage's absolute path. Raises UsageError where none is chosen or it is gone."""
    settings = scene.second_eye
    if settings.source == "MOVIE_CLIP":
        clip = settings.movie_clip
        if clip is None:
            raise UsageError("No movie clip is chosen: choose one in the Clip section.")
        path = bpy.path.abspath(clip.filepath, library=clip.library)
    else:
        path = bpy.path.abspath(settings.clip_path)
    if not path:
        raise UsageError("No clip is chosen: press Import Clip first.")
    found = Path(path)
    if not found.exists():
        raise UsageError(f"{found} does not exist: choose the clip again.")
    return found


def has_clip(scene: bpy.types.Scene) -> bool:
    """Whether a clip is chosen, without a look at the disk (for ``poll``)."""
    settings = scene.second_eye
    return bool(settings.movie_clip if settings.source == "MOVIE_CLIP" else settings.clip_path)


def project_folder(scene: bpy.types.Scene) -> Path:
    """The depth project's folder, chosen or by default. Raises UsageError without a clip.

    A chosen one that is gone is looked for beside the .blend: both may have moved together.
    """
    chosen = scene.second_eye.project_folder
    if chosen:
        folder = Path(bpy.path.abspath(chosen))
        moved = stage.beside_blend(folder.name)
        if moved is not None and not Project.exists(folder) and Project.exists(moved):
            return moved
        return folder
    clip = clip_path(scene)
    stem, beside = clip.stem, clip.parent
    if clip.suffix.lower() in bpy.path.extensions_image:  # its folder holds the whole sequence
        stem, beside = beside.name, beside.parent
    elif clip.is_dir():
        stem = clip.name
    if bpy.data.filepath:
        beside = Path(bpy.data.filepath).parent
    return beside / f"{stem}{SUFFIX}"


def is_sequence(clip: Path) -> bool:
    """Whether the footage is a numbered run of pictures, which has no rate of its own."""
    return clip.is_dir() or clip.suffix.lower() in bpy.path.extensions_image


def sequence_rate(scene: bpy.types.Scene) -> list[int] | None:
    """The scene's rate as [numerator, denominator] for a new project of an image sequence.

    Blender plays a sequence at the scene's rate, so that is the rate the artist has seen.
    None for a movie, and for a project that has its rate already.
    """
    if not is_sequence(clip_path(scene)) or (project_folder(scene) / MANIFEST_NAME).exists():
        return None
    render = scene.render
    rate = (Fraction(render.fps) / Fraction(render.fps_base)).limit_denominator(1001)
    return [rate.numerator, rate.denominator]


def manifest(folder: Path) -> Manifest | None:
    """The project's manifest, read anew only when the file has changed; None without a project.

    For panels, which ask many times a second. Raises SecondEyeError for a damaged one.
    """
    try:
        stamp = (folder / MANIFEST_NAME).stat().st_mtime_ns
    except OSError:
        return None
    known = _manifests.get(folder)
    if known is None or known[0] != stamp:
        known = (stamp, Project.open(folder).manifest)
        if len(_manifests) > 3:  # a scene's project, and the one that it was built from
            _manifests.clear()
        _manifests[folder] = known
    return known[1]


def has_project(scene: bpy.types.Scene) -> bool:
    """Whether a depth project stands where this scene looks for it (for ``poll``)."""
    try:
        return Project.exists(project_folder(scene))
    except UsageError:
        return False


def is_built(
    operator: type[bpy.types.Operator],
    scene: bpy.types.Scene,
    *,
    changes: bool = True,
    rebuilds: bool = False,
) -> bool:
    """For ``poll``: whether the scene holds a relief, and one that can be changed here if the
    operator ``changes`` it, or ``rebuilds`` it, which a library override can't be; with the reason
    as its message."""
    reason = "" if stage_of(scene) else "Press Build Scene first"
    if rebuilds:
        reason = reason or linked.overridden(scene)
    elif changes:
        reason = reason or linked.linked(scene)
    if reason:
        operator.poll_message_set(reason)
    return not reason


def stage_of(scene: bpy.types.Scene) -> bpy.types.Collection | None:
    """The collection that Build Scene made; None where nothing is built. For panels."""
    try:
        return stage.find_collection(scene)
    except SecondEyeError:
        return None


def stereo_camera_of(scene: bpy.types.Scene) -> bpy.types.Object | None:
    """The built scene's stereo camera; None where nothing is built, or it was deleted."""
    collection = stage_of(scene)
    camera = None if collection is None else roles.with_role(collection, roles.STEREO)
    return camera if camera is not None and camera.name in scene.objects else None


def has_built_project(operator: type[bpy.types.Operator], scene: bpy.types.Scene) -> bool:
    """For ``poll``: whether the built scene's project can be read, with the reason likewise."""
    there = built_manifest(scene) is not None
    if not there:
        operator.poll_message_set(
            "The depth project of this scene is gone: put it back, or build another one"
        )
    return there


NOT_LIVE = "The scene shows no depth from before repair: analyse the clip, then build it again"


def built_folder(scene: bpy.types.Scene) -> Path:
    """The folder of the project that the scene was built from. Raises SecondEyeError."""
    return stage.project_folder(stage.find_collection(scene))


def manifest_or_none(folder: Path) -> Manifest | None:
    """As `manifest`; None for a damaged one, too."""
    try:
        return manifest(folder)
    except SecondEyeError:
        return None


def built_manifest(scene: bpy.types.Scene) -> Manifest | None:
    """Its manifest; None where nothing is built, or it can't be read."""
    try:
        return manifest_or_none(built_folder(scene))
    except SecondEyeError:
        return None


def known_project(scene: bpy.types.Scene) -> Path | None:
    """The folder of the built project, else of the one that the scene names; None without one."""
    for find in (built_folder, project_folder):
        try:
            folder = find(scene)
        except SecondEyeError:
            continue
        if Project.exists(folder):
            return folder
    return None


def lacks_raw(scene: bpy.types.Scene) -> str:
    """Why nothing can be repaired again in a built scene; "" where it can. For ``poll``."""
    found = built_manifest(scene)
    if found is None:
        return "The depth project of this scene is gone: put it back, or build another one"
    if not FrameFiles(built_folder(scene), found).base_path(found.first).is_file():
        return "This project keeps no depth from before repair: press Analyse to make it"
    return ""


def shown_relief(context: bpy.types.Context) -> bpy.types.Object | None:
    """The selected relief, else the one whose shot plays at the current frame."""
    try:
        found = stage.reliefs(stage.find_collection(context.scene))
    except SecondEyeError:
        return None
    active = context.object
    if active in found:
        return active
    visible = [relief for relief in found if not relief.hide_render]
    return next(iter(visible or found), None)


def movie_path(scene: bpy.types.Scene, project: Path) -> Path:
    """The rendered movie's file, chosen or by default."""
    chosen = scene.second_eye.output_path
    if not chosen:
        kind = SUFFIXES[scene.second_eye_render.kind]
        return project.with_name(f"{project.name.removesuffix(SUFFIX)}_{kind}.mp4")
    path = Path(bpy.path.abspath(chosen))
    return path if path.suffix else path.with_suffix(".mp4")
