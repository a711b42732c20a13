# SPDX-License-Identifier: GPL-3.0-or-later
"""Lens, distance and sampling pattern: numpy only, so that Blender's process may load it."""

from .distance import END, HORIZON, inverse_distance
from .lens import Lens
from .pattern import Pattern, grid_pattern

__all__ = ["END", "HORIZON", "Lens", "Pattern", "grid_pattern", "inverse_distance"]
