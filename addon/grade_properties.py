# SPDX-License-Identifier: GPL-3.0-or-later
"""What depth grading and the floating window are asked for."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, PointerProperty, StringProperty

from ..core.stereo import SETUPS
from ..core.stereo.floating_window import WindowTarget
from ..core.stereo.grading import Target
from ..core.stereo.viewing import DEFAULT, NEAREST

_SCREENS = {"phone": "Phone", "headset": "Headset", "tv": "TV", "cinema": "Cinema"}
SCREEN_ITEMS = (
    *(
        (
            name.upper(),
            _SCREENS.get(name, name.title()),
            f"A screen {setup.width:g} m wide, seen from {setup.distance:g} m",
        )
        for name, setup in SETUPS.items()
    ),
    ("OWN", "Own", "A screen of the width and at the distance given below"),
)
FOLLOW_ITEMS = (
    ("SCENE", "Whole Scene", "The depth between the nearest and the farthest of every frame"),
    ("OBJECT", "Object", "The distance from the stereo camera to an object's origin"),
    ("MASK", "Mask", "The depth of what a mask covers, drawn in the movie clip or image editor"),
    ("REGION", "Picture Region", "The depth of a square of the picture, such as around a face"),
)
SHOT_ITEMS = (
    ("ALL", "All Shots", "Every shot that is not locked"),
    ("THIS", "This Shot", "The shot of the selected relief, else the one that plays now"),
)


def percent(name: str, told: str, usual: float, high: float, low: float = 0.0) -> Any:
    """A property in % (of the picture's width, unless ``told`` says of what)."""
    return FloatProperty(
        name=name,
        description=told,
        default=round(100.0 * usual, 4),
        min=low,
        max=high,
        precision=2,
        step=10,
        subtype="PERCENTAGE",
    )


def seconds(name: str, told: str, usual: float) -> Any:
    return FloatProperty(
        name=name,
        description=told,
        default=usual,
        min=0.0,
        max=60.0,
        soft_max=5.0,
        precision=2,
        step=10,
        subtype="TIME_ABSOLUTE",
        unit="TIME_ABSOLUTE",
    )


def metres(name: str, told: str, usual: float, high: float, low: float = 0.01) -> Any:
    """Of the room where the film is watched, whatever the scene's unit is."""
    return FloatProperty(name=name, description=told, default=usual, min=low, max=high, precision=2)


class SECOND_EYE_grade(bpy.types.PropertyGroup):
    """Of a scene."""

    screen: EnumProperty(
        name="Screen",
        description="Where every frame is to be comfortable",
        items=SCREEN_ITEMS,
        default=DEFAULT.upper(),
    )
    screen_width: metres("Screen Width", "Of the picture on the screen, in metres", 1.2, 100.0)
    screen_distance: metres(
        "Distance", "From the viewer to the screen, in metres", 2.5, 1000.0, low=NEAREST
    )
    follow: EnumProperty(
        name="Follow", description="What the grade puts in its place", items=FOLLOW_ITEMS
    )
    object: PointerProperty(
        name="Object",
        description="The object that stays at Subject At, as far as the limits let it",
        type=bpy.types.Object,
    )
    mask: StringProperty(name="Mask", description="The mask whose middle depth stays at Subject At")
    layer: StringProperty(
        name="Layer", description="The mask's layer; empty takes all that are not hidden"
    )
    across: percent("Across", "The region's middle from the left, in % of the width", 0.5, 100.0)
    down: percent("Down", "The region's middle from the top, in % of the height", 0.5, 100.0)
    size: percent("Size", "The region's side, in % of the picture's width", 0.15, 100.0, 1.0)
    shots: EnumProperty(
        name="Shots",
        description="Which shots get new keys; the others, and locked ones, keep theirs",
        items=SHOT_ITEMS,
    )
    budget: percent(
        "Depth Budget",
        "Parallax between the nearest and the farthest, in % of the picture's width. For a picture "
        "whose most part is flat it may be exceeded by half",
        Target.budget,
        20.0,
        0.05,
    )
    in_front: percent(
        "In Front", "How much of the depth stands before the screen, in %", Target.in_front, 100.0
    )
    clear: BoolProperty(
        name="Clear Borders",
        description="Less stands before the screen where the picture's left or right edge would "
        "cut it. Without it a floating window hides such cuts",
        default=Target.clear,
    )
    subject_at: percent(
        "Subject At",
        "Where the subject stands: 0 on the screen, above 0 before it, below 0 behind it, in % of "
        "the picture's width",
        Target.subject_at,
        10.0,
        -10.0,
    )
    look: seconds("Smoothness", "How far every frame looks ahead and back, in seconds", Target.look)
    pace: percent(
        "Pace",
        "How much the rig alone may move anything in a second, in % of the picture's width; what "
        "would be faster becomes smoother",
        Target.pace,
        100.0,
        0.01,
    )
    ease: seconds(
        "Blend over Cuts",
        "For how long after a cut the subject goes from where the eyes were to its own place, in "
        "seconds; 0: it jumps",
        Target.ease,
    )
    softness: percent(
        "Softness",
        "How much of the floating window's strips is soft, in % of the picture's width",
        WindowTarget.softness,
        5.0,
    )
    widest: percent(
        "Widest",
        "The widest strip that the floating window may cover, in % of the picture's width",
        WindowTarget.most,
        5.0,
    )


def register() -> None:
    bpy.types.Scene.second_eye_grade = PointerProperty(type=SECOND_EYE_grade)


def unregister() -> None:
    del bpy.types.Scene.second_eye_grade


CLASSES = (SECOND_EYE_grade,)
