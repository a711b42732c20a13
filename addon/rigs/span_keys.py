# SPDX-License-Identifier: GPL-3.0-or-later
"""Bézier keys for the frames of one shot; what other shots show stays what it was."""

from __future__ import annotations

from typing import Any

import bpy

from ...core.stereo.curve_keys import Keys
from ..stage import compat
from ..stage.keys import replace_span


def write_span(
    owner: bpy.types.ID,
    path: str,
    plain: float,
    span: tuple[int, int],
    within: tuple[int, int],
    keys: Keys,
    row: int,
) -> None:
    """Replace the keys of scene frames ``span`` (both included) by curve ``row`` of ``keys``, whose
    frames count from the span's first; the last one holds until the next shot.

    ``plain``: the property's value, which the other frames show where nothing is keyed yet;
    ``within``: the first and last frame of all shots. A muted curve is heard again: it would hide
    what was asked for.
    """
    first, last = span
    curve = compat.ensure_fcurve(owner, path)
    if not len(curve.keyframe_points) and span != within:
        curve.keyframe_points.insert(within[0], plain).interpolation = "CONSTANT"
    curve.mute = False
    if last < within[1]:
        _hold(curve, last + 1)
    if first > within[0]:
        _stop(curve, first - 1)
    count = len(keys.frames)
    new = [
        (
            float(first + frame),
            float(keys.values[row, k]),
            "BEZIER" if k < count - 1 else "CONSTANT",
        )
        for k, frame in enumerate(keys.frames)
    ]
    replace_span(curve, span, new)
    points: Any = {round(point.co.x): point for point in curve.keyframe_points}
    for k, frame in enumerate(keys.frames):
        point = points[first + int(frame)]
        left, low, right, high = keys.handles(k)
        point.handle_left_type = point.handle_right_type = "FREE"
        point.handle_left = first + left, low[row]
        point.handle_right = first + right, high[row]
        point.handle_left_type = point.handle_right_type = "ALIGNED"
    curve.update()


def _hold(curve: bpy.types.FCurve, frame: int) -> None:
    """Let ``frame``, at which the next shot begins, go on with what it shows now."""
    points: Any = curve.keyframe_points
    before = [point for point in points if point.co.x < frame]
    if not before or any(point.co.x == frame for point in points):
        return
    kind = before[-1].interpolation
    if not any(point.co.x > frame for point in points):
        kind = "CONSTANT"
    _insert(curve, frame, kind)


def _stop(curve: bpy.types.FCurve, frame: int) -> None:
    """Let ``frame``, the last one of the shot before, show what it shows, and lead nowhere."""
    points: Any = curve.keyframe_points
    before = [point for point in points if point.co.x <= frame]
    if not before or before[-1].interpolation == "CONSTANT":
        return
    if before[-1].co.x == frame:
        before[-1].interpolation = "CONSTANT"
    else:
        _insert(curve, frame, "CONSTANT")


def _insert(curve: bpy.types.FCurve, frame: int, kind: str) -> None:
    point: Any = curve.keyframe_points.insert(frame, curve.evaluate(frame), options={"FAST"})
    point.interpolation = kind
    point.handle_left_type = point.handle_right_type = "AUTO_CLAMPED"
    curve.update()
