# SPDX-License-Identifier: GPL-3.0-or-later
# An anaglyph, for any screen.
import bpy

settings = bpy.context.scene.second_eye

settings.packing = "anaglyph"
settings.convert_format = "anaglyph"
settings.convert_codec = "libx264"
settings.convert_quality = 16
