# SPDX-License-Identifier: GPL-3.0-or-later
"""A cut without a jump: what the viewer looks at stands at first where it stood before the cut,
then goes to its own place. Only the screen moves; the depth of the shot stays what it is."""

from __future__ import annotations

import numpy as np

from .grading import Depths, Plan, Target, pace_of

_LONGEST = 64  # times what was asked for; slower is no blend any more, but another place


def blended(plan: Plan, depths: Depths, before: float, target: Target, rate: float) -> Plan:
    """``plan`` with its screen eased from where the focus has the disparity ``before`` (picture
    widths, the focus' own in the last frame before the cut) to its own.

    It takes ``target.ease`` seconds, or as long as ``target.pace`` asks for; a shot may end before
    that. Never beyond the limits: where they don't let the focus stand where it stood, it stands as
    near to that as they let it.
    """
    frames = max(1, round(target.ease * rate))
    jump = float(plan.gain[0] * depths.focus[0] - plan.screen[0]) - before
    if target.ease == 0 or jump == 0.0:
        return plan
    at, longest = np.arange(len(depths)), _LONGEST * frames
    while True:
        moved = plan.moved(jump * (1.0 - _eased(at / frames)))
        if len(depths) < 2 or frames >= longest:
            return moved
        moving = pace_of(moved.gain, moved.screen, depths.near, depths.far)
        if moving.max() * rate <= target.pace:
            return moved
        frames += 1 + frames // 4


def _eased(share: np.ndarray) -> np.ndarray:
    """0 to 1 with a slow start and end."""
    t = np.clip(share, 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)
