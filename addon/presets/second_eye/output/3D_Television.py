# SPDX-License-Identifier: GPL-3.0-or-later
# Half side by side, which televisions with a 3D button expect.
import bpy

settings = bpy.context.scene.second_eye
convert = bpy.context.scene.second_eye_convert

settings.packing = "half-sbs"
convert.destination = "3d-tv"
convert.format = "half-sbs"
convert.codec = "AUTOMATIC"
convert.quality = 18
convert.bit_rate = 0.0
