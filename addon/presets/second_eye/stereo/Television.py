# SPDX-License-Identifier: GPL-3.0-or-later
# A screen about a metre wide: what a new scene begins with.
import bpy

settings = bpy.context.scene.second_eye

settings.depth_budget = 2.0
settings.drift = 1.0
