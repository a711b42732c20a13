# SPDX-License-Identifier: GPL-3.0-or-later
"""An arrow in the viewport whose tip is the screen: dragging it sets the convergence."""

from __future__ import annotations

import math

import bpy
from mathutils import Matrix

from ..operators import where
from ..rigs.screen import leads
from ..stage.footage_camera import camera_data
from ..stage.roles import MOVE, RIG, ROLE, STEREO, with_role


class SECOND_EYE_GGT_rig(bpy.types.GizmoGroup):
    """Shown while a part of the rig is selected. It moves the camera's own property, so that
    undo and auto keying work as everywhere; where a screen object leads, that is dragged instead"""

    bl_label = "Second Eye Rig"
    bl_idname = "SECOND_EYE_GGT_rig"
    bl_space_type = "VIEW_3D"
    bl_region_type = "WINDOW"
    bl_options = {"3D", "PERSISTENT"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        thing = context.object
        if thing is None or thing.get(ROLE) not in (MOVE, RIG, STEREO):
            return False
        camera = _camera(context)
        return camera is not None and camera.library is None and not leads(camera)

    def setup(self, context: bpy.types.Context) -> None:
        arrow = self.gizmos.new("GIZMO_GT_arrow_3d")
        arrow.draw_style = "BOX"
        arrow.length, arrow.scale_basis = 0.1, 1.5  # its head stands where the screen is
        arrow.color, arrow.color_highlight = (0.3, 0.75, 1.0), (1.0, 1.0, 1.0)
        arrow.alpha, arrow.alpha_highlight = 0.7, 1.0
        arrow.use_draw_modal = True
        self.arrow = arrow
        self._aim(context)

    def refresh(self, context: bpy.types.Context) -> None:
        self._aim(context)

    def draw_prepare(self, context: bpy.types.Context) -> None:
        camera = _camera(context)
        if camera is not None:
            self.arrow.matrix_basis = _ahead(camera)

    def _aim(self, context: bpy.types.Context) -> None:
        camera = _camera(context)
        if camera is not None:
            stereo = camera_data(camera).stereo
            self.arrow.target_set_prop("offset", stereo, "convergence_distance")
            self.arrow.matrix_basis = _ahead(camera)


def _camera(context: bpy.types.Context) -> bpy.types.Object | None:
    collection = where.stage_of(context.scene)
    return None if collection is None else with_role(collection, STEREO)


def _ahead(camera: bpy.types.Object) -> Matrix:
    """The camera's place, with z along its view."""
    turned = camera.matrix_world @ Matrix.Rotation(math.pi, 4, "X")
    return turned.normalized()


CLASSES = (SECOND_EYE_GGT_rig,)
