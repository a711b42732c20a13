# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera moves as the scene keeps them: settings that are written as keys on the Move empty.

They stand in the scene, so that a rebuild, and an empty that was deleted, find them again.
"""

from __future__ import annotations

from typing import Any, cast

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    FloatVectorProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from .rigs import moves

KIND_ITEMS = (
    ("drift", "Drift", "Glides from side to side and back", "ARROW_LEFTRIGHT", 0),
    ("push-in", "Push-In", "Goes towards the subject; negative backs off", "ZOOM_IN", 1),
    (
        "dolly-zoom",
        "Dolly Zoom",
        "Goes in while the lens widens: the subject keeps its size, the background recedes",
        "OUTLINER_OB_CAMERA",
        2,
    ),
    ("arc", "Arc", "Swings around the subject and keeps looking at it", "FORCE_VORTEX", 3),
    ("crane", "Crane", "Rises from below to above", "SORT_DESC", 4),
    ("wobble", "Parallax Wobble", "Circles a little, so that depth shows", "LOOP_BACK", 5),
    (
        "ken-burns",
        "Ken Burns",
        "Goes slowly towards a part of the picture, never past the picture's edge",
        "IMAGE_DATA",
        6,
    ),
    ("hand-held", "Hand-Held", "Shakes as a hand does: noise on place and rotation", "VIEW_PAN", 7),
    ("path", "Follow Path", "Goes along a curve that you drew", "CURVE_PATH", 8),
)  # fmt: skip
EASING_ITEMS = (
    ("smooth", "Smooth", "Starts and stops gently"),
    ("linear", "Linear", "One speed throughout"),
    ("in", "Ease In", "Starts gently"),
    ("out", "Ease Out", "Stops gently"),
)
STRENGTH: Any = dict(
    name="Strength",
    description="How far the camera goes, in percent of the distance to the pivot; negative goes "
    "the other way. Of Follow Path: 100 is the path as it is drawn",
    default=5.0,
    soft_min=-50.0,
    soft_max=50.0,
    min=-1000.0,
    max=1000.0,
    precision=2,
    subtype="PERCENTAGE",
)
LENGTH: Any = dict(
    name="Length",
    description="How long the move takes; of a drift or an arc one way, of a wobble one round, of "
    "a hand-held camera one sway. 0 fits it to the shot",
    default=0,
    min=0,
    soft_max=500,
    subtype="TIME",
)
EASING: Any = dict(name="Easing", description="How the move starts and stops", items=EASING_ITEMS)


def _changed(item: SECOND_EYE_move, context: bpy.types.Context) -> None:
    moves.changed(cast(bpy.types.Scene, item.id_data), item)


def _is_curve(item: SECOND_EYE_move, thing: bpy.types.Object) -> bool:
    return thing.type == "CURVE"


class SECOND_EYE_move(bpy.types.PropertyGroup):
    """One move of one shot."""

    kind: EnumProperty(
        name="Move", description="What the camera does", items=KIND_ITEMS, update=_changed
    )
    strength: FloatProperty(update=_changed, **STRENGTH)
    length: IntProperty(update=_changed, **LENGTH)
    delay: IntProperty(
        name="Delay",
        description="Frames from the beginning of the shot on during which the camera waits",
        default=0,
        min=0,
        subtype="TIME",
        update=_changed,
    )
    easing: EnumProperty(update=_changed, **EASING)
    aimed: BoolProperty(
        name="Keep Aimed",
        description="Keep looking at the pivot",
        default=True,
        update=_changed,
    )
    pivot: FloatProperty(
        name="Pivot",
        description="Distance of the point that the move is made around; 0 takes the convergence "
        "distance at the beginning of the shot",
        default=0.0,
        min=0.0,
        soft_max=100.0,
        subtype="DISTANCE",
        unit="LENGTH",
        update=_changed,
    )
    crop: FloatProperty(
        name="Crop",
        description="Share of the picture's width that a longer lens cuts off at each side, so "
        "that the picture's edges stay out of sight while the camera moves",
        default=0.0,
        min=0.0,
        soft_max=20.0,
        max=40.0,
        precision=1,
        subtype="PERCENTAGE",
        update=_changed,
    )
    toward: FloatVectorProperty(
        name="Toward",
        description="Where in the picture the move goes: right and up, from -1 to 1, edge to edge",
        default=(0.5, 0.25),
        size=2,
        min=-1.0,
        max=1.0,
        update=_changed,
    )
    path: PointerProperty(
        name="Path",
        description="The curve that the camera goes along, from its first point to its last. "
        "Write Anew reads it again",
        type=bpy.types.Object,
        poll=_is_curve,
        update=_changed,
    )
    seed: IntProperty(
        name="Seed",
        description="Another number shakes differently",
        default=0,
        min=0,
        update=_changed,
    )
    first: IntProperty(options={"HIDDEN"}, description="First timeline frame of its shot")
    auto: BoolProperty(
        options={"HIDDEN"},
        description="Made by Build Scene: it follows the Drift that is set there",
    )


class SECOND_EYE_moved_shot(bpy.types.PropertyGroup):
    """What was written on the Move empty for one shot, and what it leaves uncovered."""

    first: IntProperty(description="The shot's first timeline frame")
    last: IntProperty(description="The shot's last timeline frame")
    written: StringProperty(description="JSON, the keys as they were written, by channel")
    measured: StringProperty(description="JSON, the uncovered area as it was predicted last")


class SECOND_EYE_moves(bpy.types.PropertyGroup):
    """All camera moves of a scene."""

    items: CollectionProperty(type=SECOND_EYE_move, description="The moves of all shots")
    active: IntProperty(name="Active Move", description="The move whose settings are shown")
    shots: CollectionProperty(
        type=SECOND_EYE_moved_shot, description="What was written of each shot"
    )
    offset: IntProperty(description="Scene frame less timeline frame as the keys were written")
    drift: FloatProperty(description="The Drift that Build Scene was pressed with last")
    limit: FloatProperty(
        name="Limit",
        description="Share of the picture that a move may leave uncovered, in percent, in its "
        "worst frame and eye",
        default=1.0,
        min=0.01,
        soft_max=10.0,
        max=100.0,
        precision=2,
        subtype="PERCENTAGE",
    )
    most_crop: FloatProperty(
        name="Crop up to",
        description="How much of the picture's width Fit may cut off at each side before it makes "
        "the move smaller",
        default=0.0,
        min=0.0,
        soft_max=20.0,
        max=40.0,
        precision=1,
        subtype="PERCENTAGE",
    )


def register() -> None:
    bpy.types.Scene.second_eye_moves = PointerProperty(type=SECOND_EYE_moves)


def unregister() -> None:
    del bpy.types.Scene.second_eye_moves


CLASSES = (SECOND_EYE_move, SECOND_EYE_moved_shot, SECOND_EYE_moves)
