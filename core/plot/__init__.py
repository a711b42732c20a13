# SPDX-License-Identifier: GPL-3.0-or-later
"""Diagrams along a timeline, drawn with numpy alone: Blender's process loads this too.

flicker.read_flicker(project folder) -> Flicker | None; flicker.draw(flicker, shots, offset)
comfort.draw(told, viewing, shots, offset) -> Canvas
"""

from .canvas import Canvas

__all__ = ["Canvas"]
