# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sections of the tab share."""

from __future__ import annotations

from collections.abc import Collection

import bpy

from ..engine import session


class Section:
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Second Eye"


def split(layout: bpy.types.UILayout, decorate: bool = False) -> bpy.types.UILayout:
    """A column with labels on the left, as Blender's own panels have it."""
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = decorate
    return column


def draws_running(layout: bpy.types.UILayout, titles: Collection[str]) -> bool:
    """Whether a job of those titles runs; its progress is drawn, in place of the section."""
    running = session.current()
    if running is None or running.title not in titles:
        return False
    draw_running(layout, running)
    return True


def draw_running(layout: bpy.types.UILayout, running: session.Running) -> None:
    """A job's progress, and the button that stops it."""
    progress = running.task.progress
    stopping = running.task.cancelling
    layout.label(text=f"{running.title}{': stopping' if stopping else ''}", icon="SORTTIME")
    layout.progress(factor=progress.fraction, text=progress.text())
    layout.operator("second_eye.cancel", icon="X")
