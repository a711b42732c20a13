# SPDX-License-Identifier: GPL-3.0-or-later
"""What Render is asked for: which pictures, by which engine, how large, into which files."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty

from .translations import CONTEXT

KIND_ITEMS = (
    ("STEREO", "Stereo", "Both eyes, flat: for 3D televisions, cinemas and headsets' screens"),
    ("2D", "2D", "One picture, from the middle of the stereo camera"),
    ("VR180", "VR180", "Both eyes on half a sphere, equirectangular, side by side"),
    ("VR360", "360 Degrees", "Both eyes on the whole sphere, equirectangular, left eye on top"),
)
ENGINE_ITEMS = (
    ("SCENE", "The Scene's", "The engine that the scene has"),
    ("CYCLES", "Cycles", "Exact; renders spheres in spherical stereo"),
    ("EEVEE", "EEVEE", "Fast on a graphics card; spheres are put together of several views"),
    ("WORKBENCH", "Workbench", "Shapes without the footage, to look at movements"),
)


class SECOND_EYE_render(bpy.types.PropertyGroup):
    """Of one scene."""

    kind: EnumProperty(
        name="Kind",
        description="What Render makes",
        items=KIND_ITEMS,
        default="STEREO",
        translation_context=CONTEXT,
    )
    engine: EnumProperty(
        name="Engine",
        description="What renders; the scene's own engine stays as it is",
        items=ENGINE_ITEMS,
        default="SCENE",
    )
    size: EnumProperty(
        name="Size",
        description="Of one eye's picture",
        items=(
            ("SCENE", "The Scene's", "The resolution of the scene: the clip's, unless changed"),
            ("HD", "HD", "As large as fits into 1920 x 1080"),
            ("UHD", "4K", "As large as fits into 3840 x 2160"),
            ("CUSTOM", "Width", "A width of your own; the height follows"),
        ),
        default="SCENE",
    )
    width: IntProperty(
        name="Width", description="Of one eye's picture", default=1280, min=16, max=16384,
        subtype="PIXEL",
    )  # fmt: skip
    sphere: EnumProperty(
        name="Size",
        description="Of one eye's picture from top to bottom; a half sphere is as wide, the whole "
        "one twice as wide",
        items=(
            ("AUTO", "As Sharp as the Clip", "The middle keeps the clip's detail; at most 2880"),
            ("1920", "1920", "VR180 of 3840 x 1920, 4K"),
            ("2880", "2880", "VR180 of 5760 x 2880, 5.7K: what headsets and YouTube take"),
            ("4096", "4096", "VR180 of 8192 x 4096, 8K"),
            ("CUSTOM", "Height", "A height of your own"),
        ),
        default="AUTO",
    )
    side: IntProperty(
        name="Height", description="Of one eye's picture from top to bottom", default=1024,
        min=16, max=8192, subtype="PIXEL",
    )  # fmt: skip
    percentage: IntProperty(
        name="Scale",
        description="Percentage of that size, for trials",
        default=100,
        min=1,
        soft_max=100,
        max=400,
        subtype="PERCENTAGE",
    )
    samples: IntProperty(
        name="Samples",
        description="A pixel. 0: the scene's own for flat pictures, 8 for spheres, whose pixels "
        "don't lie on the clip's",
        default=0,
        min=0,
        soft_max=256,
        max=4096,
    )
    also_2d: BoolProperty(
        name="2D Beside",
        description="A frame from the middle between the eyes beside every stereo frame, and a "
        "2D movie of them",
        default=False,
    )
    files: EnumProperty(
        name="Files",
        description="What is kept of every frame",
        items=(
            ("PNG8", "PNG, 8 Bits", "As the movie shows it"),
            ("PNG16", "PNG, 16 Bits", "A master as the movie shows it, without banding"),
            ("HALF", "EXR, Half", "A master in linear light, without the view transform"),
            ("FLOAT", "EXR, Float", "The same with 32 bits"),
        ),
        default="PNG8",
    )
    eyes: EnumProperty(
        name="Eyes",
        description="Blender's views format of the frames",
        items=(
            ("PACKED", "In One Picture", "Stereo 3D: packed as the movie is"),
            ("APART", "A File an Eye", "Individual: 000001_L and 000001_R"),
        ),
        default="PACKED",
    )
    movie: BoolProperty(
        name="Movie",
        description="Make a movie of the frames, with the clip's sound; spheres are tagged for "
        "players (st3d, sv3d)",
        default=True,
    )
    distance: EnumProperty(
        name="Eye Distance",
        description="How far the eyes stand apart on a sphere, which a headset shows at its true "
        "angles",
        items=(
            ("VIEWER", "A Viewer's", "In millimetres, by the scene's scale: things look as large "
             "as the scene's units say"),
            ("RIG", "The Rig's", "The stereo camera's interocular with its keys"),
        ),
        default="VIEWER",
    )  # fmt: skip
    millimetres: FloatProperty(
        name="Distance",
        description="Between the viewer's eyes. A scene unit is a metre, unless the depth is "
        "metric or the scene's Unit Scale says otherwise",
        default=64.0,
        min=0.0,
        soft_max=100.0,
        max=10000.0,
        unit="CAMERA",
    )
    surround: EnumProperty(
        name="Surround",
        description="What lies outside the clip's own field of view",
        items=(
            ("BLACK", "Black", "The picture ends in a soft vignette"),
            ("BLUR", "Blurred", "The picture's edge goes on all around, blurred and darker"),
            ("WORLD", "The World", "This scene's own world, behind the picture's soft edge"),
        ),
        default="BLUR",
    )


def register() -> None:
    bpy.types.Scene.second_eye_render = PointerProperty(type=SECOND_EYE_render)


def unregister() -> None:
    del bpy.types.Scene.second_eye_render


CLASSES = (SECOND_EYE_render,)
