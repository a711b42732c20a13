# SPDX-License-Identifier: GPL-3.0-or-later
"""What the artist asks of Convert; formats and destinations by core's names, which a test
compares."""

from __future__ import annotations

import math

import bpy
from bpy.props import (
    BoolProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

CUSTOM, AUTOMATIC, BOTH = "CUSTOM", "AUTOMATIC", "BOTH"
DESTINATIONS = (
    (CUSTOM, "Custom", "Format, codec and quality as set below"),
    ("quest", "Quest", "Side by side in H.265"),
    ("vision-pro", "Vision Pro", "MV-HEVC with Apple's spatial metadata, experimental"),
    ("youtube-vr180", "YouTube VR180", "Half spheres in H.264, to be uploaded"),
    ("3d-tv", "3D TV", "Half side by side in H.264"),
    ("master", "Editing Master", "Side by side in ProRes, to be edited"),
)
FORMATS = (
    ("sbs", "Side by Side", "Left and right eye, each in full size"),
    ("half-sbs", "Half Side by Side", "Both eyes squeezed into one picture's width"),
    ("top-bottom", "Top-Bottom", "Left eye above the right one, each in full size"),
    ("half-top-bottom", "Half Top-Bottom", "Both squeezed into one picture's height"),
    ("interlaced", "Interlaced Rows", "For passive 3D screens; the left eye's row first"),
    ("anaglyph", "Anaglyph", "For red and cyan glasses, by Dubois' method"),
    ("anaglyph-true", "True Anaglyph", "Red and blue alone, dark, with the least ghosts"),
    ("anaglyph-grey", "Grey Anaglyph", "For red and cyan glasses, without colour"),
    ("anaglyph-colour", "Colour Anaglyph", "Every channel as it is; reds flicker between the eyes"),
    ("anaglyph-half-colour", "Half-Colour Anaglyph", "The left eye grey"),
    ("anaglyph-optimised", "Optimised Anaglyph", "Without red, and hardly any flicker"),
    ("rgbd", "Picture and Depth", "The clip and its depth beside it, near is white"),
    ("vr180", "VR180", "Both eyes on half spheres, for headsets and YouTube"),
    ("eyes", "A File an Eye", "NAME_L and NAME_R"),
    ("mv-hevc", "MV-HEVC (experimental)", "Apple's spatial video, 8 bits"),
)
CODECS = (
    (AUTOMATIC, "Automatic", "H.264; H.265 for HDR, for more than 8 bits and for MV-HEVC"),
    ("libx264", "H.264", "Plays everywhere; 8 bits"),
    ("libx265", "H.265", "Smaller files, for newer players"),
    ("libsvtav1", "AV1", "Smaller still, for the newest players"),
    ("prores_ks", "ProRes", "For editing; name the movie .mov"),
    ("ffv1", "FFV1", "Lossless; name the movie .mkv"),
    ("hevc_nvenc", "H.265 NVIDIA", "On an NVIDIA card"),
    ("hevc_qsv", "H.265 Intel", "On an Intel graphics chip"),
    ("hevc_amf", "H.265 AMD", "On an AMD card under Windows"),
    ("hevc_videotoolbox", "H.265 Apple", "On a Mac"),
)


class SECOND_EYE_convert(bpy.types.PropertyGroup):
    """Kept in the scene."""

    destination: EnumProperty(
        name="Destination",
        description="Who shall play the movie: it chooses format, codec and quality",
        items=DESTINATIONS,
    )
    format: EnumProperty(
        name="Format", description="What Convert writes, without a render", items=FORMATS
    )
    codec: EnumProperty(
        name="Codec", description="The encoder. MV-HEVC is always made by x265", items=CODECS
    )
    quality: IntProperty(
        name="Quality",
        description="The encoder's constant quality (crf): smaller is better and larger. ProRes "
        "and FFV1 have their own",
        default=16,
        min=0,
        max=51,
    )
    bit_rate: FloatProperty(
        name="Bit Rate (Mb/s)",
        description="Megabits a second, in place of a constant quality. 0: by quality",
        default=0.0,
        min=0.0,
        soft_max=200.0,
        precision=1,
    )
    untouched: EnumProperty(
        name="Untouched Eye",
        description="The eye that is the clip's own picture; the other one moves all the way",
        items=(
            (BOTH, "None", "Both eyes are made, half of the way each"),
            ("left", "Left", "The left eye is the clip as it is"),
            ("right", "Right", "The right eye is the clip as it is"),
        ),
    )
    layers: BoolProperty(
        name="Make Layers",
        description="Make what stands behind the foreground first, where it is missing or stale. "
        "Layers that are current serve in any case",
        default=False,
    )
    sound: BoolProperty(
        name="Sound", description="Take the clip's sound along, in its place", default=True
    )
    constant_rate: BoolProperty(
        name="Constant Rate",
        description="Show a clip of variable rate at one rate, with repeated pictures, for editors "
        "that want one. Off: at the clip's own times",
        default=False,
    )
    surround: EnumProperty(
        name="Surround",
        description="What VR180 shows around the picture",
        items=(
            ("black", "Black", "A dark room"),
            ("blurred", "Blurred", "The picture's edge, blurred, and darker farther out"),
        ),
    )
    field_of_view: FloatProperty(
        name="Field of View",
        description="How wide the picture stands on VR180's sphere. 0: as the project's lens says",
        subtype="ANGLE",
        default=0.0,
        min=0.0,
        max=math.radians(170.0),
    )
    path: StringProperty(
        name="Converted Movie",
        description="What Convert writes. Empty: NAME_FORMAT.mp4 beside the depth project",
        subtype="FILE_PATH",
    )


def register() -> None:
    bpy.types.Scene.second_eye_convert = PointerProperty(type=SECOND_EYE_convert)


def unregister() -> None:
    del bpy.types.Scene.second_eye_convert


CLASSES = (SECOND_EYE_convert,)
