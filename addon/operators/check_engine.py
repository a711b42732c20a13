# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import bpy

from .. import preferences
from ..engine import interpreter, session
from ..engine.client import EngineError, EngineJob
from .task import TaskOperator, idle


class SECOND_EYE_OT_check_engine(TaskOperator, bpy.types.Operator):
    """Start the chosen Python and say in words whether it can do the work"""

    bl_idname = "second_eye.check_engine"
    bl_label = "Check Engine"
    title = "Check Engine"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return idle(cls)

    def start(self, context: bpy.types.Context) -> session.Task:
        chosen = preferences.get(context)
        chosen.findings = ""
        python = interpreter.find(chosen.engine_mode, chosen.engine_python)
        self._origin = python.origin
        return EngineJob(python, "check", {})

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> str:
        words = f"{value['message']} ({value['executable']}, {self._origin})"
        preferences.get(context).findings = words
        if not value["ready"]:
            raise EngineError(words)
        return words


CLASSES = (SECOND_EYE_OT_check_engine,)
