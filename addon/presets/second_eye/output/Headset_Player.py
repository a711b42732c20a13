# SPDX-License-Identifier: GPL-3.0-or-later
# Full side by side in H.265, for players on headsets.
import bpy

settings = bpy.context.scene.second_eye
convert = bpy.context.scene.second_eye_convert

settings.packing = "sbs"
convert.destination = "quest"
convert.format = "sbs"
convert.codec = "libx265"
convert.quality = 20
convert.bit_rate = 0.0
