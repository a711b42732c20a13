# SPDX-License-Identifier: GPL-3.0-or-later
"""The tab in the 3D View's sidebar: one section a step, in the order of the work."""

from __future__ import annotations

import bpy

from ...core.errors import SecondEyeError
from ...core.project import Manifest
from .. import ROOT_PACKAGE, preferences, stage
from ..engine import interpreter, session
from ..operators import where
from ..stage import compat, roles
from ..stage.group_inputs import BIAS
from ..translations import CONTEXT
from . import (
    convert,
    detail,
    edits,
    moves,
    presets,
    preview,
    relief_inputs,
    render,
    repair,
    rig,
    shots,
    solve,
    words,
)
from .layouts import Section, draw_running, split

RENDER, BUILD, TAG = "Render Stereo", "Build Scene", "Tag Movie"
ELSEWHERE = {
    RENDER,
    BUILD,
    TAG,
    *convert.TITLES,
    *repair.TITLES,
    *detail.TITLES,
    *solve.TITLES,
    *edits.TITLES,
    *moves.TITLES,
    *shots.TITLES,
    *preview.TITLES,
    *render.TITLES,
}
"""Jobs that other sections than Analyse show."""


class SECOND_EYE_PT_clip(Section, bpy.types.Panel):
    bl_label = "Clip"
    bl_idname = "SECOND_EYE_PT_clip"
    bl_order = 0

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        settings = context.scene.second_eye
        layout.row().prop(settings, "source", expand=True)
        if settings.source == "FILE":
            layout.operator("second_eye.import_clip", text="Import Clip...", icon="FILE_MOVIE")
            if settings.clip_path:
                layout.prop(settings, "clip_path", text="")
        else:
            layout.template_ID(settings, "movie_clip", open="clip.open")
        column = split(layout)
        column.active = where.has_clip(context.scene)
        column.prop(settings, "first", text="First Frame")
        column.prop(settings, "last", text="Last Frame" if settings.last else "Last (0: end)")
        split(layout).prop(settings, "project_folder", placeholder="automatic")


class SECOND_EYE_PT_analyse(Section, bpy.types.Panel):
    bl_label = "Analyse"
    bl_idname = "SECOND_EYE_PT_analyse"
    bl_order = 1

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        running = session.current()
        if running is not None and running.title not in ELSEWHERE:
            draw_running(layout, running)
            return
        if not draw_missing_engine(layout, context):
            manifest = project_of(context)
            draw_model(layout, context, manifest)
            resume = manifest is not None and not manifest.complete
            text = "Resume Analysis" if resume else "Analyse"
            row = layout.row()
            row.scale_y = 1.4
            row.operator("second_eye.analyse", text=text, icon="PLAY")
            if manifest is not None:
                describe(layout, manifest)
        latest = session.latest
        if latest.title not in ELSEWHERE and latest.icon != "CHECKMARK":
            words.wrapped(layout, latest.text, icon=latest.icon)


class SECOND_EYE_PT_scene(Section, bpy.types.Panel):
    bl_label = "Scene"
    bl_idname = "SECOND_EYE_PT_scene"
    bl_order = 2
    draw_header_preset = presets.header(presets.SECOND_EYE_PT_presets_stereo)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        running = session.current()
        if running is not None and running.title == BUILD:
            draw_running(layout, running)
            return
        settings = context.scene.second_eye
        layout.row().prop(settings, "kind", expand=True)
        layout.row().prop(settings, "sampling", expand=True)
        column = split(layout)
        if settings.sampling == stage.ADAPTIVE:
            column.prop(settings, "triangles")
        else:
            text = "Columns" if settings.columns else "Columns (0: all)"
            column.prop(settings, "columns", text=text)
        column.prop(settings, "start")
        column.prop(settings, "depth_budget")
        column.prop(settings, "drift")
        layout.operator("second_eye.build_scene", icon="MESH_GRID")
        if session.latest.title == BUILD and session.latest.icon != "CHECKMARK":
            words.wrapped(layout, session.latest.text, icon=session.latest.icon)
        collection = built(context)
        if collection is None:
            return
        relief = where.shown_relief(context)
        modifier = relief_inputs.of(relief) if relief is not None else None
        if modifier is not None and compat.has_input(modifier, BIAS):
            column = split(layout, decorate=True)
            column.label(text=relief.name, icon="OBJECT_DATA")
            relief_inputs.draw(column, modifier, relief_inputs.CURVE)


class SECOND_EYE_PT_stereo(Section, bpy.types.Panel):
    bl_label = "Stereo"
    bl_translation_context = CONTEXT  # Blender's own means sound by it
    bl_idname = "SECOND_EYE_PT_stereo"
    bl_order = 4

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        collection = built(context)
        if collection is None:
            layout.label(text="Build the scene first", icon="INFO")
            return
        camera = roles.with_role(collection, roles.STEREO)
        if camera is not None:
            rig.draw_stereo(layout, camera)
        layout.operator("second_eye.bake_camera", icon="REC")


class SECOND_EYE_PT_output(Section, bpy.types.Panel):
    bl_label = "Output"
    bl_idname = "SECOND_EYE_PT_output"
    bl_order = 5
    draw_header_preset = presets.header(presets.SECOND_EYE_PT_presets_output)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        settings = context.scene.second_eye
        column = split(layout)
        asked = context.scene.second_eye_render
        column.prop(asked, "kind")
        if asked.kind == "STEREO":
            column.prop(settings, "packing")
        column.prop(settings, "output_path", placeholder="automatic")
        running = session.current()
        if running is not None and running.title == RENDER:
            draw_running(layout, running)
            return
        row = layout.row(align=True)
        text = bpy.types.UILayout.enum_item_name(asked, "kind", asked.kind)
        row.operator("second_eye.render_stereo", text=f"Render {text}", icon="RENDER_ANIMATION")
        row.operator("second_eye.render_stereo", text="", icon="FILE_REFRESH").start_over = True
        if running is not None and running.title == TAG:
            draw_running(layout, running)
            return
        layout.operator("second_eye.choose_movie", icon="BOOKMARKS")
        if session.latest.title in (RENDER, TAG):
            words.wrapped(layout, session.latest.text, icon=session.latest.icon)


def draw_missing_engine(layout: bpy.types.UILayout, context: bpy.types.Context) -> bool:
    """Say how to get an engine where there is none; True in that case."""
    chosen = preferences.get(context)
    try:
        interpreter.find(chosen.engine_mode, chosen.engine_python)
    except SecondEyeError as error:
        words.wrapped(layout, str(error), icon="ERROR")
        layout.operator("preferences.addon_show", text="Open Preferences").module = ROOT_PACKAGE
        return True
    return False


def draw_model(
    layout: bpy.types.UILayout, context: bpy.types.Context, manifest: Manifest | None
) -> None:
    """The menu of models, and what the chosen one means for a project that is there already."""
    settings = context.scene.second_eye
    row = layout.row(align=True)
    row.prop(settings, "model", text="")
    row.operator("second_eye.choose_model", text="", icon="ADD")
    row.operator("second_eye.remove_model", text="", icon="REMOVE")
    chosen = settings.model_name
    if manifest is not None and chosen and chosen != manifest.model.name:
        words.wrapped(
            layout,
            f"This project holds depth of {manifest.model.name}; "
            f"{chosen} needs another project folder",
            icon="INFO",
        )


def describe(layout: bpy.types.UILayout, manifest: Manifest) -> None:
    clip, rate = manifest.clip, manifest.timeline.rate
    done = "analysed" if manifest.complete else "not finished"
    text = (
        f"{clip.width} x {clip.height}, {float(rate):.5g} frames/s; "
        f"frames {manifest.first} to {manifest.last} {done} by {manifest.model.name}"
    )
    words.wrapped(layout, text, icon="CHECKMARK" if manifest.complete else "TIME")


def project_of(context: bpy.types.Context) -> Manifest | None:
    try:
        return where.manifest(where.project_folder(context.scene))
    except SecondEyeError:
        return None


def built(context: bpy.types.Context) -> bpy.types.Collection | None:
    try:
        return stage.find_collection(context.scene)
    except SecondEyeError:
        return None


CLASSES = (
    SECOND_EYE_PT_clip,
    SECOND_EYE_PT_analyse,
    SECOND_EYE_PT_scene,
    SECOND_EYE_PT_stereo,
    SECOND_EYE_PT_output,
)
