# SPDX-License-Identifier: GPL-3.0-or-later
# An anaglyph, for any screen.
import bpy

settings = bpy.context.scene.second_eye
convert = bpy.context.scene.second_eye_convert

settings.packing = "anaglyph"
convert.destination = "CUSTOM"
convert.format = "anaglyph"
convert.codec = "AUTOMATIC"
convert.quality = 16
convert.bit_rate = 0.0
