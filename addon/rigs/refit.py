# SPDX-License-Identifier: GPL-3.0-or-later
"""The stereo camera after cuts were moved: new keys for the shots that are new, none elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import bpy

from ...core.project import Project, Shot
from ..stage import compat, find_collection, scene_frame
from ..stage.build import reliefs
from ..stage.footage_camera import camera_data
from ..stage.keys import replace_span
from ..stage.locks import locked
from . import locked_keys
from .moves import follow
from .relief_range import as_shown
from .stereo_camera import CONVERGENCE, INTEROCULAR, find_stereo_camera, keep_whole, stereo_curves
from .suggested import suggested_rig
from .viewing import viewing_of


def refit_shots(
    scene: bpy.types.Scene, project: Project, shots: Sequence[Shot], budget: float, drift: float
) -> None:
    """Fit interocular, convergence and drift of ``shots`` as `make_stereo_camera` does, to the
    near, far and strength that their reliefs have. Locked shots keep their keys, and a curve that
    the artist took away stays away.
    """
    camera = find_stereo_camera(scene)
    if camera is None:
        return
    data = camera_data(camera)
    built = {relief["second_eye_first"]: relief for relief in reliefs(find_collection(scene))}
    fresh = [built[shot.first] for shot in shots]
    kept = locked_keys.remember(fresh, stereo_curves(camera))
    for shot in shots:
        if locked(built[shot.first]):
            continue
        first, last = scene_frame(scene, shot.first), scene_frame(scene, shot.last)
        relief = built[shot.first]
        shown = as_shown(relief, shot, first)
        rig = suggested_rig(project, shown, budget, viewing_of(scene))
        swing = drift * rig.interocular
        curves = (
            (compat.find_fcurve(data, INTEROCULAR), [(first, rig.interocular, "CONSTANT")]),
            (compat.find_fcurve(data, CONVERGENCE), [(first, rig.convergence, "CONSTANT")]),
        )
        for curve, keys in curves:
            if curve is not None:
                replace_span(curve, (first, last), keys)
        keep_whole(relief, 0.5 * rig.interocular + swing, shown.near)
    locked_keys.restore(kept)
    follow(scene, drift, [shot.first for shot in shots])
