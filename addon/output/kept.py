# SPDX-License-Identifier: GPL-3.0-or-later
"""What a render sets in the scene for itself, and puts back afterwards."""

from __future__ import annotations

import contextlib
from typing import Any

import bpy

from ..rigs.stereo_camera import find_stereo_camera

_RENDER = (
    "engine", "resolution_x", "resolution_y", "resolution_percentage", "pixel_aspect_x",
    "pixel_aspect_y", "use_multiview", "views_format", "use_file_extension", "use_overwrite",
    "use_placeholder", "use_sequencer", "use_border", "dither_intensity",
)  # fmt: skip
# In the order in which each allows the next.
_IMAGE = (
    "media_type", "file_format", "color_mode", "color_depth", "compression", "exr_codec",
    "views_format", "color_management",
)  # fmt: skip
_STEREO = (
    "display_mode", "anaglyph_type", "use_sidebyside_crosseyed", "use_squeezed_frame",
)  # fmt: skip
_CYCLES = (
    "samples", "pixel_filter_type", "filter_width", "use_adaptive_sampling", "use_denoising",
)  # fmt: skip
PATHS = (
    *(f"render.{name}" for name in _RENDER),
    *(f"render.image_settings.{name}" for name in _IMAGE),
    *(f"render.image_settings.stereo_3d_format.{name}" for name in _STEREO),
    *(f"cycles.{name}" for name in _CYCLES),
    "eevee.taa_render_samples",
)


class Kept:
    """The settings of a scene as they are now; `restore` brings them back, also after an undo."""

    def __init__(self, scene: bpy.types.Scene) -> None:
        self._scene = scene.name
        self._camera = scene.camera.name if scene.camera else ""
        self._views = {view.name: (view.use, view.file_suffix) for view in scene.render.views}
        self._values: list[tuple[str, Any]] = []
        for path in PATHS:
            owner, name = _owner(scene, path)
            if owner is not None and hasattr(owner, name):
                self._values.append((path, getattr(owner, name)))

    def restore(self) -> None:
        """Nothing where the scene is gone."""
        scene: bpy.types.Scene | None = bpy.data.scenes.get(self._scene)
        if scene is None:
            return
        camera: bpy.types.Object | None = bpy.data.objects.get(self._camera)
        if camera is not None or not self._camera:
            scene.camera = camera
        elif scene.camera is None:  # renamed meanwhile, in a window that goes on
            scene.camera = find_stereo_camera(scene)
        for view in scene.render.views:
            if view.name in self._views:
                view.use, view.file_suffix = self._views[view.name]
        for path, value in self._values:
            owner, name = _owner(scene, path)
            # What the format of before doesn't know can't be set, and needn't.
            with contextlib.suppress(TypeError, AttributeError, ValueError):
                setattr(owner, name, value)


def _owner(scene: bpy.types.Scene, path: str) -> tuple[Any, str]:
    *parts, name = path.split(".")
    owner: Any = scene
    for part in parts:
        owner = getattr(owner, part, None)
    return owner, name
