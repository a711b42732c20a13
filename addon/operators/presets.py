# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets by Blender's own means: files in its folder for them, the usual menu, add and remove."""

from __future__ import annotations

from pathlib import Path

import bpy
from bl_operators.presets import AddPresetBase
from bpy.props import StringProperty

SHIPPED = Path(__file__).parents[1]
"""Its folder ``presets`` holds those that come with the extension."""
FOLDERS = {name: f"second_eye/{name}" for name in ("analysis", "stereo", "output")}
_SCENE = ["settings = bpy.context.scene.second_eye"]


class SECOND_EYE_OT_preset_analysis(AddPresetBase, bpy.types.Operator):
    """Add or remove a preset of repair and its look-ahead, for clips to be analysed"""

    bl_idname = "second_eye.preset_analysis"
    bl_label = "Add Analysis Preset"
    preset_menu = "SECOND_EYE_PT_presets_analysis"
    preset_subdir = FOLDERS["analysis"]
    preset_defines = _SCENE
    preset_values = [
        "settings.spatial",
        "settings.temporal",
        "settings.semantic",
        "settings.look_ahead",
        "settings.find_cuts",
    ]


class SECOND_EYE_OT_preset_stereo(AddPresetBase, bpy.types.Operator):
    """Add or remove a preset of what Build Scene fits the stereo camera to"""

    bl_idname = "second_eye.preset_stereo"
    bl_label = "Add Stereo Preset"
    preset_menu = "SECOND_EYE_PT_presets_stereo"
    preset_subdir = FOLDERS["stereo"]
    preset_defines = _SCENE
    preset_values = ["settings.depth_budget", "settings.drift"]


class SECOND_EYE_OT_preset_output(AddPresetBase, bpy.types.Operator):
    """Add or remove a preset of how both eyes are packed, and of what Convert writes"""

    bl_idname = "second_eye.preset_output"
    bl_label = "Add Output Preset"
    preset_menu = "SECOND_EYE_PT_presets_output"
    preset_subdir = FOLDERS["output"]
    preset_defines = [*_SCENE, "convert = bpy.context.scene.second_eye_convert"]
    preset_values = [
        "settings.packing",
        "convert.destination",
        "convert.format",
        "convert.codec",
        "convert.quality",
        "convert.bit_rate",
    ]


class SECOND_EYE_OT_load_preset(bpy.types.Operator):
    """Take the settings of this preset. Blender's own way of loading can't be undone; this can"""

    bl_idname = "second_eye.load_preset"
    bl_label = "Load Preset"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    filepath: StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE"})
    menu_idname: StringProperty(name="Menu", options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not Path(self.filepath).is_file():
            self.report({"ERROR"}, f"{self.filepath} is not there any more: choose another preset.")
            return {"CANCELLED"}
        result: set[str] = bpy.ops.script.execute_preset(
            filepath=self.filepath, menu_idname=self.menu_idname
        )
        return result


def register() -> None:
    bpy.utils.register_preset_path(str(SHIPPED))


def unregister() -> None:
    bpy.utils.unregister_preset_path(str(SHIPPED))


CLASSES = (
    SECOND_EYE_OT_load_preset,
    SECOND_EYE_OT_preset_analysis,
    SECOND_EYE_OT_preset_stereo,
    SECOND_EYE_OT_preset_output,
)
