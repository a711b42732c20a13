# SPDX-License-Identifier: GPL-3.0-or-later
"""The preferences: which Python is the engine, and how to get one."""

from __future__ import annotations

from typing import cast

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from . import ROOT_PACKAGE
from .engine import install, interpreter


class SECOND_EYE_preferences(bpy.types.AddonPreferences):
    bl_idname = ROOT_PACKAGE

    engine_mode: EnumProperty(
        name="Engine",
        description="Which Python estimates depth; Blender's own process never loads torch",
        items=interpreter.MODES,
        default="AUTO",
    )
    engine_python: StringProperty(
        name="Interpreter",
        description="A Python that has torch and what else core needs (press Check Engine)",
        subtype="FILE_PATH",
    )
    torch_build: EnumProperty(
        name="Build",
        description="Which build of torch Install Engine fetches",
        items=install.BUILDS,
        default="CPU",
    )
    wheel_folder: StringProperty(
        name="Folder of Wheels",
        description="Install from the wheels in this folder and never from the network",
        subtype="DIR_PATH",
    )
    consent: BoolProperty(
        name="Download the engine from the internet",
        description="Let Install Engine fetch torch and its needs: 0.3 GB for CPU, 3 GB for CUDA",
    )
    with_models: BoolProperty(
        name="Packages for models of your own",
        description="Install onnxruntime and transformers too, which ONNX files and Transformers "
        "folders need: 0.1 GB more",
    )
    findings: StringProperty(name="Findings", options={"HIDDEN", "SKIP_SAVE"})

    def draw(self, context: bpy.types.Context) -> None:
        from .ui import engine_box

        engine_box.draw(self.layout, self)


def get(context: bpy.types.Context | None = None) -> SECOND_EYE_preferences:
    """The extension's preferences."""
    found = (context or bpy.context).preferences.addons[ROOT_PACKAGE].preferences
    return cast(SECOND_EYE_preferences, found)


CLASSES = (SECOND_EYE_preferences,)
