# SPDX-License-Identifier: GPL-3.0-or-later
"""Stereo keys of locked shots, carried over whatever writes keys for all shots."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import bpy

from ..stage import compat
from ..stage.carry import WAS
from ..stage.keys import replace_span
from ..stage.locks import locked
from ..stage.shot import relief_modifier

Curve = tuple[bpy.types.ID, str, float]
"""Owner, data path, and the plain value where nothing is keyed."""


@dataclass(frozen=True)
class Key:
    """A key with its handles; frames are the scene's."""

    frame: float
    value: float
    interpolation: str
    types: tuple[str, str] = ("AUTO_CLAMPED", "AUTO_CLAMPED")
    left: tuple[float, float] | None = None
    right: tuple[float, float] | None = None

    def later(self, frames: float) -> Key:
        handles = [None if h is None else (h[0] + frames, h[1]) for h in (self.left, self.right)]
        return replace(self, frame=self.frame + frames, left=handles[0], right=handles[1])


@dataclass(frozen=True)
class Kept:
    """What one curve says within one locked shot, whose scene frames are now ``span``."""

    owner: bpy.types.ID
    path: str
    span: tuple[int, int]
    keys: tuple[Key, ...]


def remember(reliefs: Iterable[bpy.types.Object], curves: Sequence[Curve]) -> list[Kept]:
    """The keys of every locked shot, before others are written; moved to where the shot is now."""
    kept = []
    for relief in filter(locked, reliefs):
        modifier = relief_modifier(relief)
        now = [int(compat.get_input(modifier, name)) for name in ("First", "Last", "Offset")]
        was = [int(number) for number in relief.pop(WAS, now)]
        span = (now[0] - now[2], now[1] - now[2])
        for owner, path, plain in curves:
            kept.append(Kept(owner, path, span, _keys(owner, path, plain, was, now)))
    return kept


def restore(kept: Iterable[Kept]) -> None:
    """Put remembered keys back in the place of what was written since."""
    for part in kept:
        curve = compat.find_fcurve(part.owner, part.path)
        if curve is None:
            continue
        replace_span(curve, part.span, [(k.frame, k.value, k.interpolation) for k in part.keys])
        points = list(curve.keyframe_points)
        for key in part.keys:
            # The nearest: curves hold frames in single precision.
            point: Any = min(points, key=lambda p, frame=key.frame: abs(p.co.x - frame))
            point.handle_left_type, point.handle_right_type = key.types
            if key.left is not None and key.right is not None:
                point.handle_left, point.handle_right = key.left, key.right
        curve.update()


def _keys(
    owner: bpy.types.ID, path: str, plain: float, was: list[int], now: list[int]
) -> tuple[Key, ...]:
    curve = compat.find_fcurve(owner, path)
    shift = float(was[2] - now[2])
    first, last = now[0] - now[2], now[1] - now[2]
    if curve is None:
        return (Key(float(first), plain, "CONSTANT"),)
    own = range(was[0] - was[2], was[1] - was[2] + 1)
    found = [_key(p).later(shift) for p in curve.keyframe_points if own[0] <= p.co.x <= own[-1]]
    found = [key for key in found if first <= key.frame <= last]
    if not found or found[0].frame > first:
        begins = max(was[0], now[0]) if now[0] <= was[1] else was[0]
        at = begins - was[2]
        before = [p.interpolation for p in curve.keyframe_points if p.co.x <= at]
        how = before[-1] if before and found else "CONSTANT"
        found.insert(0, Key(float(first), float(curve.evaluate(at)), how))
    return tuple(found)


def _key(point: Any) -> Key:
    return Key(
        float(point.co.x),
        float(point.co.y),
        point.interpolation,
        (point.handle_left_type, point.handle_right_type),
        (float(point.handle_left.x), float(point.handle_left.y)),
        (float(point.handle_right.x), float(point.handle_right.y)),
    )
