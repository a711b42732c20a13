# SPDX-License-Identifier: GPL-3.0-or-later
# No repair: the depth as the network gives it.
import bpy

settings = bpy.context.scene.second_eye

settings.spatial = 0.0
settings.temporal = 0.0
settings.semantic = 0.0
settings.look_ahead = 2
settings.find_cuts = True
