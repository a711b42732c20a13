# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's choices, as the preferences show them."""

from __future__ import annotations

import bpy

from .. import manual
from ..engine import interpreter, session
from . import words


def draw(layout: bpy.types.UILayout, preferences: bpy.types.AddonPreferences) -> None:
    page = layout.operator("wm.url_open", text="Documentation", icon="HELP")
    page.url = (manual.DOCS / manual.OTHERS).as_uri()
    layout.use_property_split = True
    layout.use_property_decorate = False
    layout.prop(preferences, "engine_mode")
    if preferences.engine_mode in {"AUTO", "GIVEN"}:
        layout.prop(preferences, "engine_python")
    layout.operator("second_eye.check_engine", icon="CHECKMARK")
    if preferences.findings:
        words.wrapped(layout, preferences.findings, icon="INFO")
    layout.separator()
    layout.prop(preferences, "torch_build")
    layout.prop(preferences, "with_models")
    layout.prop(preferences, "wheel_folder")
    if not preferences.wheel_folder:
        layout.prop(preferences, "consent")
        if not bpy.app.online_access:
            words.wrapped(
                layout,
                "Blender is offline: allow online access in Preferences > System, "
                "or install from a folder of wheels.",
                icon="ERROR",
            )
    installed = interpreter.installed_python().exists()
    text = "Reinstall Engine" if installed else "Install Engine"
    layout.operator("second_eye.install_engine", text=text, icon="IMPORT")
    running = session.current()
    if running is not None:
        progress = running.task.progress
        layout.progress(factor=progress.fraction, text=progress.message or running.title)
        layout.operator("second_eye.cancel", icon="X")
