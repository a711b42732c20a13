# SPDX-License-Identifier: GPL-3.0-or-later
"""Animated values as a digest sees them: by their curves, never by the frame that is shown.

A value that a curve or a driver sets is another one at every frame; read plainly, it would tell
where the playhead stands and not what was changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import bpy
import numpy as np

from ..stage import compat

SIMPLE = {"BOOLEAN", "INT", "FLOAT", "STRING", "ENUM"}


def animation(owner: bpy.types.ID) -> Iterator[object]:
    """Every F-curve and driver of a data-block, as plain values."""
    for curve in compat.fcurves(owner):
        yield from _curve(curve)
    for driver in _drivers(owner):
        yield from _curve(driver)
        yield driver.driver.type, driver.driver.expression
        for variable in driver.driver.variables:
            targets = [(t.id.name if t.id else "", t.data_path) for t in variable.targets]
            yield variable.name, variable.type, targets


def plain(owner: bpy.types.ID, paths: Sequence[str]) -> Iterator[object]:
    """The values at these data paths that no curve and no driver sets, as (path, values)."""
    moved = animated(owner)
    for path in paths:
        values = _listed(owner.path_resolve(path))
        yield path, [value for i, value in enumerate(values) if (path, i) not in moved]


POSE = ("location", "rotation_mode", "rotation_euler", "rotation_quaternion", "scale")
DELTA = ("delta_location", "delta_rotation_euler", "delta_rotation_quaternion", "delta_scale")


def moved_by(thing: bpy.types.Object) -> Iterator[object]:
    """What moves an object beside its own pose and keys: deltas, numbers of its own that drivers
    read, constraints with their targets, a parent of the artist's."""
    yield from plain(thing, DELTA)
    numbers = [name for name, value in thing.items() if isinstance(value, float)]
    yield from plain(thing, [f'["{bpy.utils.escape_identifier(name)}"]' for name in numbers])
    others = []
    for constraint in thing.constraints:
        start = f'constraints["{bpy.utils.escape_identifier(constraint.name)}"]'
        numbers = [f"{start}.influence", f"{start}.mute"]
        yield constraint.type, list(plain(thing, numbers))
        others.append(getattr(constraint, "target", None))
    if thing.parent is not None and not thing.parent.get("second_eye_role"):
        others.append(thing.parent)
    for other in filter(None, others):
        yield other.name
        yield from plain(other, (*POSE, *DELTA))
        yield from animation(other)


def animated(owner: bpy.types.ID) -> set[tuple[str, int]]:
    """(data path, index) of all that a curve or a driver sets."""
    curves = [*compat.fcurves(owner), *_drivers(owner)]
    return {(curve.data_path, curve.array_index) for curve in curves if not curve.mute}


def _drivers(owner: bpy.types.ID) -> list[bpy.types.FCurve]:
    data = getattr(owner, "animation_data", None)
    return list(data.drivers) if data is not None else []


def _curve(curve: bpy.types.FCurve) -> Iterator[object]:
    yield curve.data_path, curve.array_index, curve.mute, curve.extrapolation
    keys = curve.keyframe_points
    yield _floats(keys, "co", 2)
    eased = [(k.interpolation, k.easing, k.amplitude, k.period, k.back) for k in keys]
    yield eased
    if any(key[0] == "BEZIER" for key in eased):  # the others have handles that do nothing
        yield _floats(keys, "handle_left", 2), _floats(keys, "handle_right", 2)
    for modifier in curve.modifiers:
        yield modifier.type, list(_settings(modifier))
        points = getattr(modifier, "control_points", ())  # an envelope's
        yield [(point.frame, point.min, point.max) for point in points]


def _floats(points: Any, name: str, width: int) -> bytes:
    values = np.zeros(width * len(points), np.float32)
    points.foreach_get(name, values)
    return values.round(4).tobytes()


def _settings(modifier: Any) -> Iterator[object]:
    shown_only = {"name", "active", "show_expanded"}
    for item in modifier.bl_rna.properties:
        if item.type in SIMPLE and not item.is_readonly and item.identifier not in shown_only:
            yield item.identifier, _listed(getattr(modifier, item.identifier))


def _listed(value: Any) -> list[object]:
    """One value or an array of them, floats rounded: Blender keeps 32 bits."""
    parts = [value] if isinstance(value, (bool, int, float, str)) else list(value)
    return [round(part, 6) if isinstance(part, float) else part for part in parts]
