# SPDX-License-Identifier: GPL-3.0-or-later
"""Comfort: the current frame's parallax on a screen, in numbers and words; graph and overlay."""

from __future__ import annotations

import bpy

from ...core.errors import SecondEyeError
from ...core.stereo import FrameComfort, Viewing
from ...core.stereo.comfort import CLOSE, GOOD, OUTSIDE
from ...core.stereo.report import sentences
from ..engine import session
from ..operators import show_comfort, where
from ..rigs.live_comfort import live, live_comfort, unbaked_edits
from ..rigs.modes import FLAT, mode_of
from ..rigs.viewing import viewing_of
from ..stage.footage_camera import camera_data
from . import words
from .layouts import Section, draws_running, split

TITLES = {cls.title for cls in show_comfort.CLASSES}
_ICONS = {GOOD: "CHECKMARK", CLOSE: "INFO", OUTSIDE: "ERROR"}


class SECOND_EYE_PT_comfort(Section, bpy.types.Panel):
    bl_label = "Comfort"
    bl_idname = "SECOND_EYE_PT_comfort"
    bl_parent_id = "SECOND_EYE_PT_stereo"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return where.stage_of(context.scene) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if draws_running(layout, TITLES):
            return
        scene = context.scene
        draw_screen(layout, scene)
        try:
            told, note = judged(context)
        except SecondEyeError as error:
            words.wrapped(layout, str(error), icon="ERROR")
        else:
            manifest = where.built_manifest(scene)
            draw_readout(layout, told, viewing_of(scene), manifest.clip.width if manifest else 0)
            if note:
                words.wrapped(layout, note, icon="INFO")
        layout.operator("second_eye.show_comfort", icon="GRAPH")
        settings = scene.second_eye_comfort
        row = layout.row(align=True)
        row.prop(settings, "overlay", toggle=True, icon="OVERLAY")
        row.prop(settings, "planes", text="", icon="MOD_SOLIDIFY")
        row.prop(settings, "marks", text="", icon="TEXTURE")
        if settings.overlay and settings.marks:
            split(layout).prop(settings, "opacity", slider=True)
        if session.latest.title in TITLES:
            words.wrapped(layout, session.latest.text, icon=session.latest.icon)


def draw_screen(layout: bpy.types.UILayout, scene: bpy.types.Scene) -> None:
    """The screen that the scene is graded and judged for."""
    settings, column = scene.second_eye_grade, split(layout)
    column.prop(settings, "screen")
    if settings.screen == "OWN":
        column.prop(settings, "screen_width")
        column.prop(settings, "screen_distance")


def judged(context: bpy.types.Context) -> tuple[FrameComfort, str]:
    """The current frame, and what its figures leave out. Raises SecondEyeError, in one sentence,
    where there is nothing to judge."""
    scene = context.scene
    folder = where.built_folder(scene)
    manifest = where.manifest(folder)
    if manifest is None:
        raise SecondEyeError(f"{folder} is gone: put it back, or build another project.")
    playing = live(scene, context.evaluated_depsgraph_get(), manifest)
    told = live_comfort(scene, playing, folder, manifest)
    notes = []
    if unbaked_edits(playing, manifest):
        notes.append("Depth edits count once Bake Camera and Show Comfort were pressed.")
    if mode_of(camera_data(playing.camera)) not in FLAT:
        notes.append("Judged as a flat picture: spheres have no screen.")
    return told, " ".join(notes)


def draw_readout(
    layout: bpy.types.UILayout, told: FrameComfort, viewing: Viewing, width: int
) -> None:
    """A table of the nearest, the middle and the farthest, and the verdict in words."""
    column = layout.column(align=True)
    for row in readout(told, viewing, width):
        line = column.row(align=True)
        for number, text in enumerate(row):
            cell = line.column()
            cell.alignment = "LEFT" if number == 0 else "RIGHT"
            cell.label(text=text)
    box = layout.column(align=True)
    box.alert = told.verdict == OUTSIDE
    for sentence in sentences(told, viewing):
        words.wrapped(box, sentence, icon=_ICONS[told.verdict])


def readout(told: FrameComfort, viewing: Viewing, width: int) -> list[tuple[str, str, str, str]]:
    """Rows of the table: name, % of the width, pixels of the clip, degrees."""
    limits = viewing.limits
    named = (
        ("Farthest", told.parallax[4]),
        ("Middle", told.parallax[2]),
        ("Nearest", told.parallax[0]),
        ("Limits", None),
    )
    rows = []
    for name, parallax in named:
        if parallax is None:
            rows.append((name, f"{100 * limits.near:+.1f}", "to", f"{100 * limits.far:+.1f} %"))
            continue
        rows.append(
            (
                name,
                f"{100 * parallax:+.2f} %",
                f"{parallax * width:+.1f} px",
                f"{float(viewing.degrees(parallax)):+.2f}\N{DEGREE SIGN}",
            )
        )
    return rows


CLASSES = (SECOND_EYE_PT_comfort,)
