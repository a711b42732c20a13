# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's multiview set to write one packed picture a frame."""

from __future__ import annotations

import bpy

from ...core.errors import UsageError
from ..stage import compat

PACKINGS = ("sbs", "half-sbs", "top-bottom", "half-top-bottom", "anaglyph")
"""What Blender itself can pack; the other packings are made from these by core.delivery."""


def configure_stereo_render(scene: bpy.types.Scene, packing: str | None = "sbs") -> None:
    """Render left and right eye into one 8-bit PNG a frame, packed as ``packing``; None: into one
    for each eye, NAME_L and NAME_R.

    "sbs" and "top-bottom" keep each eye's full size, so that the picture doubles; the "half-"
    packings squeeze both eyes into one picture. Raises UsageError on another packing.
    """
    if packing is not None and packing not in PACKINGS:
        raise UsageError(
            f'Blender can\'t render the packing "{packing}": choose {", ".join(PACKINGS)}.'
        )
    render = scene.render
    render.use_multiview = True
    render.views_format = "STEREO_3D"
    for view in render.views:
        view.use = view.name in ("left", "right")
    settings = render.image_settings
    compat.set_png(settings)
    settings.views_format = "INDIVIDUAL" if packing is None else "STEREO_3D"
    stereo = settings.stereo_3d_format
    if packing is None:
        render.views["left"].file_suffix, render.views["right"].file_suffix = "_L", "_R"
    elif packing == "anaglyph":
        stereo.display_mode = "ANAGLYPH"
        stereo.anaglyph_type = "RED_CYAN"
    elif packing.endswith("sbs"):
        stereo.display_mode = "SIDEBYSIDE"
        stereo.use_sidebyside_crosseyed = False
        stereo.use_squeezed_frame = packing == "half-sbs"
    else:
        stereo.display_mode = "TOPBOTTOM"
        stereo.use_squeezed_frame = packing == "half-top-bottom"
    _set_files(render)


def configure_mono(scene: bpy.types.Scene) -> None:
    """Render the camera's own picture, from the middle between the eyes, into an 8-bit PNG."""
    scene.render.use_multiview = False
    compat.set_png(scene.render.image_settings)
    _set_files(scene.render)


def packed_of(size: tuple[int, int], packing: str) -> tuple[int, int]:
    """Width and height of two eyes of ``size``, packed by Blender."""
    columns, rows = {"sbs": (2, 1), "top-bottom": (1, 2)}.get(packing, (1, 1))
    return size[0] * columns, size[1] * rows


def _set_files(render: bpy.types.RenderSettings) -> None:
    render.use_file_extension = True
    render.use_overwrite = True
    render.use_placeholder = False
    render.use_sequencer = False  # strips in this scene would replace the picture


def packed_size(scene: bpy.types.Scene) -> tuple[int, int]:
    """Width and height in pixels of the file of one frame."""
    render = scene.render
    width = render.resolution_x * render.resolution_percentage // 100
    height = render.resolution_y * render.resolution_percentage // 100
    if render.use_multiview and render.image_settings.views_format == "STEREO_3D":
        stereo = render.image_settings.stereo_3d_format
        if not stereo.use_squeezed_frame and stereo.display_mode == "SIDEBYSIDE":
            return 2 * width, height
        if not stereo.use_squeezed_frame and stereo.display_mode == "TOPBOTTOM":
            return width, 2 * height
    return width, height
