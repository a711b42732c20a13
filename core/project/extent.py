# SPDX-License-Identifier: GPL-3.0-or-later
"""A manifest for another range of frames; what the artist set for the shared frames stays."""

import copy

from .manifest import PENDING, STAGES, Manifest, Record, Shot
from .solved import without_solve

CAMERA = ("interocular", "convergence", "lateral_offset", "pivot", "shift")


def with_range(manifest: Manifest, first: int, last: int) -> Manifest:
    """A copy that covers ``first..last``.

    The outermost shots grow or shrink, shots outside are dropped; new frames get scale 1,
    shift 0 and the nearest frame's camera. The range (low, high) of a shot that changed must be
    measured anew; every stage of another range is pending. A camera solve knows no new frames: of
    another range the numbers are those of before it.
    """
    another = (first, last) != (manifest.first, manifest.last)
    if another:
        manifest, _ = without_solve(manifest)
    new = copy.deepcopy(manifest)
    if another:
        for name in STAGES:
            new.stages[name].state = PENDING
    new.first, new.last = first, last
    scale = dict(zip(manifest.frames, manifest.depth.scale, strict=True))
    shift = dict(zip(manifest.frames, manifest.depth.shift, strict=True))
    new.depth.scale = [scale.get(n, 1.0) for n in new.frames]
    new.depth.shift = [shift.get(n, 0.0) for n in new.frames]
    new.shots = [s for s in new.shots if s.first <= last and s.last >= first]
    if new.shots:
        new.shots[0].first, new.shots[-1].last = first, last
    else:
        new.shots = [Shot("shot_001", first, last)]
    held = [min(max(n, manifest.first), manifest.last) - manifest.first for n in new.frames]
    if new.camera is not None:
        _hold(new.camera, CAMERA, held)
    if new.ranges is not None:
        _hold(new.ranges, ("near", "far", "strength", "bias", "contrast"), held)
    if new.window is not None:
        _hold(new.window, ("left", "right"), held)
    return new


def _hold(record: Record, names: tuple[str, ...], held: list[int]) -> None:
    """Give each list of numbers those at the indices ``held``; an empty one stays empty."""
    for name in names:
        values = getattr(record, name)
        setattr(record, name, [values[i] for i in held] if values else [])
