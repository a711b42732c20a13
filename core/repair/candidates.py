# SPDX-License-Identifier: GPL-3.0-or-later
"""Candidates brought to another scale, to another size, and between two."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from .alignment import UNCHANGED, Fit
from .flow import resized
from .frame import Candidate


def halfway(one: Candidate, other: Candidate, part: float) -> Candidate:
    """``one`` at ``part`` 0, ``other`` at 1."""
    if part == 1.0:
        return other
    depth = cv2.addWeighted(one.inverse_depth, 1.0 - part, other.inverse_depth, part, 0.0)
    return replace(
        other,
        inverse_depth=depth,
        variance=cv2.addWeighted(one.variance, 1.0 - part, other.variance, part, 0.0),
    )


def brought(candidate: Candidate, aligned: Fit, grown: np.float32) -> Candidate:
    if aligned is UNCHANGED and grown == 1.0:
        return candidate
    depth = aligned.apply(candidate.inverse_depth)
    return replace(candidate, inverse_depth=depth, variance=candidate.variance * grown)


def smaller(candidate: Candidate, size: tuple[int, ...]) -> Candidate:
    """At ``size``; precision is averaged, as infinite variances can't be."""
    with np.errstate(divide="ignore"):
        spread = 1.0 / resized(1.0 / candidate.variance, size)
    depth = resized(candidate.inverse_depth, size)
    return Candidate(candidate.name, depth, spread)
