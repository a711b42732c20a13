# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty

from ...core.errors import UsageError
from ...core.project import Project, Shot
from .. import stage
from ..stage.shot import BRANCHES, asked_strengths
from ..steps import Steps
from . import where
from .built_task import BuiltTask


class SECOND_EYE_OT_repair_shot(BuiltTask, bpy.types.Operator):
    """Repair this shot's depth again as strongly as set above, from what the network saw. The
    network does not run. Cancelled, everything stays as it was"""

    bl_idname = "second_eye.repair_shot"
    bl_label = "Repair Again"
    bl_options = {"REGISTER", "UNDO"}
    title = "Repair Again"
    job = "repair"

    every_shot: BoolProperty(
        name="Every Shot",
        description="Repair all shots as strongly as this one, with the look-ahead that is set "
        "in the Analyse section",
        # Hidden: a change in the redo panel would run the job once more.
        options={"HIDDEN", "SKIP_SAVE"},
    )

    @classmethod
    def description(
        cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties
    ) -> str:
        if properties.every_shot:
            return (
                "Repair all shots as strongly as this one, with the look-ahead that is set in the "
                "Analyse section"
            )
        return str(cls.__doc__)

    def arguments(self, context: bpy.types.Context, project: Project) -> dict[str, Any]:
        relief = where.shown_relief(context)
        if relief is None:
            raise UsageError("The scene holds no relief: press Build Scene again.")
        # Written short, as the artist sees them: 0.7 and not its 32-bit neighbour.
        asked = [round(value, 4) for value in asked_strengths(relief)]
        strengths: dict[str, Any] = dict(zip(BRANCHES, asked, strict=True))
        self._asked = strengths
        if self.every_shot:
            return {**strengths, "look_ahead": context.scene.second_eye.look_ahead}
        return {**strengths, "shot": shot_of(relief, context.scene, project).name}

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> Steps[str]:
        scene: bpy.types.Scene | None = bpy.data.scenes.get(self._scene)
        if self.every_shot and scene is not None:
            for relief in stage.reliefs(stage.find_collection(scene)):
                for branch, strength in self._asked.items():
                    setattr(relief.second_eye, branch, strength)
        return (yield from super().finish(context, value))

    def said(self, value: dict[str, Any], project: Project) -> str:
        if not value["frames"]:
            return "Nothing to do: it is repaired like that already."
        return f"{value['frames']} frames are repaired again ({', '.join(value['shots'])})."


def shot_of(relief: bpy.types.Object, scene: bpy.types.Scene, project: Project) -> Shot:
    """The project's shot that ``relief`` shows. Raises UsageError where it shows more than that,
    or others show that shot too: an Undo takes a cut back in the scene and not in the project."""
    first, last = stage.span(relief)
    shot = project.shot_at(first)
    spans = {stage.span(other) for other in stage.reliefs(stage.find_collection(scene))}
    showing = {span for span in spans if span[0] <= shot.last and span[1] >= shot.first}
    if first < shot.first or last > shot.last or showing != {(first, last)}:
        raise UsageError(
            f'"{relief.name}" shows frames {first} to {last}, but the project has a shot of frames '
            f"{shot.first} to {shot.last} there, as after an Undo: press Redo, or Build Scene to "
            "show the project's shots."
        )
    return shot


CLASSES = (SECOND_EYE_OT_repair_shot,)
