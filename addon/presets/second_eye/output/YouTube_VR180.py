# SPDX-License-Identifier: GPL-3.0-or-later
# Both eyes on half spheres, for an upload.
import bpy

settings = bpy.context.scene.second_eye

settings.packing = "sbs"
settings.convert_format = "vr180"
settings.convert_codec = "libx264"
settings.convert_quality = 16
