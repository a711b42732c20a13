# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames rendered in a window, as render jobs of Blender's own: the interface stays alive."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import bpy

from ...core.errors import Cancelled, SecondEyeError
from .. import output, stage
from ..output.frames import is_complete
from ..output.stereo_render import packed_size


def window_steps(
    scene: bpy.types.Scene, folder: Path, first: int, last: int
) -> Iterator[bool | None]:
    """Like ``output.frame_steps``, a step a timer tick; None while a frame is being rendered.

    Raises SecondEyeError where no whole picture came out, Cancelled where the artist stopped
    Blender's render.
    """
    name, size = scene.name, packed_size(scene)
    current, path = scene.frame_current, scene.render.filepath
    view = bpy.context.preferences.view
    display, view.render_display_type = view.render_display_type, "NONE"
    stopped: list[bool] = []

    def on_cancel(*_arguments: object) -> None:
        stopped.append(True)

    bpy.app.handlers.render_cancel.append(on_cancel)
    try:
        for frame in range(first, last + 1):
            file = output.frame_path(folder, frame)
            if is_complete(file, size):
                yield False
                continue
            part = file.with_name(f".{file.stem}.part.png")
            # By name each time: an undo in between gives every datablock a new address.
            scene = _scene(name)
            scene.frame_set(stage.scene_frame(scene, frame))
            scene.render.filepath = str(part)
            try:
                bpy.ops.render.render("INVOKE_DEFAULT", write_still=True, scene=name)
            except RuntimeError as error:
                reason = str(error).strip().splitlines()[0].removeprefix("Error: ")
                raise SecondEyeError(f"{file} can't be rendered: {reason.rstrip('.')}.") from error
            while bpy.app.is_job_running("RENDER"):
                yield None
            _keep(part, file, size, bool(stopped))
            yield True
    finally:
        if on_cancel in bpy.app.handlers.render_cancel:  # loading a file takes handlers away
            bpy.app.handlers.render_cancel.remove(on_cancel)
        view.render_display_type = display
        left: bpy.types.Scene | None = bpy.data.scenes.get(name)
        if left is not None:
            left.render.filepath = path
            left.frame_set(current)


def _scene(name: str) -> bpy.types.Scene:
    scene: bpy.types.Scene | None = bpy.data.scenes.get(name)
    if scene is None:
        raise SecondEyeError(
            f'The scene "{name}" was removed or renamed while it was rendered: '
            "render again, the frames so far are kept."
        )
    return scene


def _keep(part: Path, file: Path, size: tuple[int, int], stopped: bool) -> None:
    """Only a whole picture gets the frame's name."""
    try:
        if is_complete(part, size) and not stopped:
            os.replace(part, file)
            return
        part.unlink(missing_ok=True)
    except OSError as error:
        raise SecondEyeError(
            f"{file} can't be written ({error.strerror}): choose another folder."
        ) from error
    if stopped:
        raise Cancelled("The render was stopped; its frames are kept, render again to go on.")
    raise SecondEyeError(
        f"Blender wrote no whole picture to {part}: check the space left on its disk."
    )
