# SPDX-License-Identifier: GPL-3.0-or-later
"""The uncovered area of a shot, kept for the panel, and a move made to fit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import bpy

from ....core.errors import UsageError
from ..chain import find_chain
from .channels import same, stored
from .meter import Measured
from .record import edited, entry_of
from .spans import MovedShot, moved_shots
from .write import chain_of, channels_of, moves_of, quietly, write


def keep(scene: bpy.types.Scene, shot: MovedShot, found: Measured) -> None:
    """For the panel, with the keys that it is true of."""
    entry_of(scene, shot).measured = json.dumps({**asdict(found), "of": keys_of(scene, shot)})


def kept(scene: bpy.types.Scene, shot: MovedShot) -> tuple[Measured | None, bool]:
    """What was measured last, and whether the move's keys are those of then."""
    entry = entry_of(scene, shot, make=False)
    if entry is None or not entry.measured:
        return None, False
    told = json.loads(entry.measured)
    return Measured(**{n: v for n, v in told.items() if n != "of"}), same_keys(
        told["of"], keys_of(scene, shot)
    )


def same_keys(before: Mapping[str, list[float]], now: Mapping[str, list[float]]) -> bool:
    """Whether two answers of `keys_of` tell the same keys, but for rounding."""
    return before.keys() == now.keys() and all(same(before[n], now[n]) for n in now)


def keys_of(scene: bpy.types.Scene, shot: MovedShot) -> dict[str, list[float]]:
    """The shot's part of what moves animate, as plain numbers."""
    chain = find_chain(scene)
    if chain.move is None or chain.camera is None:
        return {}
    animated = channels_of(chain, [shot])
    found = {name: stored(channel, *shot.scene_span) for name, channel in animated.items()}
    return {name: numbers for name, numbers in found.items() if numbers}


def check_fit(scene: bpy.types.Scene, shot: MovedShot) -> None:
    """Raises UsageError where the shot has no move, or the artist edited its keys."""
    chain = chain_of(scene)
    if not moves_of(scene, shot, chain.footage):
        raise UsageError("This shot has no move: add one first.")
    if edited(scene, shot, channels_of(chain, moved_shots(scene, chain.camera))):
        raise UsageError(
            "The keys of this shot were edited by hand: scale them yourself, or press Write Anew."
        )


def scale(scene: bpy.types.Scene, told: Sequence[tuple[MovedShot, Mapping[str, Any]]]) -> None:
    """Give the moves of shots the ``share`` of their strength and the ``crop`` in percent that the
    engine's ``uncovered`` answered."""
    footage = chain_of(scene).footage
    with quietly():
        for shot, answer in told:
            items = [item for item, _ in moves_of(scene, shot, footage)]
            for number, item in enumerate(items):
                item.strength *= answer["share"]
                item.auto = False
                if number == 0:
                    item.crop = answer["crop"]
    write(scene, {shot.first for shot, _ in told})
