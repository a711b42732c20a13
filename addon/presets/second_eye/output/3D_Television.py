# SPDX-License-Identifier: GPL-3.0-or-later
# Half side by side, which televisions with a 3D button expect.
import bpy

settings = bpy.context.scene.second_eye

settings.packing = "half-sbs"
settings.convert_format = "half-sbs"
settings.convert_codec = "libx264"
settings.convert_quality = 18
