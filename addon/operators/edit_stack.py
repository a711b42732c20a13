# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import bpy
from bpy.props import EnumProperty, StringProperty
from mathutils import Matrix

from ...core.errors import SecondEyeError, UsageError
from .. import stage
from ..edit_properties import KIND_ITEMS, active
from ..stage import compat
from ..stage.edit_inputs import LAYER, MASK, OBJECT, PAINTED
from ..stage.edits import add_edit, edits_of, remove_edit
from ..stage.shot import relief_modifier
from . import where
from .task import idle

SOURCES = (
    ("mask", "Mask", "A mask of the Movie Clip or Image Editor, drawn over the footage"),
    ("image", "Painted Image", "An image that you paint: what is red or white is edited"),
    ("sphere", "Sphere", "What lies inside a sphere, or is seen through it"),
    ("box", "Box", "What lies inside a box, or is seen through it"),
)


class SECOND_EYE_OT_add_edit(bpy.types.Operator):
    """Add a depth edit to this shot: a region that comes nearer, moves back or is flattened. The
    network does not run again, and every number takes keys"""

    bl_idname = "second_eye.add_edit"
    bl_label = "Add Depth Edit"
    bl_options = {"REGISTER", "UNDO"}

    source: EnumProperty(name="Region", description="What says where the edit acts", items=SOURCES)
    kind: EnumProperty(name="Kind", description="What the edit does", items=KIND_ITEMS)
    datablock: StringProperty(
        name="Data-Block",
        description="Of a region that is there already: the mask, image or object by its name. "
        "Empty: the first mask, a new image as large as the depth, or a new empty in front of the "
        "camera",
    )
    layer: StringProperty(
        name="Layer", description="Of a mask: the layer by its name. Empty: all that are not hidden"
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return where.is_built(cls, context.scene) and idle(cls)

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            relief = shown(context)
            inputs = getattr(self, f"_{'object' if self.source in _SOLID else self.source}")(
                context, relief
            )
        except SecondEyeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        name = f"{next(i[1] for i in SOURCES if i[0] == self.source)} Edit"
        modifier = add_edit(relief, name, self.source, self.kind, **inputs)
        relief.second_eye_edits.active = relief.modifiers.find(modifier.name)
        return {"FINISHED"}

    def _mask(self, context: bpy.types.Context, relief: bpy.types.Object) -> dict[str, Any]:
        named = self.datablock or next((m.name for m in bpy.data.masks), "")
        mask: Any = bpy.data.masks.get(named)
        if mask is None:
            lacking = f'There is no mask "{named}"' if named else "There is no mask yet"
            raise UsageError(
                f"{lacking}: draw one over the footage in the Movie Clip or Image Editor, in its "
                "Mask mode."
            )
        if self.layer and self.layer not in mask.layers:
            raise UsageError(f'"{mask.name}" has no layer "{self.layer}": choose another one.')
        mask.use_fake_user = True  # an edit names it, and Blender saves no mask without a user
        return {MASK: mask.name, LAYER: self.layer}

    def _image(self, context: bpy.types.Context, relief: bpy.types.Object) -> dict[str, Any]:
        if self.datablock:
            image: Any = bpy.data.images.get(self.datablock)
            if image is None:
                raise UsageError(f'There is no image "{self.datablock}": choose another one.')
            return {PAINTED: image}
        depth: Any = compat.get_input(relief_modifier(relief), "Depth")
        width, height = depth.size
        image = bpy.data.images.new(f"{relief.name} Paint", max(width, 1), max(height, 1))
        image.colorspace_settings.name = "Non-Color"
        image.pack()
        return {PAINTED: image}

    def _object(self, context: bpy.types.Context, relief: bpy.types.Object) -> dict[str, Any]:
        if self.datablock:
            thing: bpy.types.Object | None = bpy.data.objects.get(self.datablock)
            if thing is None:
                raise UsageError(f'There is no object "{self.datablock}": choose another one.')
            if thing.type == "CAMERA" or thing.get("second_eye_role"):
                raise UsageError(f'"{thing.name}" is part of the stage: choose another object.')
            return {OBJECT: thing}
        thing = bpy.data.objects.new(f"{self.source.capitalize()} of Depth", None)
        thing.empty_display_type = "CUBE" if self.source == "box" else "SPHERE"
        stage.find_collection(context.scene).objects.link(thing)
        near, far = (compat.get_input(relief_modifier(relief), n) for n in ("Near", "Far"))
        away = (near * far) ** 0.5
        thing.matrix_world = relief.matrix_world @ Matrix.Translation((0.0, 0.0, -away))
        thing.scale = (away / 6.0,) * 3
        return {OBJECT: thing}


_SOLID = ("sphere", "box")


class Chosen:
    """A mixin: of the edit that is chosen in the list."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        operator: Any = cls
        if not where.is_built(operator, context.scene) or not idle(operator):
            return False
        relief = where.shown_relief(context)
        if relief is None or active(relief) is None:
            operator.poll_message_set("Choose a depth edit in the list first")
            return False
        return True


class SECOND_EYE_OT_remove_edit(Chosen, bpy.types.Operator):
    """Remove this depth edit and its keys. The mask, image or object itself stays"""

    bl_idname = "second_eye.remove_edit"
    bl_label = "Remove Depth Edit"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        relief = shown(context)
        index = relief.second_eye_edits.active
        remove_edit(relief, active(relief))
        stack = edits_of(relief)
        places = [relief.modifiers.find(m.name) for m in stack]
        relief.second_eye_edits.active = min(places, key=lambda p: abs(p - index), default=0)
        return {"FINISHED"}


class SECOND_EYE_OT_move_edit(Chosen, bpy.types.Operator):
    """Let this depth edit act earlier or later: each one bends what those above it left"""

    bl_idname = "second_eye.move_edit"
    bl_label = "Move Depth Edit"
    bl_options = {"REGISTER", "UNDO"}

    way: EnumProperty(
        name="Direction",
        description="Where the edit moves in the list",
        items=(("UP", "Up", "To act earlier"), ("DOWN", "Down", "To act later")),
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        relief = shown(context)
        stack = edits_of(relief)
        chosen = stack.index(active(relief))
        other = chosen + (-1 if self.way == "UP" else 1)
        if not 0 <= other < len(stack):
            self.report({"INFO"}, "The edit is at that end of the list already.")
            return {"CANCELLED"}
        place = relief.modifiers.find(stack[other].name)
        relief.modifiers.move(relief.modifiers.find(stack[chosen].name), place)
        relief.second_eye_edits.active = place
        return {"FINISHED"}


def shown(context: bpy.types.Context) -> bpy.types.Object:
    """The relief at hand. Raises UsageError without one."""
    relief = where.shown_relief(context)
    if relief is None:
        raise UsageError("The scene holds no relief: press Build Scene again.")
    return relief


CLASSES = (SECOND_EYE_OT_add_edit, SECOND_EYE_OT_remove_edit, SECOND_EYE_OT_move_edit)
