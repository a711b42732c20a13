# SPDX-License-Identifier: GPL-3.0-or-later
"""A camera solve in the manifest, and the way back to what stood there before it."""

from __future__ import annotations

import copy
import hashlib
import json

from .manifest import Earlier, EarlierShot, Manifest, Shot


def is_solved(manifest: Manifest, shot: Shot) -> bool:
    """Whether the numbers of ``shot`` are a camera solve's, so that d is 1/Z in scene units."""
    spans = manifest.solve.shots if manifest.solve is not None else ()
    shared = (min(s.last, shot.last) - max(s.first, shot.first) + 1 for s in spans)
    return sum(max(0, count) for count in shared) == shot.last - shot.first + 1


def is_stale(manifest: Manifest) -> bool:
    """Whether depth was made anew, or cuts moved, since the solve was used."""
    if manifest.solve is None:
        return False
    fitted = [(s.first, s.last, s.repair) for s in manifest.solve.earlier.shots]
    return fitted != [(s.first, s.last, repair_of(manifest, s)) for s in manifest.shots]


def remember(manifest: Manifest) -> Earlier:
    """What a solve will replace."""
    return Earlier(
        scale=list(manifest.depth.scale),
        shift=list(manifest.depth.shift),
        lens=copy.deepcopy(manifest.lens),
        shots=[
            EarlierShot(
                s.first,
                s.last,
                s.low,
                s.high,
                s.near,
                s.far,
                s.strength,
                repair_of(manifest, s),
                s.bias,
                s.contrast,
            )
            for s in manifest.shots
        ],
        metres_per_unit=manifest.metres_per_unit,
        camera=copy.deepcopy(manifest.camera),
        ranges=copy.deepcopy(manifest.ranges),
        window=copy.deepcopy(manifest.window),
    )


def without_solve(manifest: Manifest) -> tuple[Manifest, list[Shot]]:
    """A copy as it was before the solve, and those of its shots whose range (low, high) must be
    measured anew: their frames, or what repairs them, are others than then."""
    new = copy.deepcopy(manifest)
    if new.solve is None:
        return new, []
    earlier, new.solve = new.solve.earlier, None
    new.depth.scale, new.depth.shift = earlier.scale, earlier.shift
    new.lens, new.camera, new.ranges = earlier.lens, earlier.camera, earlier.ranges
    new.metres_per_unit, new.window = earlier.metres_per_unit, earlier.window
    unmeasured = []
    for shot in new.shots:
        was = next((s for s in earlier.shots if s.first <= shot.first <= s.last), earlier.shots[0])
        shot.near, shot.far, shot.strength = was.near, was.far, was.strength
        shot.bias, shot.contrast = was.bias, was.contrast
        shot.low, shot.high = was.low, was.high
        if (was.first, was.last, was.repair) != (shot.first, shot.last, repair_of(new, shot)):
            unmeasured.append(shot)
    return new, unmeasured


def repair_of(manifest: Manifest, shot: Shot) -> str:
    """A digest of all that the stored depth of ``shot`` was made with."""
    model, repair = manifest.model, manifest.repair
    said = [
        [model.name, model.sha256, model.size],
        [repair.sha256, repair.look_ahead] if shot.repaired else None,
        [shot.spatial, shot.temporal, shot.semantic],
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
