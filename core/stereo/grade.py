# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth grading of a project: every chosen shot's rig, cut after cut, and the proof of comfort."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import UsageError
from ..project import Manifest, Shot
from .comfort import CUT_SHARE, NEARBY, OUTSIDE, FrameComfort, measure
from .curve_keys import Keys, fewest
from .cut_blend import blended
from .envelope import bridged
from .frame_depth import FrameDepth
from .grading import TOLERANCE, Bounds, Depths, Plan, Target, plan_shot
from .lessen import Lessening
from .rig import StereoRig
from .viewing import Viewing

_FAREST, _MOST_FAR, _MIDDLE, _MOST_NEAR, _NEAREST = 0.5, 5.0, 50.0, 95.0, 99.5
"""Percentages of the picture, as `core.stereo.comfort.ENDS` has them, of 1/Z."""
_ROUNDS = 24


@dataclass(frozen=True)
class Graded:
    """``keys``: of each graded shot's interocular and convergence, by its first frame, frames
    counted from there. ``rigs``: of every frame that was looked at, as the keys show it. ``told``:
    its comfort. ``whole``: names of graded shots that the subject is in no frame of."""

    keys: dict[int, Keys]
    rigs: dict[int, StereoRig]
    told: list[FrameComfort]
    whole: list[str]

    def outside(self, frames: Collection[int] | None = None) -> list[int]:
        """The frames (of ``frames``) that a limit is broken in."""
        broken = [told.frame for told in self.told if told.verdict == OUTSIDE]
        return [n for n in broken if frames is None or n in frames]


def grade(
    manifest: Manifest,
    depths: Mapping[int, FrameDepth],
    viewing: Viewing,
    target: Target,
    *,
    rigs: Mapping[int, StereoRig],
    shots: Sequence[Shot],
    subject: Mapping[int, float] | None = None,
) -> Graded:
    """Interocular and convergence for ``shots``, comfortable at ``viewing`` on every frame.

    ``depths``: of every frame of the project. ``rigs``: today's, whose lens stays, and which the
    other shots keep.
    ``subject``: 1/Z in 1/scene unit of what stands at ``target.subject_at``, of the frames that
    show it; a shot with none is graded by its whole depth.

    Frames stay so far inside of a limit that none is close to it (`comfort.NEARBY`).
    What is judged outside all the same (what moves fast in depth, a cut between depths that no
    screen can join) gets less depth there until it isn't, or until less is of no use. Raises
    UsageError for a subject that no shot shows, and for a shot without depth.
    """
    shots = sorted(shots, key=lambda shot: shot.first)
    found: dict[int, Depths] = {}
    whole: list[str] = []
    for shot in shots:
        found[shot.first] = _depths(shot, depths, subject)
        if subject is not None and not found[shot.first].subject:
            whole.append(shot.name)
    if subject is not None and len(whole) == len(shots):
        raise UsageError(
            "The subject is in no frame of these shots, or behind the camera throughout: choose "
            "another one, or grade by the whole scene."
        )
    limits = viewing.limits
    bounds = Bounds(
        max(-NEARBY * limits.near - 1.1 * TOLERANCE, 0.0),
        max(NEARBY * limits.far - 1.1 * TOLERANCE, 0.0),
    )
    rate = float(manifest.timeline.rate)
    shown = dict(rigs)
    lessening = Lessening(found, rate)
    for left in reversed(range(_ROUNDS)):
        keys = {}
        for shot in manifest.shots:
            if shot.first not in found:
                continue
            frames = range(shot.first, shot.last + 1)
            d, f = found[shot.first], np.array([rigs[n].focal_over_width for n in frames])
            plan = plan_shot(d, target, bounds, rate, f)
            before = _focus_before(shot, depths, shown, found)
            if before is not None:
                plan = blended(plan, d, before, target, rate)
            keys[shot.first] = _keys(plan, d, f)
            b, c = keys[shot.first].at(np.arange(len(d)))
            shown |= {
                n: StereoRig(float(b[i]), float(c[i]), float(f[i])) for i, n in enumerate(frames)
            }
        told = measure(manifest, depths, shown, viewing)
        graded = Graded(keys, shown, told, whole)
        if not left or not lessening.again(told, last=left == 1):
            break
    return graded


def _depths(
    shot: Shot, depths: Mapping[int, FrameDepth], subject: Mapping[int, float] | None
) -> Depths:
    frames = range(shot.first, shot.last + 1)
    percents = (_NEAREST, _FAREST, _MOST_NEAR, _MOST_FAR, _MIDDLE)
    if any(n not in depths for n in frames):
        raise UsageError(f"{shot.name} has no depth: analyse it first.")
    table = np.array([depths[n].percentile(percents) for n in frames], np.float64)
    near, far, most_near, most_far, middle = table.T
    focus = None
    if subject is not None:
        focus = bridged(np.array([subject.get(n, np.nan) for n in frames], np.float64))
    chosen = focus is not None
    # As many bands as count for a cut: the nearest of all the others must be clear.
    edge = 100.0 * (1.0 - CUT_SHARE)
    border = [
        max(float(np.percentile(side, edge, method="higher")) for side in (d.left, d.right))
        for d in map(depths.__getitem__, frames)
    ]
    return Depths(
        near,
        far,
        most_near,
        most_far,
        middle if focus is None else focus,
        np.array(border, np.float64),
        chosen,
        np.ones(len(near)),
    )


def _focus_before(
    shot: Shot,
    depths: Mapping[int, FrameDepth],
    rigs: Mapping[int, StereoRig],
    found: Mapping[int, Depths],
) -> float | None:
    """The disparity, in the frame before ``shot``, of what the viewer looks at there."""
    n = shot.first - 1
    if n not in rigs or n not in depths:
        return None
    before = next((d for first, d in found.items() if first + len(d) == shot.first), None)
    inverse = float(depths[n].percentile(_MIDDLE)) if before is None else float(before.focus[-1])
    return float(rigs[n].disparity(inverse))


def _keys(plan: Plan, d: Depths, focal: np.ndarray) -> Keys:
    b, c = plan.rig(focal)

    def off(shown: np.ndarray) -> np.ndarray:
        """Picture widths by which the shown rig puts the near or the far end elsewhere."""
        gain = shown[0] * focal
        usable = (shown[0] >= 0.0) & (shown[1] > 0.0)
        screen = gain / np.where(usable, shown[1], 1.0)
        change, moved = gain - plan.gain, screen - plan.screen
        error = np.maximum(np.abs(change * d.near - moved), np.abs(change * d.far - moved))
        return np.where(usable, error, np.inf)

    return fewest(np.stack([b, c]), off, TOLERANCE)
