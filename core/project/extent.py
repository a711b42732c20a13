# SPDX-License-Identifier: GPL-3.0-or-later
"""A manifest for another range of frames; what the artist set for the shared frames stays."""

import copy

from .manifest import PENDING, STAGES, BakedCamera, BakedRange, Manifest, Shot
from .solved import without_solve


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
    if manifest.camera is not None:
        held = [min(max(n, manifest.first), manifest.last) - manifest.first for n in new.frames]
        old = manifest.camera
        new.camera = BakedCamera(
            interocular=[old.interocular[i] for i in held],
            convergence=[old.convergence[i] for i in held],
            lateral_offset=[old.lateral_offset[i] for i in held],
            extra=copy.deepcopy(old.extra),
        )
    if manifest.ranges is not None:
        held = [min(max(n, manifest.first), manifest.last) - manifest.first for n in new.frames]
        names = ("near", "far", "strength", "bias", "contrast")
        lists = {name: [getattr(manifest.ranges, name)[i] for i in held] for name in names}
        new.ranges = BakedRange(**lists, extra=copy.deepcopy(manifest.ranges.extra))
    return new
