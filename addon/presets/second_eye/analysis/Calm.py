# SPDX-License-Identifier: GPL-3.0-or-later
# Looks six frames ahead, for footage that moves slowly.
import bpy

settings = bpy.context.scene.second_eye

settings.spatial = 1.0
settings.temporal = 1.0
settings.semantic = 1.0
settings.look_ahead = 6
settings.find_cuts = True
