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
    move: bpy.types.Object, spans: Sequence[tuple[int, int]], amplitudes: Sequence[float]
) -> None:
    """Key ``location.x``: each shot (first, last scene frame) swings by its own amplitude.

    Bezier keys at the turning points, so that an artist moves the drift by moving them; the last
    key of a shot holds until the cut. An amplitude is in scene units, from the middle to a side.
    """
    curve = compat.ensure_fcurve(move, PATH, 0)
    curve.keyframe_points.clear()
    keys = [key for pair in zip(spans, amplitudes, strict=True) for key in turning_points(*pair)]
    points = curve.keyframe_points
    points.add(len(keys))
    co = np.array([key[:2] for key in keys], np.float32)
    kinds = [BEZIER if kind == "BEZIER" else CONSTANT for _, _, kind in keys]
    points.foreach_set("co", co.ravel())
    points.foreach_set("interpolation", np.array(kinds, np.int32))
    for point in points:
        # "Auto clamped" handles stop level at the turning points: ease in and out, no overshoot.
        point.handle_left_type = point.handle_right_type = "AUTO_CLAMPED"
    curve.update()
    move.location.x = keys[0][1] if keys else 0.0


def turning_points(span: tuple[int, int], amplitude: float) -> list[tuple[float, float, str]]:
    """(scene frame, location.x, interpolation) of a shot's keys; the last one holds."""
    first, last = span
    turns = max(1, round((last - first) / (PERIOD / 2)))
    stops = np.linspace(first, last, turns + 1) if last > first else np.array([first])
    keys = [
        (float(frame), amplitude * (-1.0 if number % 2 == 0 else 1.0), "BEZIER")
        for number, frame in enumerate(stops)
    ]
    return [*keys[:-1], (*keys[-1][:2], "CONSTANT")]
