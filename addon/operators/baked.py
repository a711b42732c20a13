# SPDX-License-Identifier: GPL-3.0-or-later
"""The project as a job of the fast path wants it: with what the scene animates."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...core.errors import SecondEyeError
from ...core.project import Project
from .. import rigs
from . import where


def baked_project(scene: bpy.types.Scene) -> Path:
    """The scene's project; the stereo camera and the shots' settings are written into it where the
    scene is built. Raises SecondEyeError."""
    try:
        folder = where.built_folder(scene)
    except SecondEyeError:  # nothing is built: the suggested rig, and the project's own numbers
        return where.project_folder(scene)
    if rigs.find_stereo_camera(scene) is not None:
        rigs.bake_camera(scene, Project.open(folder))
    return folder


def has_depth(operator: type[bpy.types.Operator], scene: bpy.types.Scene) -> bool:
    """For ``poll``: whether there is a finished project, with the reason as its message."""
    folder = where.known_project(scene)
    found = None if folder is None else where.manifest_or_none(folder)
    if found is None or not found.complete:
        operator.poll_message_set("Analyse the clip first")
        return False
    return True
