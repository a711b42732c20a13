# SPDX-License-Identifier: GPL-3.0-or-later
# Full side by side in ProRes.
import bpy

settings = bpy.context.scene.second_eye
convert = bpy.context.scene.second_eye_convert

settings.packing = "sbs"
convert.destination = "master"
convert.format = "sbs"
convert.codec = "prores_ks"
convert.quality = 16
convert.bit_rate = 0.0
