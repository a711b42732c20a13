# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ...core.errors import UsageError
from ...core.models import PRESETS
from .. import preferences
from ..engine import interpreter, models, session
from ..engine.client import EngineJob
from .task import TaskOperator, idle

_PRESETS = (
    (
        "AUTO",
        "As Its File Says",
        "A folder of Transformers, or an ONNX file with a .json beside it",
    ),
    *((name, preset.title, f"The numbers of {preset.source}") for name, preset in PRESETS.items()),
)


class Choice:
    """What both operators below are told of a model."""

    filepath: StringProperty(
        name="Model",
        description="An .onnx file, or the config.json of a Transformers folder",
        subtype="FILE_PATH",
    )
    preset: EnumProperty(
        name="Preset",
        description="How an ONNX file wants its picture and what it answers",
        items=_PRESETS,
        default="AUTO",
    )
    model_name: StringProperty(name="Name", description="Empty: the file's own name")
    copy_files: BoolProperty(
        name="Copy",
        description="Copy the model to Second Eye's user folder, rather than use it where it lies",
        default=False,
    )


class SECOND_EYE_OT_add_model(Choice, TaskOperator, bpy.types.Operator):
    """Check a depth model by running it in the engine, and keep it for the menu"""

    bl_idname = "second_eye.add_model"
    bl_label = "Add Model"
    bl_options = {"REGISTER", "UNDO"}
    title = "Add Model"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return idle(cls)

    def start(self, context: bpy.types.Context) -> session.Task:
        if not self.filepath:
            raise UsageError("No model is chosen: choose an .onnx file or a config.json.")
        chosen = preferences.get(context)
        python = interpreter.find(chosen.engine_mode, chosen.engine_python)
        self._scene = context.scene.name
        arguments = {
            "path": str(Path(bpy.path.abspath(self.filepath))),
            "name": self.model_name or None,
            "preset": None if self.preset == "AUTO" else self.preset,
            "copy": self.copy_files,
            "data": str(models.data_folder()),
        }
        return EngineJob(python, "add_model", arguments)

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> str:
        models.forget()
        scene: bpy.types.Scene | None = bpy.data.scenes.get(self._scene)
        if scene is not None:
            scene.second_eye.model_name = value["name"]
        return str(value["message"])


class SECOND_EYE_OT_choose_model(Choice, bpy.types.Operator):
    """Add a depth model of your own: an .onnx file, or the config.json of a Transformers folder"""

    bl_idname = "second_eye.choose_model"
    bl_label = "Add Model from File..."

    filter_glob: StringProperty(default="*.onnx;*.safetensors;config.json", options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return idle(cls)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        # The browser calls this; the check itself must not hold up Blender's window.
        how = "EXEC_DEFAULT" if bpy.app.background else "INVOKE_DEFAULT"
        try:
            bpy.ops.second_eye.add_model(
                how,
                filepath=self.filepath,
                preset=self.preset,
                model_name=self.model_name,
                copy_files=self.copy_files,
            )
        except RuntimeError as error:  # what the other operator reported
            self.report({"ERROR"}, str(error).removeprefix("Error: ").strip())
            return {"CANCELLED"}
        return {"FINISHED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        for name in ("preset", "model_name", "copy_files"):
            layout.prop(self, name)


CLASSES = (SECOND_EYE_OT_add_model, SECOND_EYE_OT_choose_model)
