# SPDX-License-Identifier: GPL-3.0-or-later
"""Scene frame s shows timeline frame s - start + first."""

from __future__ import annotations

import bpy

from .build import find_collection


def timeline_frame(scene: bpy.types.Scene, frame: int) -> int:
    """The timeline frame that scene frame ``frame`` shows."""
    return frame - _offset(scene)


def scene_frame(scene: bpy.types.Scene, frame: int) -> int:
    """The scene frame that shows timeline frame ``frame``."""
    return frame + _offset(scene)


def _offset(scene: bpy.types.Scene) -> int:
    collection = find_collection(scene)
    return int(collection["second_eye_start"]) - int(collection["second_eye_first"])
