# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture on the disk, shown in an Image Editor."""

from __future__ import annotations

from pathlib import Path

import bpy


def load(path: Path) -> bpy.types.Image:
    """The picture as an image of this .blend; read anew where it is one already."""
    for image in bpy.data.images:
        if image.source == "FILE" and bpy.path.abspath(image.filepath) == str(path):
            image.reload()
            return image
    return bpy.data.images.load(str(path))


def show(context: bpy.types.Context, image: bpy.types.Image) -> None:
    """In an Image Editor that is open; else in a window of its own. Not in background."""
    if bpy.app.background:
        return
    areas = [area for area in context.screen.areas if area.type == "IMAGE_EDITOR"]
    if not areas:
        bpy.ops.wm.window_new()
        areas = list(context.window_manager.windows[-1].screen.areas)[:1]
        areas[0].ui_type = "IMAGE_EDITOR"
        name = image.name
        bpy.app.timers.register(lambda: _fit(name), first_interval=0.2)  # when it has its size
    space = areas[0].spaces.active
    space.image = image
    areas[0].tag_redraw()


def _fit(name: str) -> None:
    """Show all of the picture in the newest window, where it is there still."""
    window = bpy.context.window_manager.windows[-1]
    for area in window.screen.areas:
        image = getattr(area.spaces.active, "image", None)
        region = next((r for r in area.regions if r.type == "WINDOW"), None)
        if image is not None and image.name == name and region is not None:
            with bpy.context.temp_override(window=window, area=area, region=region):
                bpy.ops.image.view_all(fit_view=True)
