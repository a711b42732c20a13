# SPDX-License-Identifier: GPL-3.0-or-later
"""Lens, distance and sampling pattern: numpy only, so that Blender's process may load it."""

from .curve import MOST_BENT, bend
from .distance import END, HORIZON, inverse_distance
from .lens import Lens
from .levels import (
    Level,
    Misfit,
    ShotPattern,
    choose,
    choose_pair,
    disparity_gain,
)
from .pattern import Pattern, grid_pattern

__all__ = [
    "END",
    "HORIZON",
    "MOST_BENT",
    "Lens",
    "Level",
    "Misfit",
    "Pattern",
    "ShotPattern",
    "bend",
    "choose",
    "choose_pair",
    "disparity_gain",
    "grid_pattern",
    "inverse_distance",
]
