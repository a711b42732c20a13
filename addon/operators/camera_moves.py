# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera moves: added and removed, for a shot or for all."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty

from ...core.errors import SecondEyeError, UsageError
from ...core.project import Project
from .. import rigs, stage
from ..move_properties import EASING, KIND_ITEMS, LENGTH, STRENGTH
from ..rigs import moves
from ..stage.linked import linked_data
from ..stage.locks import locked
from . import where
from .measuring import idle_but_measuring, measuring, stop_measuring

TITLES = {identifier: title for identifier, title, *_ in KIND_ITEMS}


class Moves:
    """A mixin: what the operators share. ``every_shot``: all shots but the locked ones."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        operator: Any = cls
        if not where.is_built(operator, context.scene) or not idle_but_measuring(operator):
            return False
        chain = rigs.find_chain(context.scene)
        if chain.camera is None or chain.footage is None:
            operator.poll_message_set("The stereo camera is gone: press Build Scene again")
            return False
        lacking = cls.refuses(context)
        if lacking:
            operator.poll_message_set(lacking)
        return not lacking

    @classmethod
    def refuses(cls, context: bpy.types.Context) -> str:
        """Why it can't be done now; "" where it can."""
        return ""

    def execute(self, context: bpy.types.Context) -> set[str]:
        operator: Any = self
        stop_measuring()
        try:
            said = self.act(context, chosen_shots(context, operator.every_shot))
        except SecondEyeError as error:
            operator.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        operator.report({"INFO"}, said)
        return {"FINISHED"}

    def act(self, context: bpy.types.Context, shots: list[moves.MovedShot]) -> str:
        raise NotImplementedError


EVERY_SHOT: Any = dict(
    name="All Shots",
    description="Of every shot that is not locked, not only of the one at hand",
    default=False,
)


def chosen_shots(context: bpy.types.Context, every: bool) -> list[moves.MovedShot]:
    """The shot at hand, or all that aren't locked. Raises SecondEyeError without any."""
    scene = context.scene
    shots = moves.moved_shots(scene, moves.chain_of(scene).camera)
    if every:
        return [shot for shot in shots if not locked(shot.relief)]
    relief = where.shown_relief(context)
    found = [shot for shot in shots if shot.relief == relief]
    if not found:
        raise UsageError("The scene holds no relief: press Build Scene again.")
    return found


def project_of(context: bpy.types.Context) -> Project:
    return Project.open(stage.project_folder(stage.find_collection(context.scene)))


def told(found: moves.Measured) -> str:
    """The uncovered area in a sentence."""
    text = f"{found.uncovered:.1f} % uncovered at frame {found.frame}"
    return f"{text}, {found.bare:.1f} % without layers." if found.layers else f"{text}."


class SECOND_EYE_OT_add_move(Moves, bpy.types.Operator):
    """Add a camera move to this shot, as keys on the Move empty, on top of the moves that it has
    and of whatever the rig does. Says how much of the picture it leaves uncovered"""

    bl_idname = "second_eye.add_move"
    bl_label = "Add Move"
    bl_options = {"REGISTER", "UNDO"}

    kind: EnumProperty(name="Move", description="What the camera does", items=KIND_ITEMS)
    strength: FloatProperty(**STRENGTH)
    length: IntProperty(**LENGTH)
    easing: EnumProperty(**EASING)
    path: StringProperty(
        name="Path",
        description="Of Follow Path: the curve object by its name. Empty: the selected curve",
    )
    every_shot: BoolProperty(**EVERY_SHOT)
    measured: BoolProperty(
        name="Measure",
        description="Predict what the move leaves uncovered, while you go on",
        default=True,
    )

    def act(self, context: bpy.types.Context, shots: list[moves.MovedShot]) -> str:
        scene, settings = context.scene, context.scene.second_eye_moves
        path = self._path(context) if self.kind == "path" else None
        chain = moves.chain_of(scene)
        animated = moves.channels_of(chain, moves.moved_shots(scene, chain.camera))
        own = {shot.first: set(moves.edited(scene, shot, animated)) for shot in shots}
        left, added = [], []
        for shot in shots:
            with moves.quietly():
                item = settings.items.add()
                item.first, item.kind, item.name = shot.first, self.kind, TITLES[self.kind]
                item.strength, item.length, item.easing = self.strength, self.length, self.easing
                item.path = path
                if self.kind == "path" and not self.properties.is_property_set("strength"):
                    item.strength = 100.0
            pair = next((p for p in moves.moves_of(scene, shot, chain.footage)
                         if p[0] == item), None)  # fmt: skip
            used = set() if pair is None else moves.uses(pair[1], shot)
            if "lens" in used and linked_data(chain.camera):
                settings.items.remove(len(settings.items) - 1)
                raise UsageError(f"{linked_data(chain.camera)}.")
            if used & own[shot.first]:
                settings.items.remove(len(settings.items) - 1)
                left.append(shot)
            else:
                added.append(shot)
        if not added:
            made = "were edited by hand"
            if chain.move.override_library is not None:
                made = "are the linked file's, or were edited by hand,"
            raise UsageError(
                f"The keys of this move's channels {made} and stay: press Write Anew to replace "
                "them."
            )
        settings.active = len(settings.items) - 1
        moves.write(scene, {shot.first for shot in added})
        said = self._measured(context, added)
        if left:
            said += f" {len(left)} shot{'s' if len(left) > 1 else ''} with edited keys kept them."
        return said

    def _measured(self, context: bpy.types.Context, shots: list[moves.MovedShot]) -> str:
        """A move stays where nothing can be said of it: its project, or the engine, may be gone."""
        title = TITLES[self.kind]
        if not self.measured:
            return f"{title} added."
        try:
            bpy.ops.second_eye.predict_move("INVOKE_DEFAULT", every_shot=self.every_shot)
        except RuntimeError as error:  # what it reported
            said = str(error).strip().removeprefix("Error: ")
            return f"{title} added. What it leaves uncovered is not known: {said}"
        if measuring() is not None:
            return f"{title} added; what it leaves uncovered is being predicted."
        found = [moves.kept(context.scene, shot)[0] for shot in shots]
        known = [one for one in found if one is not None]
        worst = max(known, key=lambda one: one.uncovered, default=None)
        return f"{title}: {told(worst)}" if worst is not None else f"{title} added."

    def _path(self, context: bpy.types.Context) -> bpy.types.Object:
        found: Any = bpy.data.objects.get(self.path) if self.path else context.object
        if self.path and found is None:
            raise UsageError(f'There is no object "{self.path}": choose a curve.')
        if found is None or found.type != "CURVE":
            raise UsageError("No path is chosen: draw a curve, select it, and add the move again.")
        return found


class SECOND_EYE_OT_remove_move(Moves, bpy.types.Operator):
    """Remove the chosen move of this shot, or all moves. Keys that you edited go with the last move
    of their shot; the rig's own keys stay"""

    bl_idname = "second_eye.remove_move"
    bl_label = "Remove Move"
    bl_options = {"REGISTER", "UNDO"}

    all_moves: BoolProperty(
        name="All Moves", description="Remove every move of the shot, not only the chosen one"
    )
    every_shot: BoolProperty(**EVERY_SHOT)

    @classmethod
    def refuses(cls, context: bpy.types.Context) -> str:
        return "" if len(context.scene.second_eye_moves.items) else "There is no move"

    def act(self, context: bpy.types.Context, shots: list[moves.MovedShot]) -> str:
        scene, settings = context.scene, context.scene.second_eye_moves
        firsts = {shot.first for shot in shots}
        there = [n for n, item in enumerate(settings.items) if item.first in firsts]
        if not (self.all_moves or self.every_shot):
            there = [n for n in there if n == settings.active] or there[-1:]
        if not there:
            raise UsageError("This shot has no move.")
        gone = {settings.items[n].first for n in there}
        for number in reversed(there):
            settings.items.remove(number)
        settings.active = max(0, min(settings.active, len(settings.items) - 1))
        for shot in shots:
            if shot.first in gone and not any(i.first == shot.first for i in settings.items):
                moves.forget_keys(scene, shot)
            moves.entry_of(scene, shot).measured = ""
        moves.write(scene, gone)
        return f"{len(there)} move{'s' if len(there) > 1 else ''} removed."


CLASSES = (SECOND_EYE_OT_add_move, SECOND_EYE_OT_remove_move)
