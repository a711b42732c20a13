# SPDX-License-Identifier: GPL-3.0-or-later
"""What footage asks of a scene: rate, size, range, and colours left alone."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import bpy

from ...core.project import Manifest
from . import compat


def set_rate(render: bpy.types.RenderSettings, rate: Fraction) -> None:
    """24000/1001 becomes 24 / 1.001, as Blender's own presets have it."""
    render.fps = max(1, round(rate))
    render.fps_base = float(render.fps / rate)


def configure_scene(scene: bpy.types.Scene, manifest: Manifest, start: int) -> None:
    """Set rate, size, frame range, colour management and what Cycles needs to show a relief.

    Scene frame ``start`` shows the project's first frame.
    """
    render: Any = scene.render
    set_rate(render, manifest.timeline.rate)
    render.resolution_x = manifest.clip.width
    render.resolution_y = manifest.clip.height
    render.resolution_percentage = 100
    render.pixel_aspect_x = render.pixel_aspect_y = 1.0
    scene.frame_start = start
    scene.frame_end = start + manifest.last - manifest.first

    # AgX and a look are for rendered light; footage must come out as it went in.
    display: Any = scene.display_settings
    display.display_device = "sRGB"
    view: Any = scene.view_settings
    view.view_transform, view.look = "Standard", "None"
    view.exposure, view.gamma = 0.0, 1.0
    view.use_curve_mapping = False
    render.dither_intensity = 0.0

    render.use_persistent_data = True

    cycles = compat.cycles_of(scene)
    if cycles is None:
        render.engine = compat.engine("EEVEE")
        return
    render.engine = "CYCLES"
    # Each pixel asks the plate once, at its middle: the plate is already anti-aliased, and a wider
    # filter would blur it.
    cycles.pixel_filter_type = "BLACKMAN_HARRIS"
    cycles.filter_width = 0.01
    cycles.samples = 1
    cycles.use_adaptive_sampling = False
    cycles.use_denoising = False
    cycles.transparent_max_bounces = 32  # cut steps lie behind one another
