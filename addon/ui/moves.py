# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera moves of the shot at hand: the list, the chosen move's settings, the uncovered area."""

from __future__ import annotations

from typing import Any

import bpy

from ...core.errors import SecondEyeError
from .. import rigs
from ..engine import session
from ..move_properties import KIND_ITEMS
from ..operators import fit_moves, where
from ..rigs import moves
from . import words
from .layouts import Section, split

TITLES = {cls.title for cls in fit_moves.CLASSES if hasattr(cls, "title")}
_ICONS = {identifier: icon for identifier, _, _, icon, _ in KIND_ITEMS}


class SECOND_EYE_UL_moves(bpy.types.UIList):
    """The moves of the shot at hand; they add up."""

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
        row = layout.row(align=True)
        row.prop(item, "name", text="", emboss=False, icon=_ICONS[item.kind])
        row.prop(item, "strength", text="", emboss=False)

    def filter_items(self, context: Any, data: Any, name: str) -> tuple[list[int], list[int]]:
        relief = where.shown_relief(context)
        first = None if relief is None else relief["second_eye_first"]
        shown = self.bitflag_filter_item
        return [shown if item.first == first else 0 for item in getattr(data, name)], []


class SECOND_EYE_PT_moves(Section, bpy.types.Panel):
    bl_label = "Camera Moves"
    bl_idname = "SECOND_EYE_PT_moves"
    bl_parent_id = "SECOND_EYE_PT_stereo"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return where.shown_relief(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout, scene = self.layout, context.scene
        settings = scene.second_eye_moves
        relief = where.shown_relief(context)
        if relief is None:
            return
        chain = rigs.find_chain(scene)
        if chain.camera is None or chain.footage is None:
            words.wrapped(layout, "A camera is gone: press Build Scene again.", icon="ERROR")
            return
        row = layout.row()
        row.template_list("SECOND_EYE_UL_moves", "", settings, "items", settings, "active", rows=3)
        column = row.column(align=True)
        column.operator_menu_enum("second_eye.add_move", "kind", text="", icon="ADD")
        column.operator("second_eye.remove_move", text="", icon="REMOVE")
        here = [i for i in settings.items if i.first == relief["second_eye_first"]]
        if not here:
            self._draw_edited(context, chain, relief)
            return
        chosen = settings.items[settings.active] if settings.active < len(settings.items) else None
        draw_move(split(layout), chosen if chosen in here else here[-1])
        if chain.move is None:
            text = "The Move empty is gone: Write Anew makes another one."
            words.wrapped(layout, text, icon="ERROR")
            layout.operator("second_eye.rewrite_move", icon="FILE_REFRESH")
            return
        self._draw_state(context, chain, relief)

    def _draw_edited(
        self, context: Any, chain: rigs.Chain, relief: bpy.types.Object
    ) -> moves.MovedShot | None:
        """Whether keys stay whatever the moves say; answers the shot, None where it has none."""
        layout, scene = self.layout, context.scene
        try:
            shots = moves.moved_shots(scene, chain.camera)
        except SecondEyeError as error:
            words.wrapped(layout, str(error), icon="ERROR")
            return None
        shot = next(s for s in shots if s.relief == relief)
        if chain.move is not None and moves.edited(scene, shot, moves.channels_of(chain, shots)):
            text = "Keys of this shot were edited by hand: they stay as they are."
            words.wrapped(layout, text, icon="INFO")
            layout.operator("second_eye.rewrite_move", icon="FILE_REFRESH")
        return shot

    def _draw_state(self, context: Any, chain: rigs.Chain, relief: bpy.types.Object) -> None:
        layout, scene = self.layout, context.scene
        shot = self._draw_edited(context, chain, relief)
        if shot is None:
            return
        found, current = moves.kept(scene, shot)
        settings = scene.second_eye_moves
        if found is not None:
            column = layout.column(align=True)
            column.active = current
            over = found.uncovered > settings.limit
            text = f"Uncovered: {found.uncovered:.1f} % at frame {found.frame}"
            column.label(text=text, icon="ERROR" if over else "CHECKMARK")
            if found.layers:
                column.label(text=f"Without Layers: {found.bare:.1f} %", icon="BLANK1")
            column.label(text=f"Stretched: {found.stretched:.1f} %", icon="BLANK1")
        draw_job(layout)
        fresh = found is not None and current
        text = "Measure" if fresh or found is None else "Measure Again"
        layout.operator("second_eye.measure_move", text=text, icon="VIEWZOOM", depress=not fresh)
        column = split(layout)
        column.prop(settings, "limit")
        column.prop(settings, "most_crop")
        row = layout.row(align=True)
        row.operator(
            "second_eye.fit_move",
            text=f"Fit the Move to {settings.limit:g} %",
            icon="FULLSCREEN_EXIT",
        )
        row.operator("second_eye.fit_move", text="", icon="DUPLICATE").every_shot = True


def draw_job(layout: bpy.types.UILayout) -> None:
    """A measurement or a fit that runs, beside what can be changed meanwhile; why one failed."""
    running = session.current()
    if running is not None and running.title in TITLES:
        row = layout.row(align=True)
        row.label(text=running.task.progress.text(), icon="SORTTIME")
        row.operator("second_eye.cancel", text="", icon="X")
    elif session.latest.title in TITLES and session.latest.icon != "CHECKMARK":
        words.wrapped(layout, session.latest.text, icon=session.latest.icon)


def draw_move(column: bpy.types.UILayout, item: Any) -> None:
    """The settings that the move's kind has."""
    column.prop(item, "strength")
    column.prop(item, "length")
    column.prop(item, "delay")
    if item.kind not in ("hand-held", "wobble"):
        column.prop(item, "easing")
    if item.kind in ("crane", "wobble", "path"):
        column.prop(item, "aimed")
    if item.kind == "ken-burns":
        column.prop(item, "toward")
    if item.kind == "path":
        column.prop(item, "path")
    if item.kind == "hand-held":
        column.prop(item, "seed")
    column.prop(item, "pivot")
    column.prop(item, "crop")


CLASSES = (SECOND_EYE_UL_moves, SECOND_EYE_PT_moves)
