# SPDX-License-Identifier: GPL-3.0-or-later
"""The rig that a whole shot begins with: `suggest_rig` over all its frames, kept inside limits and
behind the window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import UsageError
from .comfort import CUT_DEPTH, CUT_SHARE, ENDS, NEARBY
from .frame_depth import FrameDepth
from .rig import StereoRig
from .suggest import NEAREST, WIDEST, suggest_rig
from .viewing import Limits

_POOLED = np.arange(0.5, 100.0)
"""Percentages of a frame that stand for it: each as many pixels as the others."""


def suggest_shot_rig(
    depths: Sequence[FrameDepth],
    focal_over_width: float,
    budget: float = 0.02,
    limits: Limits | None = None,
) -> StereoRig:
    """One StereoRig for a shot, of the depth of its frames.

    ``budget``: parallax of the whole depth of all frames together, in picture widths
    (`suggest_rig`). Then the screen comes nearer, up to what is nearest, until nothing much is cut
    by the picture's left and right edge before it; and with ``limits`` eyes and screen are set so
    that no frame comes close to one, which goes before everything else.

    Raises UsageError as `suggest_rig` does.
    """
    if not depths:
        raise UsageError("No rig can be suggested: the shot holds no frames.")
    samples = np.concatenate([depth.percentile(_POOLED) for depth in depths])
    rig = suggest_rig(samples, focal_over_width, budget)
    gain = rig.interocular * focal_over_width
    screen = 1.0 / rig.convergence
    if gain > 0.0:
        borders = [side for depth in depths for side in (depth.left, depth.right)]
        cut = max(float(np.percentile(side, 100.0 * (1.0 - CUT_SHARE))) for side in borders)
        screen = max(screen, min(cut - CUT_DEPTH / gain, float(np.percentile(samples, NEAREST))))
    far, near = (
        end(float(depth.percentile(percent)) for depth in depths)
        for end, percent in ((min, ENDS[0]), (max, ENDS[-1]))
    )
    if limits is not None and near > far:
        before, behind = -NEARBY * limits.near, NEARBY * limits.far
        gain = min(gain, (before + behind) / (near - far))
        screen = min(max(screen, near - before / gain), far + behind / gain)
    interocular = min(gain / focal_over_width, WIDEST / screen)
    return StereoRig(interocular, 1.0 / screen, focal_over_width)
