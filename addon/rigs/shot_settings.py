# SPDX-License-Identifier: GPL-3.0-or-later
"""A shot's settings where they live: on its relief's modifier and on the stereo camera.

There is no second copy: what is read is what the scene shows at the shot's first frame, and what is
written is the key there (CONSTANT, as Build Scene makes it), or the plain value where the artist
took the keys away.
"""

from __future__ import annotations

from typing import Any

import bpy

from ..stage import compat, keys
from ..stage.group_inputs import POINTS
from ..stage.roles import STEREO, with_role
from ..stage.shot import is_relief
from .screen import leads
from .stereo_camera import CONVERGENCE, INTEROCULAR

RELIEF = {
    "near": "Near",
    "far": "Far",
    "strength": "Strength",
    "bias": "Bias",
    "contrast": "Contrast",
}
CAMERA = {"interocular": INTEROCULAR, "convergence": CONVERGENCE}
_APART = 1.001
"""Far over near, at least."""


def span(relief: bpy.types.Object) -> tuple[int, int] | None:
    """The scene frames that a relief shows; None where its modifier is lost."""
    modifier = _modifier(relief)
    if modifier is None:
        return None
    first, last, offset = (int(compat.get_input(modifier, n)) for n in ("First", "Last", "Offset"))
    return first - offset, last - offset


def is_whole(relief: bpy.types.Object) -> bool:
    """Whether the relief still has what makes it one."""
    return _modifier(relief) is not None


def camera_of(relief: bpy.types.Object) -> bpy.types.Object | None:
    """The stereo camera of the stage that the relief stands on; None where it was removed."""
    for collection in relief.users_collection:
        found = with_role(collection, STEREO) if collection.get("second_eye_project") else None
        if found is not None and found.type == "CAMERA":
            return found
    return None


def is_led(relief: bpy.types.Object) -> bool:
    """Whether a screen sets the convergence of the relief's camera, so that keys say nothing."""
    camera = camera_of(relief)
    return camera is not None and leads(camera)


def read(relief: bpy.types.Object, name: str) -> float:
    """A setting at the shot's first frame; 0 where the scene has lost what holds it."""
    place = _place(relief, name)
    if place is None:
        return 0.0
    owner, path, plain, frames = place
    curve = compat.find_fcurve(owner, path)
    return float(plain if curve is None or curve.mute else curve.evaluate(frames[0]))


def write(relief: bpy.types.Object, name: str, value: float) -> None:
    """Set a setting: the key at the shot's first frame, or the plain value where none is keyed.

    A shot's other keys stay, and so does what other shots show. Near stays below far. Nothing where
    a screen says the convergence: keys below it would act when it is gone.
    """
    if name == "convergence" and is_led(relief):
        return
    if name in CAMERA:
        _override_data(camera_of(relief))
    place = _place(relief, name)
    if place is None or not place[0].is_editable:  # linked: it would be lost with the next load
        return
    if name == "near":
        value = min(value, read(relief, "far") / _APART)
    elif name == "far":
        value = max(value, read(relief, "near") * _APART)
    owner, path, _plain, frames = place
    compat.local_action(owner)
    curve = compat.find_fcurve(owner, path)
    if name in RELIEF:
        modifier = _modifier(relief)
        if curve is None or len(curve.keyframe_points) <= 1:
            compat.set_input(modifier, RELIEF[name], value)
        if curve is not None and len(curve.keyframe_points) <= 1:
            keys.key(relief, path, [frames[0]], [value])
        elif curve is not None:
            _set_key(curve, frames[0], value)
        return
    if curve is None:
        data: Any = owner
        setattr(data.stereo, path.rpartition(".")[2], value)
        return
    after = frames[1] + 1
    if not _has_key(curve, after):  # the next shot goes on with what it showed
        nearest = [point for point in curve.keyframe_points if point.co.x > after]
        if nearest or curve.evaluate(after) != value:
            _set_key(curve, after, curve.evaluate(after))
    _set_key(curve, frames[0], value)


def write_range(relief: bpy.types.Object, near: float, far: float) -> None:
    """Set both ends, in the order in which neither passes the other."""
    pair = (("far", far), ("near", near))
    for name, value in pair if far > read(relief, "near") else pair[::-1]:
        write(relief, name, value)


def is_animated(relief: bpy.types.Object, name: str) -> bool:
    """Whether the setting moves within the shot."""
    place = _place(relief, name)
    if place is None:
        return False
    owner, path, _plain, (first, last) = place
    curve = compat.find_fcurve(owner, path)
    if curve is None:
        return False
    start = curve.evaluate(first)
    inside = [p.co.x for p in curve.keyframe_points if first < p.co.x <= last]
    return any(curve.evaluate(frame) != start for frame in [*inside, last])


def is_points(relief: bpy.types.Object) -> bool:
    modifier = _modifier(relief)
    return modifier is not None and bool(compat.get_input(modifier, POINTS))


def set_points(relief: bpy.types.Object, points: bool) -> None:
    """Show the shot as a cloud of points, or as a surface, without building anything anew."""
    modifier = _modifier(relief)
    if modifier is not None and relief.is_editable:
        compat.set_input(modifier, POINTS, points)


def _modifier(relief: bpy.types.Object) -> Any | None:
    return next((m for m in relief.modifiers if is_relief(m)), None)


def _place(
    relief: bpy.types.Object, name: str
) -> tuple[bpy.types.ID, str, float, tuple[int, int]] | None:
    """Owner, data path, plain value, the shot's scene frames."""
    modifier, frames = _modifier(relief), span(relief)
    if modifier is None or frames is None:
        return None
    if name in RELIEF:
        if not compat.has_input(modifier, RELIEF[name]):
            return None
        plain = float(compat.get_input(modifier, RELIEF[name]))
        return relief, compat.input_path(modifier, RELIEF[name]), plain, frames
    camera = camera_of(relief)
    if camera is None:
        return None
    data: Any = camera.data
    path = CAMERA[name]
    return data, path, float(getattr(data.stereo, path.rpartition(".")[2])), frames


def _override_data(camera: bpy.types.Object | None) -> None:
    """An override of a camera leaves its data linked, where interocular and convergence are."""
    data: Any = None if camera is None else camera.data
    if data is not None and camera.is_editable and not data.is_editable:
        data.override_create(remap_local_usages=True)


def _has_key(curve: bpy.types.FCurve, frame: int) -> bool:
    return any(point.co.x == frame for point in curve.keyframe_points)


def _set_key(curve: bpy.types.FCurve, frame: int, value: float) -> None:
    """A key of that value; the way it goes on from there stays."""
    points: Any = curve.keyframe_points
    there = next((p for p in points if p.co.x == frame), None)
    if there is not None:
        rise = value - there.co.y
        there.co.y = value
        there.handle_left.y += rise
        there.handle_right.y += rise
    else:
        before = [p.interpolation for p in points if p.co.x < frame]
        point = points.insert(frame, value, options={"FAST"})
        point.interpolation = before[-1] if before else "CONSTANT"
    curve.update()
