# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import bpy

from ...core.errors import UsageError
from ...core.project import Manifest, Project
from .. import stage
from ..stage.markers import shot_markers
from . import where
from .edit_cuts import CutTask


class SECOND_EYE_OT_cuts_from_markers(CutTask, bpy.types.Operator):
    """Move the cuts to where their markers were moved on the timeline. Shots that change are
    repaired again; their settings go along. Undo does not mend the cuts in the project: markers
    moved back do"""

    bl_idname = "second_eye.cuts_from_markers"
    bl_label = "Cuts from Markers"
    bl_options = {"REGISTER", "UNDO"}
    title = "Cuts from Markers"

    @classmethod
    def refuses(cls, context: bpy.types.Context) -> str:
        manifest = where.built_manifest(context.scene)
        if manifest is None:
            return ""  # said by the others
        try:
            moved = moved_cuts(context.scene, manifest)
        except UsageError as error:
            return str(error).rstrip(".")
        return "" if moved else "No marker of a shot was moved: drag one on the timeline"

    def arguments(self, context: bpy.types.Context, project: Project) -> dict[str, Any]:
        moved = moved_cuts(context.scene, project.manifest)
        return {"move": [list(pair) for pair in moved]}


def moved_cuts(scene: bpy.types.Scene, manifest: Manifest) -> list[tuple[int, int]]:
    """(timeline frame, new timeline frame) of every cut whose marker was moved.

    Raises UsageError where a marker stands where its cut can't.
    """
    collection = stage.find_collection(scene)
    markers = shot_markers(scene, collection)
    moved: list[tuple[int, int]] = []
    begins: list[int] = []
    for shot in manifest.shots:
        now = shot.first
        if shot.name in markers:
            marker = markers[shot.name][1]
            now = stage.timeline_frame(scene, marker.frame)
            if now != shot.first and shot is manifest.shots[0]:
                raise UsageError(f'"{marker.name}" is the first shot: it begins with the clip.')
            if not manifest.first <= now <= manifest.last:
                raise UsageError(f'The marker "{marker.name}" lies outside the clip.')
            if now != shot.first:
                moved.append((shot.first, now))
        if begins and now <= begins[-1]:
            raise UsageError(f'The marker of "{shot.name}" has passed that of the shot before it.')
        begins.append(now)
    return moved


CLASSES = (SECOND_EYE_OT_cuts_from_markers,)
