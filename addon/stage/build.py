# SPDX-License-Identifier: GPL-3.0-or-later
"""From a depth project to a scene that plays and renders without the add-on."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ...core.errors import SecondEyeError, UsageError
from ...core.project import Project, Shot
from ..steps import Steps, in_one_go
from . import compat
from .behind import refresh_behind_steps, remove_behind
from .carry import carry_settings, mark
from .depth_pixels import check_pictures
from .detail import level_objects, remove_unused
from .edits import copy_stack, edits_of
from .footage_camera import footage_camera
from .images import load_raw, load_sequence
from .locks import locked
from .markers import refresh_markers
from .relief_group import relief_group_steps
from .sampling import ADAPTIVE, GRID, Planes, adaptive_planes, finest_pitch, grid_planes
from .settings import configure_scene
from .shadow_catcher import refresh_catcher
from .shot import (
    Sources,
    first_material,
    hang_from,
    is_relief,
    materials,
    object_name,
    relief_modifier,
    rename,
    shot_object,
)
from .surround import refresh_surround

COLLECTION = "Second Eye"
_SPAN = ("First", "Last")
COLUMNS, SAMPLING = "second_eye_columns", "second_eye_sampling"
"""On the collection: what it was built with."""


@dataclass(frozen=True)
class StageObjects:
    """What was built: the collection, the footage camera, and one relief a shot, in order."""

    collection: bpy.types.Collection
    camera: bpy.types.Object
    reliefs: tuple[bpy.types.Object, ...]


def build_steps(
    project: Project,
    scene: bpy.types.Scene,
    *,
    sampling: str = GRID,
    columns: int | None = None,
    start: int = 1,
    points: bool = False,
    collection_name: str = COLLECTION,
) -> Steps[StageObjects]:
    """Show ``project`` in ``scene``: scene frame s shows timeline frame s - start + first.

    ``sampling``: "ADAPTIVE" takes each shot's own pattern, "GRID" a grid of ``columns`` cells
    across the picture, at most one per depth pixel (the default, up to 640). ``points``: clouds of
    points instead of surfaces. Building again replaces the reliefs; cameras, edits and the settings
    of locked shots stay.
    Sets the scene's rate, size, range, colours and engine.

    Between the pieces nothing else may change the scene. What is new is made before anything old
    goes, and both change places in one piece. Raises SecondEyeError where a picture is missing, the
    shots' first depth pictures can't be read, or a shot has no pattern of its depth of today;
    UsageError on start < 0. Then nothing changed.
    """
    manifest = project.manifest
    if start < 0:
        raise UsageError(f"A scene can't start at frame {start}: Blender starts at 0 or later.")
    check_pictures(project)
    yield
    planes: dict[int, Planes | None] = {}
    # A grid is the same for all of them.
    for shots in [[shot] for shot in manifest.shots] if sampling == ADAPTIVE else [manifest.shots]:
        planes |= shot_planes(project, sampling, columns, shots)
        yield
    lacking = [shot.name for shot in manifest.shots if planes[shot.first] is None]
    if lacking:
        raise SecondEyeError(
            f"{lacking[0]} has no sampling pattern of its depth as it is now: sample it again."
        )
    sources = load_sources(project, planes, start, points)
    yield from relief_group_steps()
    built: list[bpy.types.Object] = []
    try:
        yield from first_material(project, sources)
        for number, shot in enumerate(manifest.shots, 1):
            built.append(shot_object(project, shot, number, sources))
            yield
    except BaseException:
        for relief in built:
            remove_relief(relief)
        remove_unused([*sources.dressed])
        raise
    collection = _collection(scene, collection_name)
    collection["second_eye_project"] = str(project.folder)
    collection["second_eye_start"] = start
    collection["second_eye_first"] = manifest.first
    collection[COLUMNS], collection[SAMPLING] = columns or 0, sampling
    camera = footage_camera(collection, manifest)
    kept = []
    for relief in reliefs(collection):
        if locked(relief):
            mark(relief)
        if edits_of(relief) or locked(relief):
            relief.name = f"{relief.name} before"
            kept.append(relief)
        else:
            remove_relief(relief)
    for number, (shot, relief) in enumerate(zip(manifest.shots, built, strict=True), 1):
        rename(relief, object_name(shot, number))
        collection.objects.link(relief)
        hang_from(relief, camera)
        for other in kept:
            first, last = (int(compat.get_input(relief_modifier(other), n)) for n in _SPAN)
            if first <= shot.first <= last:
                copy_stack(other, relief)
                if locked(other):
                    carry_settings(other, relief)
    for relief in kept:
        remove_relief(relief)
    remove_unused([*sources.dressed])
    configure_scene(scene, manifest, start)
    if scene.camera is None:
        scene.camera = camera
    yield
    yield from refresh_behind_steps(project, built)
    yield
    refresh_catcher(scene, built)
    refresh_markers(scene, collection, built, anew=True)
    refresh_surround(collection, project)
    return StageObjects(collection, camera, tuple(built))


build_scene = in_one_go(build_steps)


def shot_planes(
    project: Project, sampling: str, columns: int | None, shots: list[Shot] | None = None
) -> dict[int, Planes | None]:
    """Of ``shots`` (None: all), by the first frame; None where one lacks a pattern of its depth of
    today."""
    shots = project.manifest.shots if shots is None else shots
    if sampling == ADAPTIVE:
        return {shot.first: adaptive_planes(project, shot) for shot in shots}
    return dict.fromkeys((s.first for s in shots), grid_planes(project.manifest, columns))


def load_sources(
    project: Project, planes: dict[int, Planes | None], start: int, points: bool
) -> Sources:
    """The project's picture sequences, as they are on the disk now, with the shots' ``planes``."""
    manifest = project.manifest
    name = project.folder.name.removesuffix(".secondeye")
    return Sources(
        load_sequence(project.plate_path(manifest.first), f"{name} plate", "sRGB"),
        load_sequence(project.depth_path(manifest.first), f"{name} depth", "Non-Color"),
        planes,
        next((p.pitch for p in planes.values() if p is not None), finest_pitch(manifest)),
        start,
        points,
        load_raw(project, f"{name} raw depth"),
    )


def find_collection(scene: bpy.types.Scene, name: str | None = None) -> bpy.types.Collection:
    """The (first) collection that ``build_scene`` made in this scene, or the one of that name; one
    of this .blend before one that is linked.

    Raises SecondEyeError without one.
    """
    built = [c for c in scene.collection.children_recursive if c.get("second_eye_project")]
    for collection in sorted(built, key=lambda c: c.library is not None):
        if name in (None, collection.name):
            return collection
    raise SecondEyeError(f'The scene "{scene.name}" holds no relief yet: press Build Scene first.')


def is_adaptive(scene: bpy.types.Scene) -> bool:
    """Whether the scene's reliefs have the shots' own patterns; False where nothing is built."""
    try:
        return find_collection(scene).get(SAMPLING) == ADAPTIVE
    except SecondEyeError:
        return False


def reliefs(collection: bpy.types.Collection) -> list[bpy.types.Object]:
    """The collection's reliefs, in the order of their shots."""
    found = [o for o in collection.objects if o.get("second_eye_role") == "relief"]
    return sorted(found, key=lambda relief: relief["second_eye_first"])


def _collection(scene: bpy.types.Scene, name: str) -> bpy.types.Collection:
    for collection in scene.collection.children_recursive:
        ours = collection.get("second_eye_project") and collection.library is None
        if ours and collection.name == name:
            return collection
    collection = bpy.data.collections.new(name)
    scene.collection.children.link(collection)
    return collection


def remove_relief(relief: bpy.types.Object) -> None:
    """Remove a relief of an earlier build with all that only it used."""
    remove_behind(relief)
    used: list[bpy.types.ID | None] = [relief.data]
    if any(is_relief(modifier) for modifier in relief.modifiers):
        used += [*materials(relief), *level_objects(relief_modifier(relief))]
    used.append(relief.animation_data.action if relief.animation_data else None)
    bpy.data.objects.remove(relief)
    remove_unused(used)
