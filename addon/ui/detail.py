# SPDX-License-Identifier: GPL-3.0-or-later
"""Detail: which level of a relief is shown where, what it costs and what it misses."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...core.project import Manifest
from ...core.project.sampling import is_current
from .. import stage
from ..engine import session
from ..operators import sample_shot, where
from ..stage.detail import Shown, shown
from ..stage.group_inputs import RENDER_LEVEL, VIEWPORT_LEVEL
from . import relief_inputs, words
from .layouts import Section, draws_running, split

TITLES = {cls.title for cls in sample_shot.CLASSES}

_stale: tuple[Manifest | None, dict[int, bool]] = (None, {})
"""Of the manifest that was read last, by a shot's first frame: panels ask many times a second."""


class SECOND_EYE_PT_detail(Section, bpy.types.Panel):
    bl_label = "Detail"
    bl_idname = "SECOND_EYE_PT_detail"
    bl_parent_id = "SECOND_EYE_PT_scene"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return where.shown_relief(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if draws_running(layout, TITLES):
            return
        relief = where.shown_relief(context)
        modifier = relief_inputs.of(relief) if relief is not None else None
        if relief is None or modifier is None:
            return
        levels = [shown(relief, modifier, viewport) for viewport in (True, False)]
        if None in levels:
            words.wrapped(layout, "This relief is older: build the scene again.", icon="INFO")
            return
        viewport, render = (level for level in levels if level is not None)
        if viewport.of > 1:
            column = split(layout)
            relief_inputs.draw(column, modifier, (VIEWPORT_LEVEL, RENDER_LEVEL))
        words.wrapped(layout, f"Viewport: {describe(viewport)}", icon="RESTRICT_VIEW_OFF")
        words.wrapped(layout, f"Render: {describe(render)}", icon="RESTRICT_RENDER_OFF")
        if not stage.is_adaptive(context.scene):
            return
        stale = is_stale(context, relief)
        if stale:
            words.wrapped(layout, "The depth has changed since it was sampled.", icon="INFO")
        row = layout.row(align=True)
        row.operator("second_eye.sample_shot", icon="FILE_REFRESH", depress=stale)
        row.operator("second_eye.sample_shot", text="", icon="DUPLICATE").every_shot = True
        if session.latest.title in TITLES:
            words.wrapped(layout, session.latest.text, icon=session.latest.icon)


def describe(level: Shown) -> str:
    """A level in words: its number, its triangles, its error."""
    number = f"level {level.number} of {level.of}, " if level.of > 1 else "grid, "
    error = "" if level.error is None else f", RMS error {level.error:.3f} px of disparity"
    return f"{number}{level.triangles:,} triangles{error}"


def is_stale(context: bpy.types.Context, relief: bpy.types.Object) -> bool:
    """Whether the project's depth of this shot is another than the one that was sampled."""
    global _stale
    manifest = where.built_manifest(context.scene)
    if manifest is None:
        return False
    if _stale[0] is not manifest:
        folder: Path = where.built_folder(context.scene)
        _stale = (manifest, {s.first: not is_current(folder, manifest, s) for s in manifest.shots})
    return _stale[1].get(relief["second_eye_first"], False)


CLASSES = (SECOND_EYE_PT_detail,)
