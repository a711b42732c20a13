# SPDX-License-Identifier: GPL-3.0-or-later
# Both eyes on half spheres, for an upload.
import bpy

settings = bpy.context.scene.second_eye
convert = bpy.context.scene.second_eye_convert

settings.packing = "sbs"
convert.destination = "youtube-vr180"
convert.format = "vr180"
convert.codec = "AUTOMATIC"
convert.quality = 16
convert.bit_rate = 0.0
