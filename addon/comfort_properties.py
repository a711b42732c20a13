# SPDX-License-Identifier: GPL-3.0-or-later
"""How comfort is shown in the viewport."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, FloatProperty, PointerProperty


class SECOND_EYE_comfort(bpy.types.PropertyGroup):
    """Of a scene."""

    overlay: BoolProperty(
        name="Comfort Overlay",
        description="Show in the viewport where the screen stands before the stereo camera, where "
        "its near and far limits lie, and what is beyond them",
    )
    planes: BoolProperty(
        name="Planes",
        description="Outline the screen (zero parallax) and the near and far limits in the stereo "
        "camera's view",
        default=True,
    )
    marks: BoolProperty(
        name="Marks",
        description="Tint what is nearer or farther than the limits, and what the picture's left "
        "and right edge cut before the screen",
        default=True,
    )
    opacity: FloatProperty(
        name="Opacity",
        description="Of the tint, 0 to 1",
        default=0.35,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )


def register() -> None:
    bpy.types.Scene.second_eye_comfort = PointerProperty(type=SECOND_EYE_comfort)


def unregister() -> None:
    del bpy.types.Scene.second_eye_comfort


CLASSES = (SECOND_EYE_comfort,)
