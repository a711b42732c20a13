# SPDX-License-Identifier: GPL-3.0-or-later
"""What the artist sets, kept in the scene and saved with the .blend."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty


class SECOND_EYE_scene(bpy.types.PropertyGroup):
    """One clip and what is made of it."""

    clip_path: StringProperty(
        name="Clip",
        description="The movie, or one picture of a numbered sequence",
        subtype="FILE_PATH",
    )
    first: IntProperty(
        name="First Frame",
        description="First frame of the clip to analyse, counted from 1",
        default=1,
        min=1,
    )
    last: IntProperty(
        name="Last Frame",
        description="Last frame of the clip to analyse; 0 is the clip's end",
        default=0,
        min=0,
    )
    project_folder: StringProperty(
        name="Project",
        description="Folder of the depth project; empty: NAME.secondeye beside the .blend, "
        "or beside the clip while the .blend is not saved",
        subtype="DIR_PATH",
    )


def register() -> None:
    bpy.types.Scene.second_eye = PointerProperty(type=SECOND_EYE_scene)


def unregister() -> None:
    del bpy.types.Scene.second_eye


CLASSES = (SECOND_EYE_scene,)
