# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene's list of moves as keys, shot by shot; keys that an artist edited stay theirs.

Of each shot and channel the scene keeps what was written. Where other keys stand there now, an
artist has been at them, and nothing writes there again until Write Anew is pressed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import bpy

from ....core.errors import SecondEyeError
from ....core.stereo.move_keys import Key, compose, sway
from ....core.stereo.moves import CHANNELS, Move
from ...stage import compat
from ...stage.build import find_collection
from ...stage.footage_camera import SENSOR_WIDTH, camera_data
from ..chain import Chain, ensure_chain, find_chain
from . import channels
from .channels import Channel
from .record import entry_of, forget_place, note, theirs
from .spans import MovedShot, as_move, moved_shots

WRITTEN = "second_eye_moved"
"""On a Move empty that moves were written on: one without it took the place of a deleted one."""
LENS_AT_REST = "second_eye_lens_at_rest"
_waiting = 0
"""How many callers are changing settings that shall be written once, at the end."""


@contextmanager
def quietly() -> Iterator[None]:
    """Settings that are changed inside are not written at once."""
    global _waiting
    _waiting += 1
    try:
        yield
    finally:
        _waiting -= 1


def changed(scene: bpy.types.Scene, item: Any) -> None:
    """A move's settings were changed in the panel: its keys follow."""
    if _waiting:
        return
    item.auto = False
    try:
        write(scene, {item.first})
    except SecondEyeError:
        return  # its scene was taken apart; the panel says so


def chain_of(scene: bpy.types.Scene) -> Chain:
    """The rig's objects, the missing ones made anew. Raises SecondEyeError without both cameras."""
    chain = find_chain(scene)
    if chain.footage is None or chain.camera is None:
        lost = "footage" if chain.footage is None else "stereo"
        raise SecondEyeError(f"The {lost} camera is gone: press Build Scene again.")
    if chain.move is None or chain.rig is None:
        ensure_chain(find_collection(scene), chain.footage, _nearest(scene, chain.camera))
        chain = find_chain(scene)
    if not chain.move.get(WRITTEN):
        forget_place(scene)
        chain.move[WRITTEN] = True
    return chain


def write(scene: bpy.types.Scene, only: Collection[int] | None = None) -> None:
    """Write the moves of the shots that begin at the timeline frames ``only`` (default: of all).

    Raises SecondEyeError where the scene has no camera to move.
    """
    chain = chain_of(scene)
    shots = moved_shots(scene, chain.camera)
    if not shots:
        return
    animated = channels_of(chain, shots)
    wanted = {shot.first: _wanted(scene, shot, chain) for shot in shots}
    used = {name for keys, noise in wanted.values() for name in (*keys, *noise)}
    for name, channel in animated.items():
        there = channel.curve is not None
        if not there and name not in used:
            continue
        if channel.owner.library is not None:  # an override of a camera leaves its data linked
            continue
        if name == "lens" and not there:
            _keep_lens(channel, SENSOR_WIDTH * shots[0].focal)
        for shot in shots:
            entry = entry_of(scene, shot)
            if theirs(entry, channel, shot):
                continue
            told = name in json.loads(entry.written or "{}")
            if there and told and only is not None and shot.first not in only:
                continue
            if name not in used and not told:
                continue  # a curve of the artist's own
            keys, noise = wanted[shot.first]
            phase = _phase(scene, shot, name)
            numbers = channels.write(
                channel, shot.scene_span, keys.get(name, ()), noise.get(name), phase
            )
            note(entry, name, numbers)
        if name not in used:
            _tidy(scene, channel, shots)


def channels_of(chain: Chain, shots: list[MovedShot]) -> dict[str, Channel]:
    """What moves animate in this scene. A lens at rest is the footage's, or the artist's own."""
    data, lens = camera_data(chain.camera), SENSOR_WIDTH * shots[0].focal
    if compat.find_fcurve(data, "lens") is None:
        lens = data.lens
    return channels.channels(chain.move, chain.camera, float(data.get(LENS_AT_REST, lens)))


def moves_of(
    scene: bpy.types.Scene, shot: MovedShot, footage: bpy.types.Object
) -> list[tuple[Any, Move]]:
    """The shot's moves that do something: each item of the list with what core makes of it."""
    items = [item for item in scene.second_eye_moves.items if item.first == shot.first]
    pairs = [(item, as_move(item, shot, footage)) for item in items]
    return [(item, move) for item, move in pairs if move is not None]


def uses(move: Move, shot: MovedShot) -> set[str]:
    """The channels that a move animates."""
    return {*compose([move], shot.span), *sway(move, shot.span)}


def forget_keys(scene: bpy.types.Scene, shot: MovedShot) -> None:
    """Take all keys of a shot away, the artist's too, so that the moves are written anew."""
    chain = chain_of(scene)
    for channel in channels_of(chain, moved_shots(scene, chain.camera)).values():
        if channels.stored(channel, *shot.scene_span):
            channels.clear(channel, shot.scene_span)
    entry_of(scene, shot).written = "{}"


def _wanted(
    scene: bpy.types.Scene, shot: MovedShot, chain: Chain
) -> tuple[dict[str, list[Key]], dict[str, tuple[float, float]]]:
    """Keys and noise of a shot, by channel; of two hand-held moves the later one shakes."""
    found = [move for _, move in moves_of(scene, shot, chain.footage)]
    noise: dict[str, tuple[float, float]] = {}
    for move in found:
        noise |= sway(move, shot.span)
    return compose(found, shot.span), noise


def _phase(scene: bpy.types.Scene, shot: MovedShot, name: str) -> float:
    seed = next(
        (i.seed for i in scene.second_eye_moves.items
         if i.first == shot.first and i.kind == "hand-held"),
        0,
    )  # fmt: skip
    return 17.31 * (CHANNELS.index(name) + 1) + 101.7 * seed + 0.37 * shot.first


def _keep_lens(channel: Channel, footage: float) -> None:
    """A lens of the artist's own, which moves multiply: once it has keys it is known no more."""
    channel.owner.pop(LENS_AT_REST, None)
    if abs(channel.rest - footage) > 1e-3:
        channel.owner[LENS_AT_REST] = channel.rest


def _tidy(scene: bpy.types.Scene, channel: Channel, shots: list[MovedShot]) -> None:
    """Take a curve away that says nothing any more, unless the artist has been at it."""
    if not channels.at_rest(channel) or any(
        theirs(entry_of(scene, shot), channel, shot) for shot in shots
    ):
        return
    channels.remove(channel)
    if channel.name == "lens":
        channel.owner.pop(LENS_AT_REST, None)
    for entry in scene.second_eye_moves.shots:
        written = json.loads(entry.written or "{}")
        written.pop(channel.name, None)
        entry.written = json.dumps(written)


def _nearest(scene: bpy.types.Scene, camera: bpy.types.Object) -> float:
    found = [shot.convergence for shot in moved_shots(scene, camera)]
    return 0.5 * min(found, default=4.0)
