# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the subject of a depth grade is, from what its pictures say."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..project import Manifest
from ..project.statistics import LEVELS, FrameTable
from .frame_depth import Range, frame_depth

Subject = dict[int, tuple[float, bool]]
"""By frame: the subject's depth as `core.project.statistics` keeps it, and whether that is edited
normalised inverse depth rather than V as stored. Frames that don't show it are missing."""


def distances(
    manifest: Manifest, subject: Subject, shown: Mapping[int, Range] | None = None
) -> dict[int, float]:
    """1/Z in 1/scene unit of each frame that shows the subject. ``shown``: near, far, strength,
    bias and contrast of every frame, in place of the project's own."""
    found = {}
    for frame, (value, edited) in subject.items():
        level = np.full(len(LEVELS), value)
        table = FrameTable("edited" if edited else "", level, level, level)
        ranges = None if shown is None else shown[frame]
        found[frame] = float(frame_depth(manifest, frame, table, ranges).levels[0])
    return found
