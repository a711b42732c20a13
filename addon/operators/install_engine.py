# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ...core.errors import UsageError
from .. import preferences
from ..engine import install, session
from .task import TaskOperator, idle


class SECOND_EYE_OT_install_engine(TaskOperator, bpy.types.Operator):
    """Make an environment with torch in the extension's user folder"""

    bl_idname = "second_eye.install_engine"
    bl_label = "Install Engine"
    title = "Install Engine"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        chosen = preferences.get(context)
        if chosen.wheel_folder:
            return idle(cls)
        if not bpy.app.online_access:
            cls.poll_message_set(
                "Blender is offline: allow online access in Preferences > System, "
                "or choose a folder of wheels"
            )
            return False
        if not chosen.consent:
            cls.poll_message_set("Agree to the download first, or choose a folder of wheels")
            return False
        return idle(cls)

    def start(self, context: bpy.types.Context) -> session.Task:
        chosen = preferences.get(context)
        wheels = None
        if chosen.wheel_folder:
            wheels = Path(bpy.path.abspath(chosen.wheel_folder))
            if not wheels.is_dir():
                raise UsageError(f"{wheels} is not a folder: choose one that holds wheels.")
        wanted = install.requirements(install.MODELS if chosen.with_models else ())
        return install.Installation(chosen.torch_build, wheels, wanted)

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> str:
        chosen = preferences.get(context)
        chosen.engine_mode = "INSTALLED"
        chosen.findings = value["message"]
        return f"The engine is installed. {value['message']}"


CLASSES = (SECOND_EYE_OT_install_engine,)
