# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import bpy

from ...core.project import Project
from .. import stage
from . import where
from .built_task import BuiltTask


class CutTask(BuiltTask):
    job = "shots"

    def said(self, value: dict[str, Any], project: Project) -> str:
        count = len(value["shots"])
        return (
            f"{count} shot{'s' if count > 1 else ''} now, "
            f"{value['frames']} frames are repaired again."
        )


class SECOND_EYE_OT_cut_here(CutTask, bpy.types.Operator):
    """Begin a new shot at the current frame: with a range, an object and stereo keys of its own.
    Undo does not mend the cut in the project: Merge With Previous does"""

    bl_idname = "second_eye.cut_here"
    bl_label = "Cut Here"
    bl_options = {"REGISTER", "UNDO"}
    title = "Cut Here"

    @classmethod
    def refuses(cls, context: bpy.types.Context) -> str:
        manifest, frame = where.built_manifest(context.scene), _frame(context)
        if manifest is None or not manifest.first <= frame <= manifest.last:
            return "The current frame lies outside the clip"
        if any(shot.first == frame for shot in manifest.shots):
            return "A shot begins at the current frame already"
        return ""

    def arguments(self, context: bpy.types.Context, project: Project) -> dict[str, Any]:
        return {"cut": [_frame(context)]}


class SECOND_EYE_OT_merge_shots(CutTask, bpy.types.Operator):
    """Make the shot at the current frame one with the shot before it, whose settings stay.
    Undo does not bring the cut back in the project: Cut Here does"""

    bl_idname = "second_eye.merge_shots"
    bl_label = "Merge With Previous"
    bl_options = {"REGISTER", "UNDO"}
    title = "Merge Shots"

    @classmethod
    def refuses(cls, context: bpy.types.Context) -> str:
        manifest, frame = where.built_manifest(context.scene), _frame(context)
        if manifest is None or not manifest.first <= frame <= manifest.last:
            return "The current frame lies outside the clip"
        if frame <= manifest.shots[0].last:
            return "The current frame lies in the first shot: there is none before it"
        return ""

    def arguments(self, context: bpy.types.Context, project: Project) -> dict[str, Any]:
        return {"merge": [project.shot_at(_frame(context)).first]}


def _frame(context: bpy.types.Context) -> int:
    return stage.timeline_frame(context.scene, context.scene.frame_current)


CLASSES = (SECOND_EYE_OT_cut_here, SECOND_EYE_OT_merge_shots)
