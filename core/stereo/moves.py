# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera moves as functions of time: where the camera goes, from the place of the footage camera.

Axes are the footage camera's, as Blender has them: x right, y up, looking along -z. A move's size
is a share of the distance to its *pivot*, the point straight ahead that it is made around, so that
it looks the same whatever near and far are. Numpy only; `move_keys` makes keyframes of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..errors import UsageError

Kind = Literal[
    "drift", "push-in", "dolly-zoom", "arc", "crane", "wobble", "ken-burns", "hand-held", "path"
]
Easing = Literal["smooth", "linear", "in", "out"]
KINDS: tuple[Kind, ...] = (
    "drift", "push-in", "dolly-zoom", "arc", "crane", "wobble", "ken-burns", "hand-held", "path",
)  # fmt: skip
EASINGS: tuple[Easing, ...] = ("smooth", "linear", "in", "out")
CHANNELS = ("x", "y", "z", "turn_x", "turn_y", "turn_z", "lens")
"""What a move animates: scene units, radians (XYZ Euler angles), and times the focal length."""
REST = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
WAY, ROUND = 120, 72
"""Frames of one way from side to side and of one round, where no length is asked for: faster looks
nervous, slower looks still."""
MOST_CROP = 0.4
CLOSEST = 0.9  # of the way to the pivot: a camera that arrives there sees nothing of it


@dataclass(frozen=True)
class Span:
    """What a move has to fit: frames ``first..last``, the ``distance`` to the pivot (scene units),
    and the footage's ``focal_over_width`` and ``aspect`` (picture height over width)."""

    first: float
    last: float
    distance: float
    focal_over_width: float = 1.0
    aspect: float = 9.0 / 16.0

    def __post_init__(self) -> None:
        if not (0.0 < self.distance < math.inf):
            raise UsageError(f"The pivot's distance {self.distance:g} must be above 0.")
        if self.last < self.first:
            raise UsageError(f"A shot can't end at frame {self.last:g}, before {self.first:g}.")


@dataclass(frozen=True)
class Move:
    """One move of one shot.

    Attributes:
        kind: one of `KINDS`.
        strength: how far the camera goes, as a share of the distance to the pivot; negative the
            other way. Of "path": 1 is the path as it is drawn.
        length: frames of the move, or of one way or round of a move that repeats; 0 fits it.
        delay: frames from the shot's first on during which it waits.
        easing: how it starts and stops: "smooth" both gently, "linear" neither, "in" starts
            gently, "out" stops gently.
        aimed: keep looking at the pivot (crane, wobble, path; an arc always does).
        toward: of "ken-burns", where it goes: x and y from -1 to 1, picture edge to edge.
        path: of "path": (n, 3) places in scene units, evenly spaced along it.
        crop: share of the picture's width that a longer focal length cuts off at each side,
            throughout the shot, so that its edges stay out of sight; up to `MOST_CROP`.
        pivot: the distance to its pivot; 0 takes the span's.
    """

    kind: Kind
    strength: float = 0.05
    length: float = 0.0
    delay: float = 0.0
    easing: Easing = "smooth"
    aimed: bool = True
    toward: tuple[float, float] = (0.5, 0.25)
    path: tuple[tuple[float, float, float], ...] = ()
    crop: float = 0.0
    pivot: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(f'There is no move "{self.kind}": choose {", ".join(KINDS)}.')
        if self.easing not in EASINGS:
            raise UsageError(f'There is no easing "{self.easing}": choose {", ".join(EASINGS)}.')
        if not math.isfinite(self.strength):
            raise UsageError("A move's strength must be a number.")
        if not (0.0 <= self.crop <= MOST_CROP):
            raise UsageError(f"A crop of {self.crop:g} leaves no picture: 0 to {MOST_CROP} does.")
        if self.kind == "path" and len(self.path) < 2:
            raise UsageError("The path is empty: draw a curve with two points or more.")


def sample(move: Move, span: Span, frames: Sequence[float] | np.ndarray) -> np.ndarray:
    """(n, 7): `CHANNELS` at ``frames``; `REST` is the footage camera's own place and lens.

    Hand-held rests here: `sway` says how strongly noise moves it. A shot of one frame has no
    time for a move, and rests too.
    """
    at = np.asarray(frames, float)
    out = np.tile(REST, (len(at), 1))
    begin, end, turns = course(move, span)
    if end <= begin:
        return out
    out[:, 6] = 1.0 / (1.0 - 2.0 * move.crop)
    if move.kind == "hand-held":
        return out
    length = (end - begin) / turns
    ways = (np.clip(at, begin, end) - begin) / length
    distance = move.pivot or span.distance
    size, reach = move.strength, move.strength * distance
    if move.kind in ("drift", "arc"):
        side = _swing(ways, move)
        if move.kind == "drift":
            out[:, 0] = reach * side
        else:
            angle = size * side
            out[:, 0] = distance * np.sin(angle)
            out[:, 2] = distance * (np.cos(angle) - 1.0)
            out[:, 4] = angle
        return out
    if move.kind == "wobble":
        around = 2.0 * math.pi * ways
        out[:, 0], out[:, 1] = reach * np.sin(around), 0.5 * reach * np.cos(around)
    else:
        share = ease(ways, move.easing)
        if move.kind in ("push-in", "dolly-zoom", "ken-burns"):
            size = min(size, CLOSEST)
            reach = size * distance
            out[:, 2] = -reach * share
        if move.kind == "dolly-zoom":
            out[:, 6] *= 1.0 - size * share
        elif move.kind == "ken-burns":
            # So far and no farther aside: the picture's edges stay outside at every depth.
            beside = max(reach, 0.0) / (2.0 * span.focal_over_width) * share
            out[:, 0] = np.clip(move.toward[0], -1.0, 1.0) * beside
            out[:, 1] = np.clip(move.toward[1], -1.0, 1.0) * beside * span.aspect
        elif move.kind == "crane":
            out[:, 1] = reach * (2.0 * share - 1.0)
        elif move.kind == "path":
            place = np.asarray(move.path, float)
            along = np.linspace(0.0, 1.0, len(place))
            for axis in range(3):
                out[:, axis] = size * np.interp(share, along, place[:, axis])
    if move.aimed and move.kind in ("wobble", "crane", "path"):
        _aim(out, distance)
    return out


def ease(share: np.ndarray, easing: Easing) -> np.ndarray:
    """0..1 of time to 0..1 of the way, each a cubic: one Bezier segment holds it exactly."""
    t = np.clip(share, 0.0, 1.0)
    if easing == "linear":
        return t
    if easing == "in":
        return t * t
    if easing == "out":
        return t * (2.0 - t)
    return t * t * (3.0 - 2.0 * t)


def course(move: Move, span: Span) -> tuple[float, float, float]:
    """First and last frame of the move itself, and how many ways or rounds lie between."""
    begin = span.first + max(0.0, move.delay)
    time = span.last - begin
    if time <= 0.0:
        return begin, begin, 1.0
    if move.kind in ("drift", "arc", "wobble"):
        if move.length > 0.0:
            return begin, span.last, time / move.length
        usual = ROUND if move.kind == "wobble" else WAY
        return begin, span.last, float(max(1, round(time / usual)))
    return begin, begin + min(time, move.length or time), 1.0


def _swing(ways: np.ndarray, move: Move) -> np.ndarray:
    """-1..1: from side to side and back, one way a unit of ``ways``."""
    number = np.floor(ways)
    share = ways - number
    last = (share == 0.0) & (ways > 0.0)  # the end of a way is no beginning of the next
    number, share = np.where(last, number - 1, number), np.where(last, 1.0, share)
    there = 2.0 * ease(share, move.easing) - 1.0
    return np.where(number % 2 == 0, there, -there)


def _aim(out: np.ndarray, distance: float) -> None:
    """Turn towards (0, 0, -distance), level. Euler XYZ: about x first, then about y."""
    x, y, ahead = out[:, 0], out[:, 1], distance + out[:, 2]
    out[:, 4] = np.arctan2(x, ahead)
    out[:, 3] = np.arctan2(-y, np.hypot(x, ahead))
