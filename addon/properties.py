# SPDX-License-Identifier: GPL-3.0-or-later
"""What the artist sets, kept in the scene and saved with the .blend."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..core.geometry.goal import MOST, TRIANGLES
from .engine import models

LOOK_AHEAD, MOST_LOOK_AHEAD = 2, 12  # as core.repair.settings has them; a test compares them

_items: list[Any] = []
"""Blender keeps no copy of a menu's texts: they must stay alive while it is shown."""


def _model_items(settings: SECOND_EYE_scene, context: bpy.types.Context | None) -> list[Any]:
    global _items
    _items = [
        (choice.identifier, choice.title, choice.about, "ERROR" if choice.missing else "NONE",
         choice.number)
        for choice in models.choices(settings.model_name)
    ]  # fmt: skip
    return _items


def _model_number(settings: SECOND_EYE_scene) -> int:
    chosen = models.stored_name(settings.model_name)
    return next(c.number for c in models.choices(chosen) if c.name == chosen)


def _choose_model(settings: SECOND_EYE_scene, number: int) -> None:
    for choice in models.choices(settings.model_name):
        if choice.number == number:
            settings.model_name = choice.name


def _strength(name: str, description: str) -> Any:
    return FloatProperty(
        name=name, description=description, default=1.0, min=0.0, max=1.0, subtype="FACTOR"
    )


SPATIAL = (
    "Sharpens outlines: depth steps are pulled onto the edges seen in the picture, and surfaces "
    "between them are evened out. 0 leaves them as the network saw them"
)
TEMPORAL = (
    "Takes away flicker: each frame's depth is steadied by its neighbours', carried along with the "
    "motion. 0 leaves every frame on its own"
)
SEMANTIC = (
    "Uses what is seen: sky goes to infinity, ground lies flat, walls stay straight. 0 leaves "
    "them as the network saw them"
)


class SECOND_EYE_shot(bpy.types.PropertyGroup):
    """How far repair may go in the shot that this object shows. Repair Again applies it."""

    spatial: _strength("Spatial", f"{SPATIAL}. Repair Again applies it to this shot")
    temporal: _strength("Temporal", f"{TEMPORAL}. Repair Again applies it to this shot")
    semantic: _strength("Semantic", f"{SEMANTIC}. Repair Again applies it to this shot")


class SECOND_EYE_scene(bpy.types.PropertyGroup):
    """One clip and what is made of it."""

    source: EnumProperty(
        name="Source",
        description="Where the footage comes from",
        items=(
            ("FILE", "File", "A movie, or one picture of a numbered sequence"),
            ("MOVIE_CLIP", "Movie Clip", "A movie clip that is loaded in this .blend"),
        ),
        default="FILE",
    )
    clip_path: StringProperty(
        name="Clip",
        description="The movie, or one picture of a numbered sequence",
        subtype="FILE_PATH",
    )
    movie_clip: PointerProperty(
        name="Movie Clip",
        description="A movie clip that is loaded already",
        type=bpy.types.MovieClip,
    )
    first: IntProperty(
        name="First Frame",
        description="First frame of the clip to analyse, counted from 1",
        default=1,
        min=1,
    )
    last: IntProperty(
        name="Last Frame",
        description="Last frame of the clip to analyse; 0 stands for the end of the clip",
        default=0,
        min=0,
    )
    project_folder: StringProperty(
        name="Project",
        description="Folder of the depth project. Empty: NAME.secondeye beside the .blend, "
        "or beside the clip while the .blend is not saved; Analyse notes it here",
        subtype="DIR_PATH",
    )
    # By its name, so that a .blend keeps its choice whatever models come and go.
    model_name: StringProperty(name="Model's Name", description="Empty: the model that ships")
    model: EnumProperty(
        name="Model",
        description="Which network estimates depth",
        items=_model_items,
        get=_model_number,
        set=_choose_model,
    )
    spatial: _strength("Spatial", SPATIAL)
    temporal: _strength("Temporal", TEMPORAL)
    semantic: _strength("Semantic", SEMANTIC)
    look_ahead: IntProperty(
        name="Look-Ahead",
        description="How many frames to come steady the present one. More is calmer and slower; "
        "0 looks back only",
        default=LOOK_AHEAD,
        min=0,
        max=MOST_LOOK_AHEAD,
    )
    find_cuts: BoolProperty(
        name="Find Cuts",
        description="Look for cuts when the clip is analysed first, and give every shot a range, "
        "an object and a camera of its own",
        default=True,
    )
    kind: EnumProperty(
        name="Build As",
        description="What Build Scene makes of every shot; the list of shots changes one by one",
        items=(
            ("RELIEF", "Relief", "A surface that carries the footage"),
            ("POINTS", "Points", "A cloud of coloured points"),
        ),
        default="RELIEF",
    )
    sampling: EnumProperty(
        name="Sampling",
        description="Where the relief takes its depth",
        items=(
            (
                "ADAPTIVE",
                "Adaptive",
                "Points where a shot's depth bends or breaks, in up to six levels of detail. Shots "
                "that lack them are sampled first",
            ),
            ("GRID", "Grid", "A regular grid of one level, for every shot the same; at once"),
        ),
        default="ADAPTIVE",
    )
    triangles: IntProperty(
        name="Triangles",
        description="Budget of the finest level of detail, in triangles a shot. For shots that are "
        "sampled for the first time; Sample Again applies it to others",
        default=TRIANGLES,
        min=100,
        soft_max=400_000,
        max=MOST,
        step=1000,
    )
    layers_parallax: FloatProperty(
        name="Parallax",
        description="How far the nearest may move against the farthest before the background ends, "
        "in percent of the picture's width: 5 holds two eyes, 20 about ten degrees off the axis",
        default=5.0,
        min=0.1,
        soft_max=30.0,
        max=50.0,
        precision=1,
        subtype="PERCENTAGE",
    )
    columns: IntProperty(
        name="Columns",
        description="Cells of the relief across the picture. 0: one per depth pixel, up to 640",
        default=0,
        min=0,
        soft_max=1280,
    )
    focal_length: FloatProperty(
        name="Focal Length",
        description="Of the lens that took the footage, in millimetres. Set Lens applies it, and "
        "it then wins over what the file says",
        default=36.0,
        min=1.0,
        max=5000.0,
        unit="CAMERA",
    )
    sensor_width: FloatProperty(
        name="Sensor Width",
        description="How wide the part of the sensor is that the picture shows, in millimetres; "
        "36 with a focal length given as 35 mm equivalent",
        default=36.0,
        min=1.0,
        max=200.0,
        unit="CAMERA",
    )
    start: IntProperty(
        name="Start Frame",
        description="Scene frame that shows the first analysed frame of the clip",
        default=1,
    )
    depth_budget: FloatProperty(
        name="Depth Budget",
        description="Parallax between the nearest and the farthest point, in percent of the "
        "picture's width; Build Scene fits interocular and convergence to it",
        default=2.0,
        min=0.05,
        soft_max=5.0,
        max=50.0,
        subtype="PERCENTAGE",
        precision=1,
    )
    drift: FloatProperty(
        name="Drift",
        description="How far Build Scene lets the stereo camera glide from side to side: "
        "1 is as far as the eyes stand apart, 0 is a still camera",
        default=1.0,
        min=0.0,
        soft_max=4.0,
    )
    packing: EnumProperty(
        name="Packing",
        description="How both eyes share one picture",
        items=(
            ("sbs", "Side by Side", "Left and right eye, each in full size"),
            ("half-sbs", "Half Side by Side", "Both eyes squeezed into one picture's width"),
            ("top-bottom", "Top-Bottom", "Left eye above the right one, each in full size"),
            ("half-top-bottom", "Half Top-Bottom", "Both squeezed into one picture's height"),
            ("anaglyph", "Anaglyph", "For red and cyan glasses"),
        ),
        default="sbs",
    )
    output_path: StringProperty(
        name="Movie",
        description="The stereo movie. Empty: NAME_stereo.mp4 beside the depth project. "
        "Its frames are kept in a folder of that name, so that a stopped render goes on",
        subtype="FILE_PATH",
    )


def register() -> None:
    bpy.types.Scene.second_eye = PointerProperty(type=SECOND_EYE_scene)
    bpy.types.Object.second_eye = PointerProperty(type=SECOND_EYE_shot)


def unregister() -> None:
    del bpy.types.Object.second_eye
    del bpy.types.Scene.second_eye


CLASSES = (SECOND_EYE_shot, SECOND_EYE_scene)
