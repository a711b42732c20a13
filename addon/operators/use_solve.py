# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy.props import StringProperty

from ...core.project import Project
from .. import rigs
from ..stage import solve
from ..steps import Steps
from . import where
from .built_task import BuiltTask
from .task import idle

GONE = "The depth project of this scene is gone: put it back, or build another one"


class SolveTask(BuiltTask):
    """What Use Camera Solve and Forget Solve share."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        operator: Any = cls
        if not where.is_built(operator, context.scene, rebuilds=True) or not idle(operator):
            return False
        lacking = GONE if where.built_manifest(context.scene) is None else cls.refuses(context)
        if lacking:
            operator.poll_message_set(lacking)
        return not lacking

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> Steps[str]:
        said = yield from super().finish(context, value)
        yield
        scene = bpy.data.scenes[self._scene]
        project = Project.open(self._folder)
        solve.show_solve(project, scene)
        back = project.manifest.solve is None and solve.give_back_stereo(scene)
        settings = scene.second_eye
        if back:
            rigs.moves.follow(scene, settings.drift)
        else:
            rigs.refit_shots(
                scene,
                project,
                project.manifest.shots,
                settings.depth_budget / 100.0,
                settings.drift,
            )
        for warning in value.get("warnings", ()):
            self.report({"WARNING"}, warning)  # type: ignore[attr-defined]
        return said


class SECOND_EYE_OT_use_solve(SolveTask, bpy.types.Operator):
    """Tie the depth to the solved camera: the distances of its tracked points set each frame's
    scale and shift, and the footage camera moves, so that the relief stands still. Undo does not
    bring the project's numbers back: Forget Solve does"""

    bl_idname = "second_eye.use_solve"
    bl_label = "Use Camera Solve"
    bl_options = {"REGISTER", "UNDO"}
    title = "Use Camera Solve"
    job = "solve"

    movie_clip: StringProperty(
        name="Movie Clip",
        description="Name of the solved movie clip. Empty: the scene's",
        options={"HIDDEN", "SKIP_SAVE"},
    )

    @classmethod
    def refuses(cls, context: bpy.types.Context) -> str:
        # Of a clip that is named by the caller, `arguments` tells.
        return "" if bpy.data.movieclips else solve.lacks_solve(None)

    def arguments(self, context: bpy.types.Context, project: Project) -> dict[str, Any]:
        clip = solve.solved_clip(context.scene, self.movie_clip)
        path = Path(bpy.app.tempdir) / "second_eye_solve.npz"
        solve.read_solve(context.scene, clip).save(path)
        return {"solve": str(path)}

    def said(self, value: dict[str, Any], project: Project) -> str:
        worst = max(value["shots"], key=lambda shot: shot["misfit"])
        count = sum(shot["bundles"] for shot in value["shots"])
        left = f" Not seen by it: {', '.join(value['left'])}." if value["left"] else ""
        return (
            f"The depth is tied to {count} bundles of the camera solve, met within "
            f"{100 * worst['misfit']:.1f} % (median).{left}"
        )


CLASSES = (SECOND_EYE_OT_use_solve,)
