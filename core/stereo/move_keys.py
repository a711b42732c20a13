# SPDX-License-Identifier: GPL-3.0-or-later
"""A shot's camera moves, added up, as few Bezier keys that an artist can edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .moves import CHANNELS, REST, Move, Span, course, sample

SWAY = 24  # frames of one sway of a hand-held camera, where no length is asked for
_NEAR = 1e-4  # of a segment: over which a slope is measured


@dataclass(frozen=True)
class Key:
    """``left`` and ``right``: slopes, in the value's unit a frame. The last key of a shot holds."""

    frame: float
    value: float
    left: float
    right: float
    holds: bool = False


def knots(move: Move, span: Span) -> np.ndarray:
    """The frames at which ``move`` wants a key, ascending, the shot's first among them.

    Between two of them it is a cubic of time, exactly or (arcs, paths) closely.
    """
    begin, end, turns = course(move, span)
    if end <= begin:
        return np.array([span.first])
    if move.kind == "hand-held":  # noise on a line at rest
        return np.array([span.first])
    inner = {"arc": 2, "crane": 2 if move.aimed else 1, "wobble": 4, "path": 8}.get(move.kind, 1)
    stops = np.linspace(begin, end, round(turns * inner) + 1)
    if move.length > 0 and move.kind in ("drift", "arc", "wobble"):
        stops = np.append(np.arange(begin, end, move.length / inner), end)
    return np.unique(np.append(stops, span.first))


def sway(move: Move, span: Span) -> dict[str, tuple[float, float]]:
    """Of "hand-held": for each channel that shakes, how far (from the lowest to the highest, about)
    and the frames of one sway. {} for other moves.

    A hand turns a camera more than it carries it about: 1 % of the pivot's distance is a third of
    a degree.
    """
    begin, end, _ = course(move, span)
    if move.kind != "hand-held" or end <= begin:
        return {}
    frames = move.length or SWAY
    reach, turn = abs(move.strength) * (move.pivot or span.distance), abs(move.strength) * 0.6
    return {
        "x": (reach, frames),
        "y": (reach, 0.9 * frames),
        "z": (0.5 * reach, 1.3 * frames),
        "turn_x": (turn, 0.7 * frames),
        "turn_y": (turn, 0.8 * frames),
        "turn_z": (0.5 * turn, 1.1 * frames),
    }


def compose(moves: Sequence[Move], span: Span) -> dict[str, list[Key]]:
    """Keys of every channel that some of ``moves`` animates in the shot, by `CHANNELS`.

    Places and angles add up (angles of moves are small), focal lengths multiply. Between two keys
    a Bezier segment with handles a third of it long and along the slopes is the cubic with these
    ends (Hermite), so easing is kept exactly. Nothing beyond the shot's last frame.
    """
    used: dict[str, list[np.ndarray]] = {}
    for move in moves:
        at = knots(move, span)
        values = sample(move, span, at)
        for number, name in enumerate(CHANNELS):
            if np.any(values[:, number] != REST[number]):
                used.setdefault(name, []).append(at)
    return {
        name: _keys(moves, span, np.unique(np.concatenate(at)), CHANNELS.index(name))
        for name, at in used.items()
    }


def total(moves: Sequence[Move], span: Span, frames: Sequence[float] | np.ndarray) -> np.ndarray:
    """(n, 7): all ``moves`` together at ``frames``, without the noise of hand-held ones."""
    out = np.tile(REST, (len(frames), 1))
    for move in moves:
        part = sample(move, span, frames)
        out[:, :6] += part[:, :6]
        out[:, 6] *= part[:, 6]
    return out


def values_of(keys: Sequence[Key], frames: Sequence[float] | np.ndarray) -> np.ndarray:
    """(n,): what an F-curve of ``keys`` says at ``frames``: cubics (Hermite) between two keys, and
    before the first and behind the last one their values."""
    at = np.asarray(frames, float)
    where = np.array([key.frame for key in keys])
    found = np.full(at.shape, keys[0].value)
    after = np.searchsorted(where, at, side="right") - 1
    for number in np.unique(after[after >= 0]):
        key, of = keys[number], after == number
        if key.holds or number + 1 == len(keys):
            found[of] = key.value
            continue
        end = keys[number + 1]
        length = end.frame - key.frame
        t = (at[of] - key.frame) / length
        found[of] = (
            key.value * (1.0 + 2.0 * t) * (1.0 - t) ** 2
            + end.value * t * t * (3.0 - 2.0 * t)
            + length * t * (1.0 - t) * (key.right * (1.0 - t) - end.left * t)
        )
    return found


def _keys(moves: Sequence[Move], span: Span, at: np.ndarray, channel: int) -> list[Key]:
    values = total(moves, span, at)[:, channel]
    left, right = np.zeros(len(at)), np.zeros(len(at))
    if len(at) > 1:
        length = np.diff(at)
        step = _NEAR * length
        after = total(moves, span, at[:-1] + step)[:, channel]
        before = total(moves, span, at[1:] - step)[:, channel]
        right[:-1] = (after - values[:-1]) / step
        left[1:] = (values[1:] - before) / step
    last = len(at) - 1
    return [
        Key(float(f), float(v), float(lo), float(hi), number == last)
        for number, (f, v, lo, hi) in enumerate(zip(at, values, left, right, strict=True))
    ]
