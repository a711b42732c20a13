# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures rendered in a window, as render jobs of Blender's own: the interface stays alive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy

from ...core.errors import Cancelled
from ..output.frames import Render


@contextmanager
def in_window() -> Iterator[Render]:
    """Gives what `picture_steps` renders with: it yields while Blender's job runs, and raises
    Cancelled where the artist stopped it."""
    view = bpy.context.preferences.view
    display, view.render_display_type = view.render_display_type, "NONE"
    stopped: list[bool] = []

    def on_cancel(*_arguments: object) -> None:
        stopped.append(True)

    def render(name: str) -> Iterator[None]:
        bpy.ops.render.render("INVOKE_DEFAULT", write_still=True, scene=name)
        while bpy.app.is_job_running("RENDER"):
            yield None
        if stopped:
            raise Cancelled("The render was stopped; its frames are kept, render again to go on.")

    bpy.app.handlers.render_cancel.append(on_cancel)
    try:
        yield render
    finally:
        if on_cancel in bpy.app.handlers.render_cancel:  # loading a file takes handlers away
            bpy.app.handlers.render_cancel.remove(on_cancel)
        view.render_display_type = display
