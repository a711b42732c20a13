# SPDX-License-Identifier: GPL-3.0-or-later
# A small screen shows little of a small parallax.
import bpy

settings = bpy.context.scene.second_eye

settings.depth_budget = 3.0
settings.drift = 1.0
