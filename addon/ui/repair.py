# SPDX-License-Identifier: GPL-3.0-or-later
"""Repair: what a new analysis is asked for, and what can be done with each shot of a scene."""

from __future__ import annotations

import bpy

from ...core.project import Manifest
from .. import stage
from ..engine import session
from ..operators import compare, edit_cuts, repair_shot, where
from ..stage.shot import asked_strengths, repairs_live, strengths
from . import presets, relief_inputs, words
from .layouts import Section, draws_running, split

TITLES = {cls.title for module in (repair_shot, edit_cuts) for cls in module.CLASSES}


class SECOND_EYE_PT_analyse_repair(Section, bpy.types.Panel):
    bl_label = "Repair"
    bl_idname = "SECOND_EYE_PT_analyse_repair"
    bl_parent_id = "SECOND_EYE_PT_analyse"
    bl_options = {"DEFAULT_CLOSED"}
    draw_header_preset = presets.header(presets.SECOND_EYE_PT_presets_analysis)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        settings = context.scene.second_eye
        folder = where.known_project(context.scene)
        found = where.manifest_or_none(folder) if folder else None
        finished = found is not None and found.complete
        column = split(layout)
        column.active = not finished
        for branch in stage.BRANCHES:
            column.prop(settings, branch, slider=True)
        column = split(layout)
        column.prop(settings, "look_ahead")
        column.prop(settings, "find_cuts")
        if finished:
            words.wrapped(
                layout,
                "This clip is analysed: set strengths shot by shot below, in Repair.",
                icon="INFO",
            )


class SECOND_EYE_PT_repair(Section, bpy.types.Panel):
    bl_label = "Repair"
    bl_idname = "SECOND_EYE_PT_repair"
    bl_order = 3

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if draws_running(layout, TITLES):
            return
        relief = where.shown_relief(context)
        if relief is None:
            layout.label(text="Build the scene first", icon="INFO")
            return
        draw_strengths(layout, context, relief)
        layout.separator()
        draw_comparison(layout, context, relief)
        layout.separator()
        row = layout.row(align=True)
        row.operator("second_eye.cut_here", icon="UNLINKED")
        row.operator("second_eye.merge_shots", text="Merge", icon="LINKED")
        layout.operator("second_eye.show_flicker", icon="GRAPH")
        if session.latest.title in TITLES:
            words.wrapped(layout, session.latest.text, icon=session.latest.icon)


def draw_strengths(
    layout: bpy.types.UILayout, context: bpy.types.Context, relief: bpy.types.Object
) -> None:
    """The shot's own strengths, and the button that applies them."""
    column = split(layout)
    column.label(text=relief.name, icon="OBJECT_DATA")
    for branch in stage.BRANCHES:
        column.prop(relief.second_eye, branch, slider=True)
    row = layout.row(align=True)
    pending = is_pending(where.built_manifest(context.scene), relief)
    row.operator("second_eye.repair_shot", icon="FILE_REFRESH", depress=pending)
    row.operator("second_eye.repair_shot", text="", icon="DUPLICATE").every_shot = True


def draw_comparison(
    layout: bpy.types.UILayout, context: bpy.types.Context, relief: bpy.types.Object
) -> None:
    """Before and after: the keyable inputs of the relief."""
    if not repairs_live(relief):
        words.wrapped(layout, f"{where.NOT_LIVE}.", icon="INFO")
        return
    modifier = relief_inputs.of(relief)
    if modifier is not None:
        relief_inputs.draw(split(layout, decorate=True), modifier, relief_inputs.COMPARISON)
    layout.operator("second_eye.split_preview", icon="MOD_MIRROR", depress=compare.is_on(context))


def is_pending(manifest: Manifest | None, relief: bpy.types.Object) -> bool:
    """Whether the sliders say something else than what the depth was repaired with."""
    shots = manifest.shots if manifest is not None else []
    first = relief["second_eye_first"]
    return any(s.first == first and strengths(s) != asked_strengths(relief) for s in shots)


CLASSES = (SECOND_EYE_PT_analyse_repair, SECOND_EYE_PT_repair)
