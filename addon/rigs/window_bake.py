# SPDX-License-Identifier: GPL-3.0-or-later
"""The floating window as numbers for the fast path."""

from __future__ import annotations

from collections.abc import Sequence

import bpy

from ...core.project import WindowRecord
from ..stage.footage_camera import camera_data
from .values import curve_values
from .window_cards import LEFT, RIGHT, SOFT, has_window

_MOST = 0.49  # picture widths


def baked_window(camera: bpy.types.Object, frames: Sequence[int]) -> WindowRecord | None:
    """The strips at each scene frame, in picture widths; None where no strip is there, or the
    camera has no screen. The softness is that of the first frame."""
    mode = camera_data(camera).stereo.convergence_mode
    if not has_window(camera) or mode == "PARALLEL":
        return None
    left, right, soft = (
        [
            min(max(value / 100.0, 0.0), _MOST)
            for value in curve_values(camera, f'["{name}"]', 0, float(camera[name]), frames)
        ]
        for name in (LEFT, RIGHT, SOFT)
    )
    return WindowRecord(left, right, soft[0]) if max(*left, *right) > 0.0 else None
