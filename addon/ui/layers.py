# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers behind the foreground: how far they reach, and whether a shot has them."""

from __future__ import annotations

import bpy

from ...core.project.behind import is_current, record_path
from ..engine import session
from ..operators import make_layers, where
from ..stage.behind import plate_of
from . import words
from .layouts import Section, draws_running, split

TITLES = {cls.title for cls in make_layers.CLASSES}


class SECOND_EYE_PT_layers(Section, bpy.types.Panel):
    bl_label = "Layers"
    bl_idname = "SECOND_EYE_PT_layers"
    bl_parent_id = "SECOND_EYE_PT_scene"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return where.shown_relief(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if draws_running(layout, TITLES):
            return
        relief = where.shown_relief(context)
        if relief is None:
            return
        split(layout).prop(context.scene.second_eye, "layers_parallax")
        text, current = state(context.scene, relief)
        words.wrapped(layout, text, icon="CHECKMARK" if current else "INFO")
        row = layout.row(align=True)
        row.operator("second_eye.make_layers", icon="RENDERLAYERS", depress=not current)
        row.operator("second_eye.make_layers", text="", icon="DUPLICATE").every_shot = True
        if session.latest.title in TITLES:
            words.wrapped(layout, session.latest.text, icon=session.latest.icon)


def state(scene: bpy.types.Scene, relief: bpy.types.Object) -> tuple[str, bool]:
    """What is to be said of the layers of the shot that ``relief`` shows, and whether they are of
    its depth of today and stand in the scene."""
    manifest = where.built_manifest(scene)
    first = relief["second_eye_first"]
    shot = next((s for s in manifest.shots if s.first == first), None) if manifest else None
    if manifest is None or shot is None:
        return "The project has no such shot any more: build the scene again.", False
    folder = where.built_folder(scene)
    if not record_path(folder, shot).is_file():
        return "This shot has no layers: steps open on the world.", False
    if not is_current(folder, manifest, shot):
        return "The depth has changed since its layers were made.", False
    if plate_of(relief) is None:
        return "Its layers are not complete, or not in this scene.", False
    return "Layers stand behind this shot.", True


CLASSES = (SECOND_EYE_PT_layers,)
