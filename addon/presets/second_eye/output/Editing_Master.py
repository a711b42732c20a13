# SPDX-License-Identifier: GPL-3.0-or-later
# Full side by side in ProRes.
import bpy

settings = bpy.context.scene.second_eye

settings.packing = "sbs"
settings.convert_format = "sbs"
settings.convert_codec = "prores_ks"
settings.convert_quality = 16
