# SPDX-License-Identifier: GPL-3.0-or-later
"""The floating window as numbers for the fast path."""

from __future__ import annotations

from collections.abc import Sequence

import bpy

from ...core.project import Manifest, WindowRecord
from ..stage.footage_camera import camera_data
from .modes import OFFAXIS, TOE, mode_of
from .values import curve_values
from .window_cards import LEFT, RIGHT, SOFT, has_window

_MOST = 0.49  # picture widths


def baked_window(camera: bpy.types.Object, frames: Sequence[int]) -> WindowRecord | None:
    """The strips at each scene frame, in picture widths; None where no strip is there, or the
    camera has no screen. The softness is that of the first frame."""
    if not has_window(camera) or mode_of(camera_data(camera)) not in (OFFAXIS, TOE):
        return None
    left, right, soft = (
        [
            min(max(value / 100.0, 0.0), _MOST)
            for value in curve_values(camera, f'["{name}"]', 0, float(camera[name]), frames)
        ]
        for name in (LEFT, RIGHT, SOFT)
    )
    return WindowRecord(left, right, soft[0]) if max(*left, *right) > 0.0 else None


def live_window(
    camera: bpy.types.Object, manifest: Manifest, at: Sequence[int], frames: Sequence[int]
) -> WindowRecord | None:
    """The same for some timeline ``frames`` alone, which scene frames ``at`` show; no strips in
    the others."""
    found = baked_window(camera, at)
    if found is None:
        return None
    none = [0.0] * len(manifest.frames)
    whole = WindowRecord(list(none), list(none), found.softness)
    for n, left, right in zip(frames, found.left, found.right, strict=True):
        whole.left[n - manifest.first] = left
        whole.right[n - manifest.first] = right
    return whole
