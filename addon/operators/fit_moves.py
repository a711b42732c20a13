# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera moves: measured, made to fit, and written anew."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty

from ...core.errors import UsageError
from ..rigs import moves
from . import where
from .camera_moves import EVERY_SHOT, Moves, told
from .moves_task import Answer, MovesTask
from .use_solve import GONE


class SECOND_EYE_OT_fit_move(MovesTask, Moves, bpy.types.Operator):
    """Make the moves of this shot smaller, all alike, until no frame leaves more of the picture
    uncovered than Limit says; first crop, as far as Crop up to allows"""

    bl_idname = "second_eye.fit_move"
    bl_label = "Fit the Move"
    bl_options = {"REGISTER", "UNDO"}
    title = "Fit the Move"

    every_shot: BoolProperty(**EVERY_SHOT)

    @classmethod
    def refuses(cls, context: bpy.types.Context) -> str:
        if not len(context.scene.second_eye_moves.items):
            return "There is no move to fit"
        return "" if where.built_manifest(context.scene) else GONE

    def asked(self, context: bpy.types.Context) -> dict[str, Any]:
        settings = context.scene.second_eye_moves
        return {"limit": settings.limit, "most_crop": settings.most_crop}

    def shots(self, context: bpy.types.Context) -> list[moves.MovedShot]:
        moved = {item.first for item in context.scene.second_eye_moves.items}
        self._refused = ""
        found = []
        for shot in super().shots(context):
            if self.every_shot and shot.first not in moved:
                continue
            try:
                moves.check_fit(context.scene, shot)
                found.append(shot)
            except UsageError as error:
                self._refused = str(error)
        if not found:
            raise UsageError(self._refused or "No shot has a move: add one first.")
        return found

    def taken(self, scene: bpy.types.Scene, answers: list[Answer]) -> str:
        good = [(shot, answer) for shot, answer in answers if not answer["refused"]]
        refused = [answer["refused"] for _, answer in answers if answer["refused"]]
        said = refused[0] if refused else self._refused
        if not good:
            raise UsageError(said)
        moves.scale(scene, good)
        if moves.constrained(scene):  # what it makes of a smaller move is known but roughly
            said = f"The rig has constraints: press Measure to see what is left. {said}".strip()
        else:
            for shot, answer in good:
                moves.keep(scene, shot, moves.Measured(**answer["after"]))
        worst = max((answer for _, answer in good), key=lambda a: float(a["after"]["uncovered"]))
        before, after = (moves.Measured(**worst[name]) for name in ("before", "after"))
        words = f"{before.uncovered:.1f} % was uncovered; now {told(after)}"
        return f"{words} {said}" if said else words


class SECOND_EYE_OT_measure_move(MovesTask, Moves, bpy.types.Operator):
    """Predict how much of the picture the camera leaves uncovered in its extreme frames, with and
    without layers. Nothing is rendered"""

    bl_idname = "second_eye.measure_move"
    bl_label = "Measure"
    bl_options = {"REGISTER", "UNDO"}

    every_shot: BoolProperty(**EVERY_SHOT)

    @classmethod
    def refuses(cls, context: bpy.types.Context) -> str:
        return "" if where.built_manifest(context.scene) else GONE


class SECOND_EYE_OT_predict_move(MovesTask, bpy.types.Operator):
    """As Measure, after a move was added: no step of its own for Undo"""

    bl_idname = "second_eye.predict_move"
    bl_label = "Measure"
    bl_options = {"INTERNAL"}

    every_shot: BoolProperty(**EVERY_SHOT)


class SECOND_EYE_OT_rewrite_move(Moves, bpy.types.Operator):
    """Write the keys of this shot's moves anew from their settings. Keys of the Move empty that you
    edited are lost; those of the rig stay"""

    bl_idname = "second_eye.rewrite_move"
    bl_label = "Write Anew"
    bl_options = {"REGISTER", "UNDO"}

    every_shot: BoolProperty(**EVERY_SHOT)

    def act(self, context: bpy.types.Context, shots: list[moves.MovedShot]) -> str:
        for shot in shots:
            moves.forget_keys(context.scene, shot)
        moves.write(context.scene)
        return "The moves are written anew."


CLASSES = (
    SECOND_EYE_OT_fit_move,
    SECOND_EYE_OT_measure_move,
    SECOND_EYE_OT_predict_move,
    SECOND_EYE_OT_rewrite_move,
)
