# SPDX-License-Identifier: GPL-3.0-or-later
"""Lens: which one the footage was filmed with, and the camera solve that depth is tied to."""

from __future__ import annotations

import math

import bpy

from ...core.project import LensRecord, Manifest
from ...core.project.solved import is_stale
from ..engine import session
from ..operators import estimate_lens, forget_solve, use_solve, where
from . import words
from .layouts import Section, draws_running, split

TITLES = {
    cls.title for module in (estimate_lens, use_solve, forget_solve) for cls in module.CLASSES
}
FULL_FRAME = 36.0  # mm
SAID = {
    "default": "assumed: nothing is known of it",
    "metadata": "from the clip's metadata",
    "artist": "set by hand",
    "movie clip": "from the movie clip's camera",
    "estimate": "estimated from lines in the picture",
    "solve": "from the camera solve",
}


class SECOND_EYE_PT_lens(Section, bpy.types.Panel):
    bl_label = "Lens"
    bl_idname = "SECOND_EYE_PT_lens"
    bl_parent_id = "SECOND_EYE_PT_scene"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return where.known_project(context.scene) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if draws_running(layout, TITLES):
            return
        folder = where.known_project(context.scene)
        manifest = where.manifest_or_none(folder) if folder else None
        if manifest is None:
            return
        words.wrapped(layout, describe(manifest.lens), icon="CAMERA_DATA")
        if manifest.solve is None:
            _draw_lens(layout, context)
        else:
            _draw_solve(layout, manifest)
        row = layout.row(align=True)
        row.operator("second_eye.use_solve", icon="TRACKER")
        row.operator("second_eye.forget_solve", text="", icon="X")
        if session.latest.title in TITLES:
            words.wrapped(layout, session.latest.text, icon=session.latest.icon)


def describe(lens: LensRecord) -> str:
    """A lens in words: as on a sensor 36 mm wide, how wide it sees, and where that is from."""
    angle = math.degrees(2.0 * math.atan(0.5 / lens.focal_over_width))
    source = SAID.get(lens.source, f"from: {lens.source}")
    return f"{FULL_FRAME * lens.focal_over_width:.1f} mm, {angle:.0f} degrees wide, {source}"


def _draw_lens(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    settings = context.scene.second_eye
    column = split(layout)
    column.prop(settings, "focal_length")
    column.prop(settings, "sensor_width")
    row = layout.row(align=True)
    row.operator("second_eye.set_lens", icon="CHECKMARK").source = "ARTIST"
    row.operator_menu_enum("second_eye.set_lens", "source", text="From")
    layout.operator("second_eye.estimate_lens", icon="VIEW_PERSPECTIVE")


def _draw_solve(layout: bpy.types.UILayout, manifest: Manifest) -> None:
    solved = manifest.solve
    if solved is None:
        return
    bundles = sum(shot.bundles for shot in solved.shots)
    worst = max((shot.misfit for shot in solved.shots), default=0.0)
    words.wrapped(
        layout,
        f'Depth is tied to {bundles} bundles of "{solved.clip}" (error {solved.error:.2f} px), met '
        f"within {100 * worst:.1f} %",
        icon="TRACKER_DATA",
    )
    if is_stale(manifest):
        words.wrapped(layout, "The depth has changed since: use the solve again", icon="INFO")


CLASSES = (SECOND_EYE_PT_lens,)
