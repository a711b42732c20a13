# SPDX-License-Identifier: GPL-3.0-or-later
# Full side by side in H.265, for players on headsets.
import bpy

settings = bpy.context.scene.second_eye

settings.packing = "sbs"
settings.convert_format = "sbs"
settings.convert_codec = "libx265"
settings.convert_quality = 20
