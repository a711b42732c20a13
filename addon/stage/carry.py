# SPDX-License-Identifier: GPL-3.0-or-later
"""What a locked shot keeps when the scene is built again: its settings, on a new relief."""

from __future__ import annotations

import bpy

from . import compat
from .group_inputs import DEPTH_VIEW, MATTE_ANGLE, POINTS, RANGE, REPAIR, SPLIT
from .locks import lock
from .shot import BRANCHES, relief_modifier

SETTINGS = (*RANGE, "Matte", MATTE_ANGLE, "Point Size", REPAIR, SPLIT, DEPTH_VIEW, POINTS)
WAS = "second_eye_was"
"""On a locked relief while a scene is brought up to date: first and last timeline frame, and
timeline frame less scene frame, of before. Its stereo keys are found by them."""


def mark(relief: bpy.types.Object) -> None:
    """Note where the shot is, before it is moved."""
    modifier = relief_modifier(relief)
    relief[WAS] = [int(compat.get_input(modifier, name)) for name in ("First", "Last", "Offset")]


def carry_settings(old: bpy.types.Object, new: bpy.types.Object) -> None:
    """Give ``new``, built for the shot that ``old`` showed, the settings of ``old``: inputs with
    their keys, repair's strengths, the lock."""
    before, after = relief_modifier(old), relief_modifier(new)
    shift = compat.get_input(before, "Offset") - compat.get_input(after, "Offset")
    for name in SETTINGS:
        if not compat.has_input(before, name):  # built by an earlier version
            continue
        compat.set_input(after, name, compat.get_input(before, name))
        path = compat.input_path(after, name)
        compat.remove_fcurve(new, path)
        copy_curve(old, compat.input_path(before, name), new, path, shift)
    for branch in BRANCHES:
        setattr(new.second_eye, branch, getattr(old.second_eye, branch))
    lock(new, True)
    new[WAS] = list(old[WAS])


def copy_curve(
    source: bpy.types.Object, path: str, target: bpy.types.Object, new_path: str, shift: float = 0.0
) -> None:
    """The F-curve of a property for another one, key by key, ``shift`` frames later."""
    found = compat.find_fcurve(source, path)
    if found is None:
        return
    curve = compat.ensure_fcurve(target, new_path)
    curve.keyframe_points.clear()
    for key in found.keyframe_points:
        point = curve.keyframe_points.insert(key.co.x + shift, key.co.y, options={"FAST"})
        point.interpolation = key.interpolation
        point.handle_left_type, point.handle_right_type = (
            key.handle_left_type,
            key.handle_right_type,
        )
        point.handle_left = (key.handle_left.x + shift, key.handle_left.y)
        point.handle_right = (key.handle_right.x + shift, key.handle_right.y)
    curve.update()
