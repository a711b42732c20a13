# SPDX-License-Identifier: GPL-3.0-or-later
"""The clip's frame that the scene shows now."""

from __future__ import annotations

import bpy

from ...core.errors import SecondEyeError, UsageError
from .. import stage
from . import where


def clip_frame(scene: bpy.types.Scene) -> int:
    """The timeline frame at the playhead; beyond an end of the clip that end, as the relief shows
    it. Raises UsageError without a project that can be read."""
    folder = where.known_project(scene)
    manifest = None if folder is None else where.manifest_or_none(folder)
    if manifest is None:
        raise UsageError("There is no depth project: press Analyse first.")
    try:
        frame = stage.timeline_frame(scene, scene.frame_current)
    except SecondEyeError:  # not built: as Build Scene would count
        frame = scene.frame_current - scene.second_eye.start + manifest.first
    return min(max(frame, manifest.first), manifest.last)
