# SPDX-License-Identifier: GPL-3.0-or-later
"""The presets' button in the headers of sections, as Blender's own panels have it."""

from __future__ import annotations

from typing import Any

import bpy
from bl_ui.utils import PresetPanel

from ..operators import presets


class SECOND_EYE_PT_presets_analysis(PresetPanel, bpy.types.Panel):
    bl_label = "Analysis Presets"
    preset_subdir = presets.FOLDERS["analysis"]
    preset_operator = presets.SECOND_EYE_OT_load_preset.bl_idname
    preset_operator_defaults = {"menu_idname": "SECOND_EYE_PT_presets_analysis"}
    preset_add_operator = "second_eye.preset_analysis"


class SECOND_EYE_PT_presets_stereo(PresetPanel, bpy.types.Panel):
    bl_label = "Stereo Presets"
    preset_subdir = presets.FOLDERS["stereo"]
    preset_operator = presets.SECOND_EYE_OT_load_preset.bl_idname
    preset_operator_defaults = {"menu_idname": "SECOND_EYE_PT_presets_stereo"}
    preset_add_operator = "second_eye.preset_stereo"


class SECOND_EYE_PT_presets_output(PresetPanel, bpy.types.Panel):
    bl_label = "Output Presets"
    preset_subdir = presets.FOLDERS["output"]
    preset_operator = presets.SECOND_EYE_OT_load_preset.bl_idname
    preset_operator_defaults = {"menu_idname": "SECOND_EYE_PT_presets_output"}
    preset_add_operator = "second_eye.preset_output"


def header(menu: Any) -> Any:
    """A panel's ``draw_header_preset`` that opens ``menu``."""

    def draw_header_preset(panel: Any, context: bpy.types.Context) -> None:
        menu.draw_panel_header(panel.layout)

    return draw_header_preset


CLASSES = (
    SECOND_EYE_PT_presets_analysis,
    SECOND_EYE_PT_presets_stereo,
    SECOND_EYE_PT_presets_output,
)
