# SPDX-License-Identifier: GPL-3.0-or-later
"""Convergence and interocular for every frame of a shot, from its depth.

All is reckoned in the gain ``G = b * f/w`` (picture widths of disparity for 1/scene unit) and the
screen ``S = G / C``, since disparity ``G/Z - S`` and so every limit is linear in both. The shot's
near and far ends are first replaced by smooth envelopes that hold every frame's: whatever rig is
right for the envelopes is right for the frames, and smooth as they are. No frame has to be
corrected behind that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import UsageError
from .comfort import CUT_DEPTH
from .envelope import lower, smooth, upper
from .suggest import WIDEST

TOLERANCE = 2e-4  # picture widths that keys may be off: half a pixel in 2,500
STRETCH = 1.5  # how far the budget may be exceeded for a picture that is flat but for little
_UNCUT = CUT_DEPTH - 2 * TOLERANCE  # before the screen, at the picture's edge
_FARTHEST = 0.1  # the screen stays within ten times the farthest distance


@dataclass(frozen=True)
class Depths:
    """Inverse distance 1/Z in 1/scene unit, one value a frame of a shot, float64 (frames,).

    ``near`` and ``far``: the ends that the limits hold for. ``most_near`` and ``most_far``: those
    of most of the picture. ``focus``: what the viewer looks at. ``border``: the nearest that the
    picture's left or right edge cuts. ``subject``: whether ``focus`` was chosen by the artist, so
    that it is to stand at a place of its own. ``share``: what part (0..1) of its depth a frame may
    have, None: all.
    """

    near: np.ndarray
    far: np.ndarray
    most_near: np.ndarray
    most_far: np.ndarray
    focus: np.ndarray
    border: np.ndarray
    subject: bool = False
    share: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.near)


@dataclass(frozen=True)
class Target:
    """What an artist wants. In picture widths: ``budget``, of disparity between near and far;
    ``least``, of disparity over most of the picture, for which the budget may be exceeded by half;
    ``subject_at``, the disparity of the subject (0: on the screen, positive: before it); ``pace``,
    how much any disparity may change in a second by the rig alone. ``in_front``: the share of the
    depth that stands before the screen where there is no subject, 0..1; with ``clear`` less, where
    the picture's edges would cut what stands there. In seconds: ``look``, how far a frame looks
    back and ahead; ``ease``, how long a cut is blended over, 0: not at all."""

    budget: float = 0.02
    in_front: float = 0.25
    subject_at: float = 0.0
    least: float = 0.01
    look: float = 1.0
    pace: float = 0.01
    ease: float = 1.0
    clear: bool = True

    def __post_init__(self) -> None:
        for value, low, high, name in (
            (self.budget, 1e-4, 0.2, "depth budget"),
            (self.in_front, 0.0, 1.0, "share in front"),
            (self.subject_at, -0.1, 0.1, "subject's place"),
            (self.least, 0.0, 0.1, "least span"),
            (self.look, 0.0, 60.0, "smoothness"),
            (self.pace, 1e-5, 1.0, "pace"),
            (self.ease, 0.0, 60.0, "blend over cuts"),
        ):
            if not low <= value <= high:
                raise UsageError(f"The {name} {value:g} is not usable: give {low:g} to {high:g}.")


@dataclass(frozen=True)
class Bounds:
    """The most disparity before the screen, and the most parallax behind it, in picture widths;
    both at least 0, one of them above."""

    front: float
    behind: float

    def __post_init__(self) -> None:
        if not (self.front >= 0 and self.behind >= 0 and self.front + self.behind > 0):
            raise UsageError("These limits leave no depth at all: choose another screen.")


@dataclass(frozen=True)
class Plan:
    """``gain`` G in picture widths times scene units, ``screen`` S in picture widths, (frames,);
    ``floor`` and ``ceiling``: between what the screen may move, (frames,)."""

    gain: np.ndarray
    screen: np.ndarray
    floor: np.ndarray
    ceiling: np.ndarray

    def rig(self, focal_over_width: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Interocular and convergence in scene units, (frames,) each."""
        return self.gain / focal_over_width, self.gain / self.screen

    def moved(self, by: np.ndarray) -> Plan:
        """The screen moved by so many picture widths, as far as the limits let it."""
        screen = np.clip(self.screen + by, self.floor, self.ceiling)
        return Plan(self.gain, screen, self.floor, self.ceiling)


def plan_shot(
    depths: Depths, target: Target, bounds: Bounds, rate: float, focal_over_width: np.ndarray
) -> Plan:
    """The rig of one shot of ``rate`` frames a second, inside ``bounds`` on every frame.
    ``focal_over_width``: of each frame, (frames,).

    Where ``target.look`` isn't smooth enough for ``target.pace``, frames look farther; in the end
    the whole shot has one rig. Raises UsageError for a shot without depth.
    """
    if len(depths) == 0 or not (np.isfinite(depths.near).all() and (depths.far > 0).all()):
        raise UsageError("The shot has no depth: analyse it first.")
    radius = min(round(target.look * rate), len(depths))
    while True:
        plan = _plan(depths, target, bounds, focal_over_width, radius)
        moving = pace_of(plan.gain, plan.screen, depths.near, depths.far)
        if len(depths) < 2 or moving.max() * rate <= target.pace or radius >= 3 * len(depths):
            break
        radius = 1 + 3 * radius // 2
    if len(depths) > 1 and moving.max() * rate > target.pace:
        plan = _still(depths, target, bounds, focal_over_width)
    return plan


def pace_of(gain: np.ndarray, screen: np.ndarray, near: np.ndarray, far: np.ndarray) -> np.ndarray:
    """How far, in picture widths, the rig alone moves anything from each frame to the next,
    (frames - 1,): the larger of what it does to the near and the far end."""
    change, moved = np.diff(gain), np.diff(screen)
    return np.maximum(np.abs(change * near[1:] - moved), np.abs(change * far[1:] - moved))


def _plan(d: Depths, target: Target, bounds: Bounds, focal: np.ndarray, radius: int) -> Plan:
    near, far = upper(d.near, radius), lower(d.far, radius)
    most = np.maximum(lower(d.most_near - d.most_far, radius), 0.0)
    focus = np.clip(smooth(d.focus, radius), far, near)
    depth = np.maximum(near - far, 1e-9 * near)
    at = target.subject_at
    screen_at = focus if d.subject else near - target.in_front * depth  # 1/C, before any limit
    # As much as is wanted, and no more than fits; eyes no wider than the rule of thumb has it.
    wanted = np.maximum(target.budget, np.minimum(
        target.least * depth / np.maximum(most, 1e-12), STRETCH * target.budget
    ))  # fmt: skip
    gain = np.minimum(wanted, bounds.front + bounds.behind) / depth
    if d.subject:  # shallower rather than letting go of the subject, down to half the depth
        before = (bounds.front - at) / np.maximum(near - focus, 1e-9 * near)
        after = (bounds.behind + at) / np.maximum(focus - far, 1e-9 * near)
        gain = np.minimum(gain, np.maximum(np.minimum(before, after), 0.5 * gain))
    gain = np.minimum(gain, WIDEST * focal / screen_at)
    if d.share is not None:
        gain = gain * lower(d.share, radius)
    if target.clear and not d.subject:
        border = np.minimum(upper(d.border, radius), near)
        screen_at = np.maximum(screen_at, border - _UNCUT / np.maximum(gain, 1e-12))
        gain = np.minimum(gain, WIDEST * focal / screen_at)
    floor, ceiling = gain * near - bounds.front, gain * far + bounds.behind
    floor = np.maximum(floor, _FARTHEST * gain * far)
    screen = gain * screen_at - (at if d.subject else 0.0)
    # Rounding may leave the floor a bit above the ceiling where both limits are met.
    floor = np.minimum(floor, ceiling)
    return Plan(gain, np.clip(screen, floor, ceiling), floor, ceiling)


def _still(d: Depths, target: Target, bounds: Bounds, focal: np.ndarray) -> Plan:
    """One rig for the whole shot."""

    def held(value: float) -> np.ndarray:
        return np.full(len(d), value)

    whole = Depths(
        held(d.near.max()),
        held(d.far.min()),
        held(d.most_near.mean()),
        held(d.most_far.mean()),
        held(d.focus.mean()),
        held(d.border.max()),
        d.subject,
        None if d.share is None else held(d.share.min()),
    )
    return _plan(whole, target, bounds, focal, 0)
