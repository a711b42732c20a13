# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a built scene's depth project lies now: it and the .blend may have moved together."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...core.project import Project
from . import compat

PROJECT = "second_eye_project"


def project_folder(collection: bpy.types.Collection) -> Path:
    """The folder of the project that ``collection`` was built from.

    First where the relief's own depth pictures are: Blender keeps their path right when a .blend
    is saved elsewhere, and relative to it. Then where the project was when the scene was built,
    then beside the .blend. Without a project in any of them: where it was.
    """
    built = Path(collection[PROJECT])
    candidates = [*_pictured(collection), built, beside_blend(built.name)]
    return next((folder for folder in candidates if folder and Project.exists(folder)), built)


def beside_blend(name: str) -> Path | None:
    """The folder of that name beside the saved .blend; None before it is saved."""
    return Path(bpy.data.filepath).parent / name if bpy.data.filepath else None


def _pictured(collection: bpy.types.Collection) -> list[Path]:
    """DIR of the pictures DIR/depth/NUMBER.exr that the reliefs show."""
    found = []
    for thing in collection.objects:
        for modifier in thing.modifiers if thing.get("second_eye_role") == "relief" else ():
            group = modifier.node_group if modifier.type == "NODES" else None
            if group is None or "Depth" not in group.interface.items_tree:  # one of the artist's
                continue
            image = compat.get_input(modifier, "Depth")
            if isinstance(image, bpy.types.Image):
                found.append(Path(bpy.path.abspath(image.filepath)).parent.parent)
    return found
