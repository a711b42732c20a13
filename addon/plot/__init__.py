# SPDX-License-Identifier: GPL-3.0-or-later
"""Diagrams drawn with numpy alone.

read_flicker(project folder) -> Flicker | None; draw(flicker, shots, offset) -> Canvas
"""

from .canvas import Canvas
from .flicker import NAME, Flicker, draw, read_flicker

__all__ = ["NAME", "Canvas", "Flicker", "draw", "read_flicker"]
