# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import bpy

from ..engine import session


class SECOND_EYE_OT_cancel(bpy.types.Operator):
    """Stop what is running; what is finished is kept and the job goes on from there another time"""

    bl_idname = "second_eye.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        running = session.current()
        if running is None:
            cls.poll_message_set("Nothing is running")
            return False
        if running.task.cancelling:
            cls.poll_message_set("It is stopping already")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        session.cancel()
        return {"FINISHED"}


CLASSES = (SECOND_EYE_OT_cancel,)
