# SPDX-License-Identifier: GPL-3.0-or-later
"""Keyframes in bulk: a long shot has thousands, and keyframe_insert takes seconds for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np

from . import compat

CONSTANT, LINEAR, BEZIER = 0, 1, 2  # Blender's own numbers for Keyframe.interpolation


def key(
    owner: bpy.types.ID,
    path: str,
    frames: Sequence[float],
    values: Sequence[float],
    *,
    index: int = 0,
    interpolation: int = CONSTANT,
) -> bpy.types.FCurve:
    """Replace the keys of one property by these (scene frames ascending), and hold the ends."""
    curve = compat.ensure_fcurve(owner, path, index)
    points = curve.keyframe_points
    points.clear()
    points.add(len(frames))
    co = np.column_stack([frames, values]).astype(np.float32)
    points.foreach_set("co", co.ravel())
    points.foreach_set("interpolation", np.full(len(frames), interpolation, np.int32))
    curve.update()
    return curve


def hide_as(twin: bpy.types.Object, relief: bpy.types.Object) -> None:
    """Let ``twin`` be hidden and shown with ``relief``, shot by shot."""
    for path in ("hide_render", "hide_viewport"):
        curve = compat.find_fcurve(relief, path)
        if curve is None:
            setattr(twin, path, getattr(relief, path))
            continue
        points = [point.co for point in curve.keyframe_points]
        key(twin, path, [p[0] for p in points], [p[1] for p in points])


def replace_span(
    curve: bpy.types.FCurve, span: tuple[int, int], new: Sequence[tuple[float, float, str]]
) -> None:
    """Replace the keys of scene frames ``span`` (both included) by (frame, value, interpolation);
    the others stay as they are."""
    points = curve.keyframe_points
    for point in reversed([p for p in points if span[0] <= p.co.x <= span[1]]):
        points.remove(point, fast=True)
    for frame, value, interpolation in new:
        added: Any = points.insert(frame, value, options={"FAST"})
        added.interpolation = interpolation
        added.handle_left_type = added.handle_right_type = "AUTO_CLAMPED"
    curve.update()


def without_repeats(
    frames: Sequence[int], values: Sequence[float]
) -> tuple[list[int], list[float]]:
    """Drop keys that repeat their predecessor: with constant interpolation they say nothing."""
    kept = [i for i in range(len(frames)) if i == 0 or values[i] != values[i - 1]]
    return [frames[i] for i in kept], [values[i] for i in kept]


def hand_over(source: bpy.types.ID, target: bpy.types.ID, path: str, index: int = 0) -> None:
    """Give ``target`` the keys that ``source`` has for a property, handles and modifiers included,
    and take them from ``source``. Nothing happens where there are none."""
    if copy_curve(source, (path, index), target, (path, index)):
        compat.remove_fcurve(source, path, index)


def copy_curve(
    source: bpy.types.ID,
    old_place: tuple[str, int],
    target: bpy.types.ID,
    new_place: tuple[str, int],
) -> bool:
    """Give a property (data path, index) of ``target`` the keys of one of ``source``, handles and
    modifiers included; whether there were any."""
    old = compat.find_fcurve(source, *old_place)
    if old is None:
        return False
    new = compat.ensure_fcurve(target, *new_place)
    _copy_settings(old, new)
    new.keyframe_points.clear()
    new.keyframe_points.add(len(old.keyframe_points))
    for theirs, ours in zip(old.keyframe_points, new.keyframe_points, strict=True):
        ours.co = theirs.co  # before its handles: it carries them along
        _copy_settings(theirs, ours)
    for modifier in old.modifiers:
        _copy_settings(modifier, new.modifiers.new(modifier.type))
    new.update()
    return True


_IDENTITY = {"rna_type", "data_path", "array_index"}


def _copy_settings(old: Any, new: Any) -> None:
    for item in old.bl_rna.properties:
        name = item.identifier
        if item.is_readonly or item.type in ("POINTER", "COLLECTION") or name in _IDENTITY:
            continue
        setattr(new, name, getattr(old, name))
