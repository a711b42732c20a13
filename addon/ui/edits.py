# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth Edits: the stack of a shot, and the settings of the edit that is chosen."""

from __future__ import annotations

from typing import Any

import bpy

from ...core.geometry.edits import KINDS, SOURCES
from ..edit_properties import active
from ..engine import session
from ..operators import rasterise_mask, where
from ..stage import compat
from ..stage.edit_inputs import (
    AMOUNT,
    FEATHER,
    KIND,
    LEVEL,
    OBJECT,
    PAINTED,
    PROJECTED,
    SHARE,
    SOURCE,
    TILT_X,
    TILT_Y,
)
from ..stage.edit_nodes import is_edit
from ..stage.edits import changed, edits_of, lacking
from . import relief_inputs, words
from .layouts import Section, draws_running, split

TITLES = {cls.title for cls in rasterise_mask.CLASSES}
_ICONS = ("MOD_MASK", "BRUSH_DATA", "SPHERE", "CUBE")


class SECOND_EYE_UL_edits(bpy.types.UIList):
    """The relief's modifiers that are edits, in the order in which they act."""

    def draw_item(
        self,
        context: Any,
        layout: Any,
        data: Any,
        item: Any,
        icon: Any,
        active_data: Any,
        active_property: Any,
    ) -> None:
        source = int(compat.get_input(item, SOURCE))
        row = layout.row(align=True)
        row.alert = bool(lacking(item))
        row.prop(item, "name", text="", emboss=False, icon=_ICONS[source])
        row.prop(item, "show_viewport", text="", emboss=False)
        row.prop(item, "show_render", text="", emboss=False)

    def filter_items(self, context: Any, data: Any, name: str) -> tuple[list[int], list[int]]:
        shown = self.bitflag_filter_item
        return [shown if is_edit(m) else 0 for m in getattr(data, name)], []


class SECOND_EYE_PT_edits(Section, bpy.types.Panel):
    bl_label = "Depth Edits"
    bl_idname = "SECOND_EYE_PT_edits"
    bl_parent_id = "SECOND_EYE_PT_scene"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return where.shown_relief(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if draws_running(layout, TITLES):
            return
        relief = where.shown_relief(context)
        if relief is None:
            return
        row = layout.row()
        row.template_list(
            "SECOND_EYE_UL_edits", "", relief, "modifiers", relief.second_eye_edits, "active",
            rows=3 if edits_of(relief) else 2,
        )  # fmt: skip
        column = row.column(align=True)
        column.operator_menu_enum("second_eye.add_edit", "source", text="", icon="ADD")
        column.operator("second_eye.remove_edit", text="", icon="REMOVE")
        column.operator("second_eye.move_edit", text="", icon="TRIA_UP").way = "UP"
        column.operator("second_eye.move_edit", text="", icon="TRIA_DOWN").way = "DOWN"
        modifier = active(relief)
        if modifier is not None:
            draw_edit(layout, relief, modifier)
        if session.latest.title in TITLES:
            words.wrapped(layout, session.latest.text, icon=session.latest.icon)


def draw_edit(layout: bpy.types.UILayout, relief: bpy.types.Object, modifier: Any) -> None:
    """What the chosen edit's source and kind need."""
    source = SOURCES[int(compat.get_input(modifier, SOURCE))]
    kind = KINDS[int(compat.get_input(modifier, KIND))]
    settings = relief.second_eye_edits
    solid = source in ("sphere", "box")
    column = split(layout)
    column.prop(settings, "kind")
    if source == "mask":
        column.prop_search(settings, "mask", bpy.data, "masks")
        mask: Any = bpy.data.masks.get(settings.mask)
        if mask is not None:
            column.prop_search(settings, "layer", mask, "layers")
        layout.operator("second_eye.rasterise_mask", icon="MOD_MASK")
    elif solid:
        relief_inputs.draw_pointer(column, modifier, OBJECT, "objects")
        relief_inputs.draw(column, modifier, (PROJECTED,))
    else:
        relief_inputs.draw_pointer(column, modifier, PAINTED, "images")
    names = [SHARE]
    names += [AMOUNT] if kind == "offset" else []
    names += [LEVEL] if kind != "offset" and not solid else []
    names += [TILT_X, TILT_Y] if kind == "plane" and not solid else []
    names += [FEATHER] if source != "image" else []
    relief_inputs.draw(split(layout, decorate=True), modifier, tuple(names))
    trouble = lacking(modifier) or changed(modifier, bpy.context.scene)
    if trouble:
        words.wrapped(layout, trouble, icon="ERROR")


CLASSES = (SECOND_EYE_UL_edits, SECOND_EYE_PT_edits)
