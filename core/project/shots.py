# SPDX-License-Identifier: GPL-3.0-or-later
"""Where shots begin, and whose repaired depth another list of shots or another repair touches."""

import copy
from collections.abc import Iterable, Mapping

from .manifest import Manifest, Shot


def cuts_of(manifest: Manifest) -> list[int]:
    """The first frame of each shot but the first."""
    return [shot.first for shot in manifest.shots[1:]]


def with_cuts(
    manifest: Manifest,
    cuts: Iterable[int],
    fresh: bool = False,
    moved: Mapping[int, int] | None = None,
) -> Manifest:
    """A copy whose shots begin at its first frame and at each of ``cuts``, which lie behind it.

    Each new shot has the settings of the one that showed its first frame. A shot that begins where
    one began keeps that one's name; ``fresh``: all are named anew, in their order. ``moved``: by
    the new first frame of a shot the one at which it began; it keeps its name and its settings.
    The range (low, high) of a shot that changed must be measured anew.
    """
    new = copy.deepcopy(manifest)
    starts = sorted({manifest.first, *cuts})
    ends = [start - 1 for start in starts[1:]] + [manifest.last]
    names = {shot.name for shot in manifest.shots} if not fresh else set()
    shots = []
    for start, end in zip(starts, ends, strict=True):
        shown = _shown(manifest, (moved or {}).get(start, start))
        shot = copy.deepcopy(shown)
        if fresh or shown.first != (moved or {}).get(start, start):
            shot.name = _free_name(names)
            names.add(shot.name)
        shot.first, shot.last = start, end
        shots.append(shot)
    new.shots = shots
    return new


def _shown(manifest: Manifest, frame: int) -> Shot:
    return next(s for s in manifest.shots if s.first <= frame <= s.last)


def touched(old: Manifest, new: Manifest) -> set[int]:
    """Frames of both whose repaired depth, as ``new`` asks for it, isn't what ``old`` described.

    The temporal branch carries each frame into the next and sees ``look_ahead`` frames of what
    follows: a shot that begins elsewhere is another one from its first frame on, one that ends
    elsewhere from the first frame that sees the end.
    """
    frames: set[int] = set()
    for shot in new.shots:
        if shot.temporal > 0:
            frames.update(range(_first_touched(shot, old, new), shot.last + 1))
        else:
            frames.update(n for n in _shared(shot, old) if not _alike(shot, old, new, n))
    return frames & set(old.frames)


def changed(old: Manifest, new: Manifest) -> list[Shot]:
    """Shots of ``new`` whose range (low, high) isn't the one that ``old`` measured."""
    if old.solve is not None and new.solve is None:  # the numbers of before it, of other depth
        return list(new.shots)
    frames, extents = touched(old, new), {(s.first, s.last) for s in old.shots}
    return [
        shot
        for shot in new.shots
        if (shot.first, shot.last) not in extents
        or not frames.isdisjoint(range(shot.first, shot.last + 1))
    ]


def _free_name(taken: set[str]) -> str:
    number = 1
    while f"shot_{number:03d}" in taken:
        number += 1
    return f"shot_{number:03d}"


def _shared(shot: Shot, old: Manifest) -> range:
    return range(max(shot.first, old.first), min(shot.last, old.last) + 1)


def _strengths(shot: Shot) -> tuple[float, float, float]:
    return shot.spatial, shot.temporal, shot.semantic


def _alike(shot: Shot, old: Manifest, new: Manifest, frame: int) -> bool:
    """Whether ``frame`` was repaired by the same, as strongly."""
    shown = next(s for s in old.shots if s.first <= frame <= s.last)
    by_same = old.repair.sha256 == new.repair.sha256 or not shot.repaired
    return by_same and _strengths(shown) == _strengths(shot)


def _first_touched(shot: Shot, old: Manifest, new: Manifest) -> int:
    """``shot.last + 1`` where it is the same shot."""
    before = next((s for s in old.shots if s.first == shot.first), None)
    if before is None or not _alike(shot, old, new, shot.first):
        return shot.first
    if old.repair.look_ahead != new.repair.look_ahead:
        return shot.first
    if before.last == shot.last:
        return shot.last + 1
    return max(shot.first, min(before.last, shot.last) - new.repair.look_ahead + 1)
