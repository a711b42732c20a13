# SPDX-License-Identifier: GPL-3.0-or-later
# All branches as strong as they go: what a new scene begins with.
import bpy

settings = bpy.context.scene.second_eye

settings.spatial = 1.0
settings.temporal = 1.0
settings.semantic = 1.0
settings.look_ahead = 2
settings.find_cuts = True
