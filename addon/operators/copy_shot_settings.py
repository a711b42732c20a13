# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import bpy
from bpy.props import EnumProperty

from .. import stage
from ..rigs import shot_settings
from ..translations import CONTEXT
from . import where

KINDS = {
    "RANGE": ("near", "far"),
    "STRENGTH": ("strength",),
    "CURVE": ("bias", "contrast"),
    "STEREO": ("interocular", "convergence"),
}


class SECOND_EYE_OT_copy_shot_settings(bpy.types.Operator):
    """Give other shots the settings of this one, as they are at its first frame. Locked shots stay
    as they are"""

    bl_idname = "second_eye.copy_shot_settings"
    bl_label = "Copy Shot Settings"
    bl_options = {"REGISTER", "UNDO"}

    target: EnumProperty(
        name="To",
        description="The shots that get the settings",
        items=(
            ("ALL", "All Other Shots", "Every shot but this one"),
            ("SELECTED", "Selected Shots", "The shots whose reliefs are selected"),
        ),
    )
    kinds: EnumProperty(
        name="Settings",
        description="What is copied",
        options={"ENUM_FLAG"},
        items=(
            ("RANGE", "Range", "Near and far"),
            ("STRENGTH", "Strength", "How deep the shot is"),
            ("CURVE", "Curve", "Bias and contrast of the depth curve"),
            ("STEREO", "Stereo", "Interocular and convergence"),
            ("FORM", "Form", "Relief or points"),
        ),
        default={"RANGE", "STRENGTH", "CURVE", "STEREO", "FORM"},
        translation_context=CONTEXT,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not where.is_built(cls, context.scene):
            return False
        shots = stage.reliefs(stage.find_collection(context.scene))
        if len(shots) < 2:
            cls.poll_message_set("There is no other shot to copy to")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        source = where.shown_relief(context)
        if source is None or shot_settings.span(source) is None:
            self.report({"ERROR"}, "The shot at hand has lost its relief: press Build Scene again.")
            return {"CANCELLED"}
        others = [
            relief
            for relief in stage.reliefs(stage.find_collection(context.scene))
            if relief != source and shot_settings.span(relief) is not None
        ]
        if self.target == "SELECTED":
            others = [relief for relief in others if relief.select_get()]
        free = [relief for relief in others if not stage.locked(relief)]
        if not free:
            lacking = "All other shots are locked" if others else "No other shot is selected"
            self.report({"WARNING"}, f"{lacking}: nothing was copied.")
            return {"CANCELLED"}
        for relief in free:
            self._copy(source, relief)
        left = len(others) - len(free)
        if "STEREO" in self.kinds and any(shot_settings.is_led(relief) for relief in free):
            self.report(
                {"WARNING"}, "The convergence was left out: a screen says it. Remove Screen first."
            )
        said = f"{len(free)} shot{'s' if len(free) > 1 else ''} set like {source.name}"
        self.report({"INFO"}, f"{said}, {left} locked." if left else f"{said}.")
        return {"FINISHED"}

    def _copy(self, source: bpy.types.Object, target: bpy.types.Object) -> None:
        for kind in sorted(self.kinds & KINDS.keys()):
            values = {name: shot_settings.read(source, name) for name in KINDS[kind]}
            if kind == "RANGE":
                shot_settings.write_range(target, values["near"], values["far"])
                continue
            for name, value in values.items():
                shot_settings.write(target, name, value)
        if "FORM" in self.kinds:
            shot_settings.set_points(target, shot_settings.is_points(source))


CLASSES = (SECOND_EYE_OT_copy_shot_settings,)
