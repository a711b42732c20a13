# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth read through Blender itself: its Python has no OpenEXR."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

from ...core.errors import SecondEyeError
from ...core.project import Project
from ...core.project.files import FrameFiles


def normalised(project: Project, frame: int) -> np.ndarray:
    """As core.project's ``Project.normalised``: float32 (h, w) in 0..1, top row first."""
    return project.normalise(frame, stored(project, frame))


def stored(project: FrameFiles, frame: int) -> np.ndarray:
    """Inverse depth as stored, float32 (h, w), top row first. Raises SecondEyeError where the
    picture is missing or damaged."""
    path = project.depth_path(frame)
    if not path.is_file():
        raise SecondEyeError(f"{path} is missing: run Analyse to complete the project.")
    return _red(project, path, f"{path} is damaged: delete it and run Analyse again.")


def _red(project: FrameFiles, path: Path, damaged: str) -> np.ndarray:
    """The first channel of a picture of the depth's size; SecondEyeError(damaged) without one."""
    image = bpy.data.images.load(str(path))
    try:
        width, height = image.size
        expected = project.manifest.depth
        if (width, height) != (expected.width, expected.height):
            raise SecondEyeError(damaged)
        pixels = np.empty(width * height * image.channels, np.float32)
        image.pixels.foreach_get(pixels)  # type: ignore[attr-defined]
        if not image.has_data:  # its size is in the file's head, its pixels did not load
            raise SecondEyeError(damaged)
        return pixels.reshape(height, width, image.channels)[::-1, :, 0]
    finally:
        bpy.data.images.remove(image)


def check_pictures(project: Project) -> None:
    """Raises SecondEyeError where a plate or depth file is missing or empty, or the first depth
    picture of a shot can't be read. Blender itself would show black, and say nothing."""
    for frame in project.manifest.frames:
        for path in (project.plate_path(frame), project.depth_path(frame)):
            if not path.is_file():
                raise SecondEyeError(f"{path} is missing: run Analyse to complete the project.")
            if path.stat().st_size == 0:
                raise SecondEyeError(f"{path} is damaged: delete it and run Analyse again.")
    for shot in project.manifest.shots:
        normalised(project, shot.first)
