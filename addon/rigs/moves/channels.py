# SPDX-License-Identifier: GPL-3.0-or-later
"""What moves animate in Blender: reading, comparing and writing one shot's part of an F-curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ....core.stereo.move_keys import Key
from ....core.stereo.moves import CHANNELS
from ...stage import compat
from ...stage.footage_camera import camera_data

NOISE = "Second Eye Hand-Held"
_PATHS = (
    ("location", 0),
    ("location", 1),
    ("location", 2),
    ("rotation_euler", 0),
    ("rotation_euler", 1),
    ("rotation_euler", 2),
)
_COLUMNS = 7
_KINDS = ("CONSTANT", "LINEAR", "BEZIER")


@dataclass(frozen=True)
class Channel:
    """One animated number. ``rest``: its value without a move; ``unit``: what 1 of the move is."""

    name: str
    owner: bpy.types.ID
    path: str
    index: int
    rest: float
    unit: float = 1.0

    @property
    def curve(self) -> bpy.types.FCurve | None:
        return compat.find_fcurve(self.owner, self.path, self.index)


def channels(move: bpy.types.Object, camera: bpy.types.Object, lens: float) -> dict[str, Channel]:
    """By `core.stereo.moves.CHANNELS`: the Move empty's place and rotation, and the stereo camera's
    focal length, which is ``lens`` mm at rest."""
    found = {
        name: Channel(name, move, path, index, 0.0)
        for name, (path, index) in zip(CHANNELS, _PATHS, strict=False)
    }
    found["lens"] = Channel("lens", camera_data(camera), "lens", 0, lens, lens)
    return found


def stored(channel: Channel, first: int, last: int) -> list[float]:
    """The keys of scene frames ``first..last``, and noise that is restricted to them, as plain
    numbers that count frames from ``first``; [] without any."""
    curve = channel.curve
    if curve is None:
        return []
    numbers: list[float] = []
    for p in curve.keyframe_points:
        if first <= p.co.x <= last:
            kind = float(_KINDS.index(p.interpolation)) if p.interpolation in _KINDS else 3.0
            # Handles that shape nothing: neighbours bend them.
            left = p.handle_left if numbers else p.co
            right = p.co if p.interpolation == "CONSTANT" else p.handle_right
            numbers += [n for at in (p.co, left, right) for n in (at.x - first, at.y)] + [kind]
    for noise in _noises(curve, first, last):
        numbers += [0.0, noise.strength, 0.0, noise.scale, 0.0, noise.phase, float(noise.mute)]
    return numbers


def same(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two answers of `stored` tell the same keys, but for rounding."""
    if len(one) != len(other):
        return False
    a, b = (np.array(part, float).reshape(-1, _COLUMNS) for part in (one, other))
    frames, values = [0, 2, 4], [1, 3, 5, 6]
    close = np.allclose(a[:, frames], b[:, frames], rtol=0.0, atol=0.01)
    return close and np.allclose(a[:, values], b[:, values], rtol=1e-4, atol=1e-6)


def write(
    channel: Channel,
    span: tuple[int, int],
    keys: Sequence[Key],
    noise: tuple[float, float] | None = None,
    phase: float = 0.0,
) -> list[float]:
    """Put ``keys`` (one at rest where there are none) in the place of those of scene frames
    ``span``; ``noise``: how far and frames of a sway. Returns what `stored` then says."""
    clear(channel, span)
    curve = compat.ensure_fcurve(channel.owner, channel.path, channel.index)
    keys = keys or [Key(span[0], channel.rest / channel.unit, 0.0, 0.0, True)]
    for key in keys:
        curve.keyframe_points.insert(key.frame, key.value * channel.unit, options={"FAST"})
    # Only then: a key that is put between two others bends their handles.
    found = [p for p in curve.keyframe_points if span[0] <= p.co.x <= span[1]]
    for number, point in enumerate(found):
        _shape(point, keys, number, channel.unit)
    curve.update()
    if noise is not None:
        _shake(curve, span, noise, phase)
    return stored(channel, *span)


def clear(channel: Channel, span: tuple[int, int]) -> None:
    """Take the keys and the noise of scene frames ``span`` away."""
    compat.local_action(channel.owner)
    curve = channel.curve
    if curve is None:
        return
    points = curve.keyframe_points
    for point in reversed([p for p in points if span[0] <= p.co.x <= span[1]]):
        points.remove(point, fast=True)
    for modifier in _noises(curve, *span):
        curve.modifiers.remove(modifier)
    curve.update()


def remove(channel: Channel) -> None:
    """Take the whole curve away; the property goes to rest."""
    compat.local_action(channel.owner)
    compat.remove_fcurve(channel.owner, channel.path, channel.index)
    owner: Any = channel.owner
    if channel.path == "lens":
        owner.lens = channel.rest
    else:
        getattr(owner, channel.path)[channel.index] = channel.rest


def at_rest(channel: Channel) -> bool:
    """Whether its curve says nothing: keys at rest alone."""
    curve = channel.curve
    if curve is None or len(curve.modifiers):
        return False
    near = 1e-6 * max(1.0, abs(channel.rest))
    return all(abs(p.co.y - channel.rest) <= near for p in curve.keyframe_points)


def shift(channel: Channel, by: int) -> None:
    """Move all keys, and noise that is restricted to frames, by so many frames."""
    compat.local_action(channel.owner)
    curve = channel.curve
    if curve is None:
        return
    for point in curve.keyframe_points:
        point.co.x += by
        point.handle_left.x += by
        point.handle_right.x += by
    for modifier in curve.modifiers:
        if modifier.use_restricted_range:
            start, end = modifier.frame_start + by, modifier.frame_end + by
            modifier.frame_start, modifier.frame_end = -1e6, end
            modifier.frame_start = start
    curve.update()


def _shape(point: Any, keys: Sequence[Key], number: int, unit: float) -> None:
    """Interpolation and handles of the key ``number``."""
    key = keys[number]
    before = key.frame - keys[number - 1].frame if number else 3.0
    after = keys[number + 1].frame - key.frame if number + 1 < len(keys) else 3.0
    point.interpolation = "CONSTANT" if key.holds else "BEZIER"
    bent = abs(key.left - key.right) > 1e-3 * (abs(key.left) + abs(key.right)) + 1e-9
    point.handle_left_type = point.handle_right_type = "FREE" if bent else "ALIGNED"
    point.handle_left = (key.frame - before / 3.0, (key.value - key.left * before / 3.0) * unit)
    point.handle_right = (key.frame + after / 3.0, (key.value + key.right * after / 3.0) * unit)


def _shake(curve: Any, span: tuple[int, int], noise: tuple[float, float], phase: float) -> None:
    """Noise over ``span``, as wide as told there: how wide it is at strength 1 differs between
    releases of Blender, and over the frames of a shot."""
    frames = range(span[0], span[1] + 1)
    before = np.array([curve.evaluate(frame) for frame in frames])
    modifier = curve.modifiers.new("NOISE")
    modifier.name = NOISE
    modifier.blend_type = "ADD"
    modifier.scale, modifier.strength, modifier.phase, modifier.depth = noise[1] / 2, 1.0, phase, 1
    modifier.use_restricted_range = True
    modifier.frame_start, modifier.frame_end = span
    wide = float(np.ptp(np.array([curve.evaluate(frame) for frame in frames]) - before))
    modifier.strength = noise[0] / wide if wide > 1e-6 else 0.0


def _noises(curve: Any, first: int, last: int) -> list[Any]:
    return [
        m
        for m in curve.modifiers
        if m.type == "NOISE"
        and m.use_restricted_range
        and first <= m.frame_start
        and m.frame_end <= last
    ]
