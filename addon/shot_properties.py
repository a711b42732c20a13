# SPDX-License-Identifier: GPL-3.0-or-later
"""What the shot list shows and sets: views of the scene's own values, none of them a copy."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
)

from ..core.geometry import MOST_BENT
from . import stage
from .operators import where
from .rigs import shot_settings
from .stage import locks

FORMS = (
    ("RELIEF", "Relief", "This shot is a surface that carries the footage", "MESH_GRID", 0),
    ("POINTS", "Points", "This shot is a cloud of coloured points", "POINTCLOUD_DATA", 1),
)


def _setting(name: str, title: str, description: str, **limits: Any) -> Any:
    def get(row: Any) -> float:
        return shot_settings.read(row.id_data, name)

    def put(row: Any, value: float) -> None:
        shot_settings.write(row.id_data, name, value)

    return FloatProperty(name=title, description=description, get=get, set=put, **limits)


def _distance(name: str, title: str, description: str, least: float = 1e-4) -> Any:
    limits = {"min": least, "soft_max": 1000.0, "subtype": "DISTANCE", "unit": "LENGTH"}
    return _setting(name, title, description, precision=3, step=10, **limits)


def _curve(name: str, title: str, description: str) -> Any:
    return _setting(name, title, description, min=-MOST_BENT, max=MOST_BENT)


def _form(row: Any) -> int:
    return int(shot_settings.is_points(row.id_data))


def _set_form(row: Any, value: int) -> None:
    shot_settings.set_points(row.id_data, value == 1)


def _locked(row: Any) -> bool:
    return locks.locked(row.id_data)


def _set_locked(row: Any, value: bool) -> None:
    locks.lock(row.id_data, value)


class SECOND_EYE_row(bpy.types.PropertyGroup):
    """One shot in the list, by its relief."""

    near: _distance(
        "near",
        "Near",
        "Distance of the shot's nearest point, at its first frame. Writes the key there",
    )
    far: _distance(
        "far",
        "Far",
        "Distance of the shot's farthest point, at its first frame. Writes the key there",
    )
    strength: _setting(
        "strength",
        "Strength",
        "Of the shot's depth: 0 is a flat card, 1 the depth as estimated. Writes the key at the "
        "shot's first frame",
        min=0.0,
        soft_max=2.0,
    )
    bias: _curve("bias", "Bias", "Depth curve: above 0 what lies in the middle comes nearer")
    contrast: _curve(
        "contrast", "Contrast", "Depth curve: above 0 the middle distances get more of the depth"
    )
    interocular: _distance(
        "interocular",
        "Interocular",
        "How far the eyes stand apart at the shot's first frame. Writes the camera's key there",
        0.0,
    )
    convergence: _distance(
        "convergence",
        "Convergence",
        "The distance that lands on the screen at the shot's first frame. Writes the camera's key "
        "there",
    )
    form: EnumProperty(
        name="Form",
        description="What the shot is made of; the others stay as they are",
        items=FORMS,
        get=_form,
        set=_set_form,
    )
    locked: BoolProperty(
        name="Lock",
        description="Leave this shot alone when settings are copied, the scene is built again, "
        "cuts are moved or depth is graded",
        get=_locked,
        set=_set_locked,
    )


def _active(shots: Any) -> int:
    """Where the shot at hand stands among the stage's objects; -1 where none is."""
    scene = shots.id_data
    collection = where.stage_of(scene)
    if collection is None:
        return -1
    relief = where.shown_relief(bpy.context)
    return -1 if relief is None else collection.objects.find(relief.name)


def _choose(shots: Any, number: int) -> None:
    scene = shots.id_data
    collection = where.stage_of(scene)
    if collection is None or not 0 <= number < len(collection.objects):
        return
    relief = collection.objects[number]
    frames = shot_settings.span(relief)
    if scene.second_eye_shots.jump and frames is not None:
        scene.frame_set(frames[0])  # first: a shot that is hidden can't be selected
    layer = bpy.context.view_layer
    if relief.name not in layer.objects:  # its collection is switched off in this view layer
        return
    for other in stage.reliefs(collection):
        if other.name in layer.objects:
            other.select_set(other == relief)
    layer.objects.active = relief


class SECOND_EYE_shots(bpy.types.PropertyGroup):
    """Of the list as a whole."""

    active: IntProperty(
        name="Active Shot",
        description="Select a shot's relief, and go to its first frame",
        get=_active,
        set=_choose,
    )
    jump: BoolProperty(
        name="Jump to Shot",
        description="Go to the first frame of a shot that is selected in the list",
        default=True,
    )


def register() -> None:
    bpy.types.Object.second_eye_row = PointerProperty(type=SECOND_EYE_row)
    bpy.types.Scene.second_eye_shots = PointerProperty(type=SECOND_EYE_shots)


def unregister() -> None:
    del bpy.types.Scene.second_eye_shots
    del bpy.types.Object.second_eye_row


CLASSES = (SECOND_EYE_row, SECOND_EYE_shots)
