# SPDX-License-Identifier: GPL-3.0-or-later
# A wide screen far away: little parallax in the picture is much on the wall.
import bpy

settings = bpy.context.scene.second_eye

settings.depth_budget = 1.0
settings.drift = 1.0
