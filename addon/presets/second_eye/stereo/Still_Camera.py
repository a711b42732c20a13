# SPDX-License-Identifier: GPL-3.0-or-later
# The eyes stay where the footage camera stands.
import bpy

settings = bpy.context.scene.second_eye

settings.depth_budget = 2.0
settings.drift = 0.0
