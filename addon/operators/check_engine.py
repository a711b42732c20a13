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
        words += f" {models_words(value.get('optional', {}))}"
        preferences.get(context).findings = words
        if not value["ready"]:
            raise EngineError(words)
        return words


def models_words(optional: dict[str, str | None]) -> str:
    """What the engine has for models of the artist's own."""
    there = [f"{name} {version}" for name, version in optional.items() if version]
    lacks = [name for name, version in optional.items() if not version]
    words = []
    if there:
        words.append(f"For models of your own it has {' and '.join(there)}.")
    if lacks:
        words.append(f"Without {' and '.join(lacks)} some models of your own can't be run.")
    return " ".join(words)


CLASSES = (SECOND_EYE_OT_check_engine,)
