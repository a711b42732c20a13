# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera moves: measured, made to fit, and written anew."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty

from ...core.errors import UsageError
from ..rigs import moves
from . import where
from .camera_moves import EVERY_SHOT, Moves, project_of, told
from .use_solve import GONE


class SECOND_EYE_OT_fit_move(Moves, bpy.types.Operator):
    """Make the moves of this shot smaller, all alike, until no frame leaves more of the picture
    uncovered than Limit says; first crop, as far as Crop up to allows"""

    bl_idname = "second_eye.fit_move"
    bl_label = "Fit the Move"
    bl_options = {"REGISTER", "UNDO"}

    every_shot: BoolProperty(**EVERY_SHOT)

    @classmethod
    def refuses(cls, context: bpy.types.Context) -> str:
        if not len(context.scene.second_eye_moves.items):
            return "There is no move to fit"
        return "" if where.built_manifest(context.scene) else GONE

    def act(self, context: bpy.types.Context, shots: list[moves.MovedShot]) -> str:
        scene, settings = context.scene, context.scene.second_eye_moves
        project = project_of(context)
        moved = {item.first for item in settings.items}
        found, refused = [], ""
        for shot in [s for s in shots if s.first in moved or not self.every_shot]:
            try:
                limits = settings.limit, settings.most_crop
                found.append(moves.fit(scene, project, shot, *limits))
            except UsageError as error:
                refused = str(error)
        if not found:
            raise UsageError(refused or "No shot has a move: add one first.")
        before, after = max(found, key=lambda pair: pair[1].uncovered)
        said = f"{before.uncovered:.1f} % was uncovered; now {told(after)}"
        return f"{said} {refused}" if refused else said


class SECOND_EYE_OT_measure_move(Moves, bpy.types.Operator):
    """Predict how much of the picture the camera leaves uncovered in its extreme frames, with and
    without layers. Nothing is rendered"""

    bl_idname = "second_eye.measure_move"
    bl_label = "Measure"
    bl_options = {"REGISTER", "UNDO"}

    every_shot: BoolProperty(**EVERY_SHOT)

    @classmethod
    def refuses(cls, context: bpy.types.Context) -> str:
        return "" if where.built_manifest(context.scene) else GONE

    def act(self, context: bpy.types.Context, shots: list[moves.MovedShot]) -> str:
        project = project_of(context)
        found = [moves.measure(context.scene, project, shot) for shot in shots]
        if not found:
            raise UsageError("Every shot is locked.")
        return told(max(found, key=lambda one: one.uncovered)).capitalize()


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
    SECOND_EYE_OT_rewrite_move,
)
