# SPDX-License-Identifier: GPL-3.0-or-later
"""The uncovered area of a shot, kept for the panel, and a move made to fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

import bpy

from ....core.errors import SecondEyeError, UsageError
from ....core.project import Project
from ..chain import find_chain
from .channels import same, stored
from .meter import Measured, Meter
from .record import edited, entry_of
from .spans import MovedShot, moved_shots
from .write import chain_of, channels_of, moves_of, quietly, write

_ROUNDS = 7
"""Halvings of the strength: to less than 1 % of it."""


def measure(scene: bpy.types.Scene, project: Project, shot: MovedShot) -> Measured:
    """Predict what the shot's move leaves uncovered, and keep the answer for the panel."""
    found = Meter(scene, project, shot).measure()
    keep(scene, shot, found)
    return found


def keep(scene: bpy.types.Scene, shot: MovedShot, found: Measured) -> None:
    """For the panel, with the keys that it is true of."""
    entry_of(scene, shot).measured = json.dumps({**asdict(found), "of": _keys(scene, shot)})


def kept(scene: bpy.types.Scene, shot: MovedShot) -> tuple[Measured | None, bool]:
    """What was measured last, and whether the move's keys are those of then."""
    entry = entry_of(scene, shot, make=False)
    if entry is None or not entry.measured:
        return None, False
    told = json.loads(entry.measured)
    before, now = told.pop("of"), _keys(scene, shot)
    current = before.keys() == now.keys() and all(same(before[n], now[n]) for n in now)
    return Measured(**told), current


def _keys(scene: bpy.types.Scene, shot: MovedShot) -> dict[str, list[float]]:
    chain = find_chain(scene)
    if chain.move is None or chain.camera is None:
        return {}
    animated = channels_of(chain, [shot])
    found = {name: stored(channel, *shot.scene_span) for name, channel in animated.items()}
    return {name: numbers for name, numbers in found.items() if numbers}


def fit(
    scene: bpy.types.Scene, project: Project, shot: MovedShot, limit: float, most_crop: float = 0.0
) -> tuple[Measured, Measured]:
    """Make the shot's moves smaller, all alike, until no frame leaves more than ``limit`` percent
    uncovered; first crop by up to ``most_crop`` percent at each side. Returns what was uncovered
    before and is now.

    Raises UsageError where there is no move, the artist edited its keys, or even without it more is
    uncovered.
    """
    chain = chain_of(scene)
    shots = moved_shots(scene, chain.camera)
    items = [item for item, _ in moves_of(scene, shot, chain.footage)]
    if not items:
        raise UsageError("This shot has no move: add one first.")
    if edited(scene, shot, channels_of(chain, shots)):
        raise UsageError(
            "The keys of this shot were edited by hand: scale them yourself, or press Write Anew."
        )
    meter = Meter(scene, project, shot)
    before = meter.measure()
    if before.uncovered <= limit:
        keep(scene, shot, before)
        return before, before
    strengths, crop = [item.strength for item in items], items[0].crop

    def at(share: float, cropped: float) -> float:
        with quietly():
            for item, strength in zip(items, strengths, strict=True):
                item.strength = strength * share
            items[0].crop = cropped
        write(scene, {shot.first})
        return meter.measure().uncovered

    try:
        most = max(crop, most_crop)
        if most > crop and at(1.0, most) <= limit:
            at(1.0, _bisect(lambda c: at(1.0, c) <= limit, crop, most))
        else:
            if at(0.0, most) > limit:
                raise UsageError(
                    f"Even without the move {meter.measure().uncovered:.1f} % is uncovered: narrow "
                    "the interocular, or allow more crop."
                )
            share = 1.0 - _bisect(lambda less: at(1.0 - less, most) <= limit, 0.0, 1.0)
            if at(share, crop) > limit:  # else steps decide, and cropping would be in vain
                at(share, most)
    except SecondEyeError:
        at(1.0, crop)
        raise
    for item in items:
        item.auto = False
    after = measure(scene, project, shot)
    return before, after


def _bisect(good: Callable[[float], bool], low: float, high: float) -> float:
    """The least number that is good, from above; ``low`` is bad and ``high`` good."""
    for _ in range(_ROUNDS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if good(middle) else (middle, high)
    return high
