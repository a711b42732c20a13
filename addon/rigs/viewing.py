# SPDX-License-Identifier: GPL-3.0-or-later
"""The screen that a scene is made for."""

from __future__ import annotations

import bpy

from ...core.stereo import Viewing, find_viewing


def viewing_of(scene: bpy.types.Scene) -> Viewing:
    """The screen that rigs are fitted, graded and judged for."""
    settings = scene.second_eye_grade
    if settings.screen == "OWN":
        return find_viewing(None, settings.screen_width, settings.screen_distance)
    return find_viewing(settings.screen.lower())
