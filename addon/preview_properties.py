# SPDX-License-Identifier: GPL-3.0-or-later
"""What previews are made of."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, FloatProperty, IntProperty, PointerProperty

STILLS = (
    ("sbs", "Side by Side", "Left and right eye, each in full size"),
    ("anaglyph", "Anaglyph", "For red and cyan glasses, by Dubois' method"),
    ("half-sbs", "Half Side by Side", "Both eyes squeezed into one picture's width"),
    ("top-bottom", "Top-Bottom", "Left eye above the right one"),
)
FILES = (
    (".gif", "GIF", "Plays everywhere, for ever; 256 colours, at most 640 pixels across"),
    (".mp4", "MP4", "Six loops in full size and colour"),
)


class SECOND_EYE_preview(bpy.types.PropertyGroup):
    """Of a scene."""

    still: EnumProperty(
        name="Still", description="How a still pair puts both eyes into one picture", items=STILLS
    )
    wiggle: EnumProperty(name="Wiggle", description="The kind of file", items=FILES)
    frames: IntProperty(
        name="Frames",
        description="How many frames of the clip a wiggle plays, forward and back, from the "
        "current one on; 1 stands still",
        default=1,
        min=1,
        max=200,
    )
    positions: IntProperty(
        name="Positions",
        description="Places between the left eye and the right one, both included, from which a "
        "still frame is seen",
        default=9,
        min=2,
        soft_max=24,
        max=60,
    )
    seconds: FloatProperty(
        name="Period",
        description="How long the way from the left eye to the right one and back takes",
        default=1.0,
        min=0.1,
        max=20.0,
        unit="TIME_ABSOLUTE",
    )


def register() -> None:
    bpy.types.Scene.second_eye_preview = PointerProperty(type=SECOND_EYE_preview)


def unregister() -> None:
    del bpy.types.Scene.second_eye_preview


CLASSES = (SECOND_EYE_preview,)
