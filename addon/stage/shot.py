# SPDX-License-Identifier: GPL-3.0-or-later
"""One relief object for one shot: its picture plane, its modifier, its keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ...core.errors import SecondEyeError
from ...core.project import Project, Shot
from ..steps import Steps
from . import compat, keys
from .detail import shape
from .group_inputs import RANGE, RAW
from .images import Sequence
from .material import plate_material, plate_material_like, plate_material_steps
from .relief_group import relief_group
from .sampling import Planes

MODIFIER = "Second Eye Relief"
BRANCHES = ("spatial", "temporal", "semantic")
TOLD = "second_eye_strengths"
WORN_BY_RELIEF, WORN_BY_POINTS = "Relief Material", "Point Material"
PICTURED = ("Offset", "First", "Last", "Depth", RAW, "Plate")
"""Inputs that materials are made from."""
STEEPEST = 8.0  # normalised inverse depth per picture width


@dataclass(frozen=True)
class Sources:
    """What a project's shots are made of. ``planes``: by the shot's first frame; None where the
    relief keeps those that it has. ``pitch``: as in `Planes`, the same for all shots. ``start``:
    scene frame of the project's first frame; ``raw``: the depth before repair, None where the
    project keeps none."""

    plate: bpy.types.Image
    depth: bpy.types.Image
    planes: dict[int, Planes | None]
    pitch: float
    start: int
    points: bool
    raw: bpy.types.Image | None = None
    dressed: list[bpy.types.Material] = field(default_factory=list)
    """The material of the first shot that got one, which those of the others are copies of."""

    def scene_frame(self, project: Project, frame: int) -> int:
        """The scene frame that shows timeline frame ``frame``."""
        return self.start + frame - project.manifest.first


def shot_object(project: Project, shot: Shot, number: int, sources: Sources) -> bpy.types.Object:
    """A relief that shows ``shot``; link it, and parent it to the footage camera."""
    manifest = project.manifest
    aspect = manifest.clip.height / manifest.clip.width
    name = object_name(shot, number)
    relief = bpy.data.objects.new(name, bpy.data.meshes.new(name))
    relief["second_eye_role"] = "relief"
    modifier: Any = relief.modifiers.new(MODIFIER, "NODES")
    modifier.node_group = relief_group()
    values = {
        **{name: getattr(shot, name.lower()) for name in RANGE},
        "Focal": manifest.lens.focal_over_width,
        "Aspect": aspect,
        # A surface seen so steeply that its depth runs through the whole range within an eighth of
        # the picture's width is taken for a step; depth networks draw steps several pixels wide.
        "Step": min(0.5, STEEPEST * sources.pitch),
        "Points": sources.points,
    }
    for input_name, value in values.items():
        compat.set_input(modifier, input_name, value)
    at = sources.scene_frame(project, shot.first)
    for input_name in RANGE:
        path = compat.input_path(modifier, input_name)
        keys.key(relief, path, [at], [values[input_name]])
    fit(relief, project, shot, sources)
    return relief


def fit(relief: bpy.types.Object, project: Project, shot: Shot, sources: Sources) -> None:
    """Bring a relief to what the project says of ``shot``: its frames, pictures, range and repair.

    What an artist sets stays: near, far, strength, matte, comparison, with their keys. Materials
    are made anew where the frames or the pictures are others than before.
    """
    modifier = relief_modifier(relief)
    raw = sources.raw or sources.depth
    values = {
        "Low": shot.low,
        "High": shot.high,
        "Offset": project.manifest.first - sources.start,
        "First": shot.first,
        "Last": shot.last,
        "Depth": sources.depth,
        RAW: raw,
        "Plate": sources.plate,
    }
    before = [compat.get_input(modifier, name) for name in PICTURED]
    for name, value in values.items():
        compat.set_input(modifier, name, value)
    planes = sources.planes[shot.first]
    if planes is not None:
        shape(relief, modifier, planes, float(compat.get_input(modifier, "Aspect")))
    relief["second_eye_shot"] = shot.name
    relief["second_eye_first"] = shot.first
    _follow_strengths(relief, shot)
    if before != [compat.get_input(modifier, name) for name in PICTURED]:
        _dress(relief, modifier, project, shot, sources)
    _key_scale(relief, modifier, project, shot, sources)
    _key_visibility(relief, project, shot, sources.start)


def strengths(shot: Shot) -> list[float]:
    """How strongly the project says that ``shot`` was repaired, as Blender's 32 bits keep it."""
    return [float(np.float32(getattr(shot, branch))) for branch in BRANCHES]


def asked_strengths(relief: bpy.types.Object) -> list[float]:
    """How strongly the artist wants the relief's shot repaired; other than ``strengths`` until
    Repair Again was pressed."""
    return [float(getattr(relief.second_eye, branch)) for branch in BRANCHES]


def _follow_strengths(relief: bpy.types.Object, shot: Shot) -> None:
    """Take over the project's, except those that the artist has moved since."""
    told = list(relief.get(TOLD, ()))
    now = strengths(shot)
    for number, branch in enumerate(BRANCHES):
        if not told or getattr(relief.second_eye, branch) == told[number]:
            setattr(relief.second_eye, branch, now[number])
    relief[TOLD] = now


def relief_modifier(relief: bpy.types.Object) -> Any:
    """The modifier that makes the relief; an artist may have put others beside it."""
    for modifier in relief.modifiers:
        if is_relief(modifier):
            return modifier
    raise SecondEyeError(f'"{relief.name}" lost its relief modifier: press Build Scene again.')


def is_relief(modifier: bpy.types.Modifier) -> bool:
    group = modifier.node_group if isinstance(modifier, bpy.types.NodesModifier) else None
    return group is not None and bool(group.get("second_eye_relief"))


def repairs_live(relief: bpy.types.Object) -> bool:
    """Whether Repair and Split do something: the group is of this version and has raw depth."""
    for modifier in relief.modifiers:
        if is_relief(modifier) and compat.has_input(modifier, RAW):
            raw, depth = (compat.get_input(modifier, name) for name in (RAW, "Depth"))
            return raw is not None and raw != depth
    return False


def object_name(shot: Shot, number: int) -> str:
    """The name of the object that shows ``shot``, the project's ``number``th."""
    return f"Second Eye {shot.name or f'Shot {number:03d}'}"


def rename(relief: bpy.types.Object, name: str) -> None:
    """Name a relief, with what only it wears, once the name is free."""
    relief.name = relief.data.name = name
    for material in materials(relief):
        material.name = material["second_eye_relief"] = name


def materials(relief: bpy.types.Object) -> list[bpy.types.Material]:
    """The materials that a relief or its points wear."""
    modifier = relief_modifier(relief)
    worn = (compat.get_input(modifier, name) for name in (WORN_BY_RELIEF, WORN_BY_POINTS))
    return list(dict.fromkeys(material for material in worn if material is not None))


def _dress(
    relief: bpy.types.Object, modifier: Any, project: Project, shot: Shot, sources: Sources
) -> None:
    """Materials count frames by themselves, so that they are made for these."""
    worn = materials(relief)
    at = sources.scene_frame(project, shot.first)

    def shown(image: bpy.types.Image) -> Sequence:
        return Sequence(image, at, shot.first, shot.last)

    pitch = (sources.pitch, sources.pitch / compat.get_input(modifier, "Aspect"))
    plate, depth = shown(sources.plate), shown(sources.depth)
    raw = shown(sources.raw) if sources.raw is not None else None
    if sources.dressed:
        pictures = [plate, depth, *([] if raw is None else [raw])]
        material = plate_material_like(sources.dressed[0], relief.name, pictures)
    else:
        material = plate_material(relief.name, plate, depth, raw, pitch)
        sources.dressed.append(material)
    compat.set_input(modifier, WORN_BY_RELIEF, material)
    compat.set_input(modifier, WORN_BY_POINTS, material)
    bpy.data.batch_remove([material for material in worn if material.users == 0])


def first_material(project: Project, sources: Sources) -> Steps[None]:
    """Make the material beforehand that those of all shots will be copies of; the caller removes
    it when it has no users."""
    shot, clip = project.manifest.shots[0], project.manifest.clip
    at = sources.scene_frame(project, shot.first)
    plate, depth, raw = (
        None if image is None else Sequence(image, at, shot.first, shot.last)
        for image in (sources.plate, sources.depth, sources.raw)
    )
    assert plate is not None and depth is not None
    pitch = (sources.pitch, sources.pitch / (clip.height / clip.width))
    made = yield from plate_material_steps("Second Eye Relief", plate, depth, raw, pitch)
    sources.dressed.append(made)


def hang_from(relief: bpy.types.Object, camera: bpy.types.Object) -> None:
    """Parent without an offset: the relief's object space is the camera's space."""
    relief.parent = camera
    relief.matrix_parent_inverse = Matrix.Identity(4)
    relief.matrix_basis = Matrix.Identity(4)


def _key_scale(
    relief: bpy.types.Object, modifier: Any, project: Project, shot: Shot, sources: Sources
) -> None:
    frames = range(shot.first, shot.last + 1)
    pairs = [project.scale_and_shift(frame) for frame in frames]
    at = [sources.scene_frame(project, frame) for frame in frames]
    for name, values in (("Scale", [p[0] for p in pairs]), ("Shift", [p[1] for p in pairs])):
        kept_frames, kept_values = keys.without_repeats(at, values)
        compat.set_input(modifier, name, values[0])
        keys.key(relief, compat.input_path(modifier, name), kept_frames, kept_values)


def _key_visibility(relief: bpy.types.Object, project: Project, shot: Shot, start: int) -> None:
    """Hidden outside the shot; the first and last shots stay beyond the ends of the range."""
    manifest = project.manifest
    whole = shot.first == manifest.first and shot.last == manifest.last
    if whole and compat.find_fcurve(relief, "hide_render") is None:
        return
    frames, hidden = [start + shot.first - manifest.first], [0.0]
    if shot.first > manifest.first:
        frames, hidden = [start, *frames], [1.0, *hidden]
    if shot.last < manifest.last:
        frames, hidden = [*frames, start + shot.last + 1 - manifest.first], [*hidden, 1.0]
    for path in ("hide_render", "hide_viewport"):
        keys.key(relief, path, frames, hidden)
