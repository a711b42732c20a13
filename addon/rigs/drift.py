# SPDX-License-Identifier: GPL-3.0-or-later
"""A gentle lateral drift: the camera breathes from one side to the other and back."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np

from ..stage import compat
from ..stage.keys import BEZIER, CONSTANT

PATH = "location"
PERIOD = 240  # frames of one way over and back, at most: slower looks still, faster looks nervous


def key_drift(
    camera: bpy.types.Object, spans: Sequence[tuple[int, int]], amplitudes: Sequence[float]
) -> None:
    """Key ``location.x``: each shot (first, last scene frame) swings by its own amplitude.

    Bezier keys at the turning points, so that an artist moves the drift by moving them; the last
    key of a shot holds until the cut. An amplitude is in scene units, from the middle to a side.
    """
    curve = compat.ensure_fcurve(camera, PATH, 0)
    curve.keyframe_points.clear()
    frames, values, kinds = [], [], []
    for (first, last), amplitude in zip(spans, amplitudes, strict=True):
        turns = max(1, round((last - first) / (PERIOD / 2)))
        stops = np.linspace(first, last, turns + 1) if last > first else [first]
        for number, frame in enumerate(stops):
            frames.append(float(frame))
            values.append(amplitude * (-1.0 if number % 2 == 0 else 1.0))
            kinds.append(BEZIER)
        kinds[-1] = CONSTANT
    points = curve.keyframe_points
    points.add(len(frames))
    points.foreach_set("co", np.column_stack([frames, values]).astype(np.float32).ravel())
    points.foreach_set("interpolation", np.array(kinds, np.int32))
    for point in points:
        # "Auto clamped" handles stop level at the turning points: ease in and out, no overshoot.
        point.handle_left_type = point.handle_right_type = "AUTO_CLAMPED"
    curve.update()
    camera.location.x = values[0] if values else 0.0
