# SPDX-License-Identifier: GPL-3.0-or-later
"""How a stereo rig's parallax is to be watched: ranges, borders and changes, frame by frame."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..project import Manifest
from .frame_depth import FrameDepth
from .rig import StereoRig
from .toe_in import keystone
from .viewing import Viewing

GOOD, CLOSE, OUTSIDE = 0, 1, 2
"""Verdicts: within the limits; within, but close to one, or cut by the window; outside of one."""
ENDS = (0.5, 5.0, 50.0, 95.0, 99.5)
"""Percentages of the picture: the whole range but for stray pixels, the bulk, the middle."""
_REST = (ENDS[0] + 1e-6) / 100.0  # what may lie beyond a limit
NEARBY = 0.8
"""Parts of a limit from which on a frame is close to it."""
JUMP = 1.0
"""Degrees by which the middle parallax may jump at a cut: the rule of one degree that M. Lambooij,
W. IJsselsteijn, M. Fortuin, I. Heynderickx, "Visual Discomfort and Visual Fatigue of Stereoscopic
Displays: A Review", J. Imaging Sci. Technol. 53(3), 2009, give for parallax at all, taken for its
jumps."""
SPEED = 2.0
"""Degrees a second at which it may move within a shot: a choice of ours."""
VERTICAL = 0.5
"""Degrees by which a corner may stand higher for one eye than for the other, where cameras are
turned towards each other: half of that rule of one degree, since eyes hardly turn up and down
against each other. A choice of ours."""
STEADIED = 0.2
"""Seconds over which that speed is measured; what moves in less counts as in these: the eyes take
as long to follow."""
CUT_SHARE, CUT_DEPTH = 0.05, 0.002
"""A border is cut by the window where more than this part of its height stands before the screen by
more than so many picture widths: less is hardly seen. Choices of ours."""


@dataclass(frozen=True)
class Border:
    """``share`` of the picture's height that stands before the window, by more than `CUT_DEPTH`, at
    one side; ``depth``: what most of it does not exceed (95 %), in picture widths: how much nearer
    a floating window has to come to hide it."""

    share: float
    depth: float

    @property
    def cut(self) -> bool:
        """Whether it counts as a violation of the window."""
        return self.share > CUT_SHARE


@dataclass(frozen=True)
class FrameComfort:
    """``frame``: of the timeline. ``parallax`` (5,): picture widths, positive behind the screen, at
    `ENDS`: the nearest, nearer, middle, farther, farthest. ``too_near``, ``too_far``,
    ``diverging``: parts (0..1) of the picture outside of each limit; what diverges is too far, too.
    ``jump``: degrees by which the middle moved at a cut before this frame, else None; ``speed``:
    degrees a second within the shot. ``vertical``: degrees by which the screen's corners stand
    higher for one eye, with toed-in cameras. ``reasons``: what makes the ``verdict``, the worst
    first, of "near", "far", "diverging", "vertical", "jump", "speed", "left", "right"."""

    frame: int
    parallax: tuple[float, ...]
    too_near: float
    too_far: float
    diverging: float
    left: Border
    right: Border
    jump: float | None = None
    speed: float = 0.0
    vertical: float = 0.0
    verdict: int = GOOD
    reasons: tuple[str, ...] = field(default=())

    @property
    def span(self) -> float:
        """Parallax between 5 and 95 % of the picture, in picture widths."""
        return self.parallax[3] - self.parallax[1]

    @property
    def broken(self) -> tuple[str, ...]:
        """Those of the ``reasons`` that put it outside; the others are close to their limits."""
        shares = {"near": self.too_near, "far": self.too_far, "diverging": self.diverging}
        over = {name: share > _REST for name, share in shares.items()}
        over["vertical"] = abs(self.vertical) > VERTICAL
        over["jump"] = abs(self.jump or 0.0) > JUMP
        over["speed"] = abs(self.speed) > SPEED
        return tuple(name for name in self.reasons if over.get(name, False))


def measure(
    manifest: Manifest,
    depths: Mapping[int, FrameDepth],
    rigs: Mapping[int, StereoRig],
    viewing: Viewing,
    *,
    toed: bool = False,
) -> list[FrameComfort]:
    """The comfort of every frame that ``depths`` and ``rigs`` hold, in order, with the
    manifest's floating window. ``toed``: the cameras are turned towards each other.

    Jumps and speeds need the frames before: one that lacks them is judged without.
    """
    frames = sorted(depths.keys() & rigs.keys())
    firsts = {shot.first for shot in manifest.shots}
    middle = {n: float(depths[n].parallax(rigs[n], 50.0)) for n in frames}
    turned = dict(zip(frames, viewing.degrees([middle[n] for n in frames]), strict=True))
    rate = float(manifest.timeline.rate)
    reach = max(1, round(STEADIED * rate))
    begun, told = 0, []
    for n in frames:
        begun = n if n in firsts or n - 1 not in turned else begun
        jump = None
        if n in firsts and n - 1 in turned:
            jump = float(turned[n] - turned[n - 1])
        before = max(begun, n - reach)
        speed = float(turned[n] - turned[before]) * rate / reach
        strips = window_at(manifest, n)
        vertical = corners(rigs[n], manifest.clip.height / manifest.clip.width, viewing)
        turn = vertical if toed else 0.0
        told.append(measure_frame(n, depths[n], rigs[n], viewing, jump, speed, strips, turn))
    return told


def corners(rig: StereoRig, aspect: float, viewing: Viewing) -> float:
    """Degrees of vertical parallax in the screen's corners, were the rig's cameras toed in.
    ``aspect``: picture height over width."""
    share = keystone(rig.interocular, rig.convergence, rig.focal_over_width, aspect)
    return math.degrees(math.atan2(share * aspect * viewing.width, viewing.distance))


def window_at(manifest: Manifest, frame: int) -> tuple[float, float]:
    """How far before the screen the floating window's left and right edge stand, in picture
    widths."""
    if manifest.window is None:
        return 0.0, 0.0
    i = frame - manifest.first
    return manifest.window.left[i], manifest.window.right[i]


def measure_frame(
    frame: int,
    depth: FrameDepth,
    rig: StereoRig,
    viewing: Viewing,
    jump: float | None = None,
    speed: float = 0.0,
    strips: tuple[float, float] = (0.0, 0.0),
    vertical: float = 0.0,
) -> FrameComfort:
    """The comfort of one frame; ``strips``: as `window_at` gives them, ``vertical``: as `corners`
    does."""
    limits = viewing.limits
    parallax = tuple(float(p) for p in depth.parallax(rig, ENDS))
    too_near = depth.share_nearer(_inverse(rig, limits.near))
    too_far = 1.0 - depth.share_nearer(_inverse(rig, limits.far))
    diverging = 1.0 - depth.share_nearer(_inverse(rig, limits.diverging))
    sides = zip((depth.left, depth.right), strips, strict=True)
    left, right = (_border(rig.disparity(inverse) - strip) for inverse, strip in sides)
    found: list[tuple[int, str]] = []
    for name, share, part in (
        ("near", too_near, parallax[0] / limits.near),
        ("diverging", diverging, parallax[-1] / limits.diverging),
        ("far", too_far, parallax[-1] / limits.far),
    ):
        if share > _REST:
            found.append((OUTSIDE, name))
        elif part > NEARBY:
            found.append((CLOSE, name))
    for name, value, most in (
        ("vertical", vertical, VERTICAL),
        ("jump", jump or 0.0, JUMP),
        ("speed", speed, SPEED),
    ):
        if abs(value) > NEARBY * most:
            found.append((OUTSIDE if abs(value) > most else CLOSE, name))
    found += [(CLOSE, name) for name, side in (("left", left), ("right", right)) if side.cut]
    names = [name for _, name in found]
    if "diverging" in names and limits.far == limits.diverging:  # one limit, said once
        found = [(level, name) for level, name in found if name != "far"]
    found.sort(key=lambda reason: -reason[0])
    return FrameComfort(
        frame,
        parallax,
        too_near,
        too_far,
        diverging,
        left,
        right,
        jump,
        speed,
        vertical,
        max((level for level, _ in found), default=GOOD),
        tuple(name for _, name in found),
    )


def share_inside(told: Sequence[FrameComfort]) -> float:
    """The part (0..1) of the frames that no limit is broken in."""
    return sum(frame.verdict < OUTSIDE for frame in told) / max(len(told), 1)


def _inverse(rig: StereoRig, parallax: float) -> float:
    """The 1/Z that has so much parallax; infinite where the rig gives none."""
    gain = rig.interocular * rig.focal_over_width
    if gain == 0.0:
        return float("inf") if parallax < 0.0 else float("-inf")
    return 1.0 / rig.convergence - parallax / gain


def _border(before: np.ndarray) -> Border:
    share = float((before > CUT_DEPTH).mean())
    return Border(share, max(float(np.percentile(before, 95.0)), 0.0) if share else 0.0)
