# SPDX-License-Identifier: GPL-3.0-or-later
"""The first draws of the overlay, a shader a redraw: made at once they would hold the window up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import bpy

_DRAWN = 2
_warmth: dict[str, int] = {}
"""How far each of Blender's own shaders is: made, then drawn with once, which compiles it."""


def draw(parts: Sequence[tuple[str, Callable[[], None]]]) -> None:
    """Draw each part, (name of its shader, what draws it), in order; of shaders that were never
    used only one takes one step, and a redraw is asked for."""
    import gpu

    for name, part in parts:
        warmth = _warmth.get(name, 0)
        if warmth == 0:
            gpu.shader.from_builtin(name)
        else:
            part()
        if warmth < _DRAWN:
            _warmth[name] = warmth + 1
            if not bpy.app.timers.is_registered(redraw):
                bpy.app.timers.register(redraw, first_interval=0.0)
            return


def redraw() -> None:
    """Have every 3D View drawn again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


def forget() -> None:
    """Take the timer away."""
    if bpy.app.timers.is_registered(redraw):
        bpy.app.timers.unregister(redraw)
