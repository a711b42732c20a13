# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames rendered one by one into a folder, so that a stopped render goes on where it stopped."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import bpy

from ...core.errors import SecondEyeError
from ..stage import scene_frame, timeline_frame
from .stereo_render import packed_size

_PNG_END = b"IEND\xaeB\x60\x82"


@dataclass(frozen=True)
class RenderedFrames:
    """What a call did: numbers of frames rendered now, and kept from before."""

    folder: Path
    rendered: int
    kept: int


def frame_path(folder: str | os.PathLike[str], frame: int) -> Path:
    """The file of timeline frame ``frame``."""
    return Path(folder) / f"{frame:06d}.png"


def render_frames(
    scene: bpy.types.Scene,
    folder: str | os.PathLike[str],
    first: int | None = None,
    last: int | None = None,
    *,
    report: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> RenderedFrames:
    """Render timeline frames ``first``..``last`` (default: the scene's range) into ``folder``.

    A frame whose file stands complete is kept. ``report(done, total)`` follows every frame;
    ``cancelled()`` is asked before every frame and ends the call early, without an error.
    Raises SecondEyeError where a frame can't be rendered or written.
    """
    total = len(_range(scene, first, last))
    rendered = kept = 0
    for new in frame_steps(scene, folder, first, last):
        rendered, kept = rendered + new, kept + (not new)
        if report is not None:
            report(rendered + kept, total)
        if cancelled is not None and cancelled():
            break
    return RenderedFrames(Path(folder), rendered, kept)


def frame_steps(
    scene: bpy.types.Scene,
    folder: str | os.PathLike[str],
    first: int | None = None,
    last: int | None = None,
) -> Iterator[bool]:
    """The same, one frame per step: True where it was rendered, False where it was there.

    A modal operator takes a step per timer tick; closing the iterator puts the scene back.
    """
    folder = Path(folder)
    frames = _range(scene, first, last)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(".*.part.png"):
            left.unlink()
    except OSError as error:
        raise SecondEyeError(
            f"{folder} can't be written ({error.strerror}): choose another folder."
        ) from error
    size = packed_size(scene)
    current, path = scene.frame_current, scene.render.filepath
    try:
        for frame in frames:
            file = frame_path(folder, frame)
            if is_complete(file, size):
                yield False
                continue
            _render(scene, scene_frame(scene, frame), file, size)
            yield True
    finally:
        scene.render.filepath = path
        scene.frame_set(current)


def is_complete(file: Path, size: tuple[int, int]) -> bool:
    """Whether a whole PNG of this size stands there."""
    try:
        with open(file, "rb") as stream:
            head = stream.read(24)
            stream.seek(-len(_PNG_END), os.SEEK_END)
            return stream.read() == _PNG_END and struct.unpack(">II", head[16:24]) == size
    except (OSError, struct.error):
        return False


def _range(scene: bpy.types.Scene, first: int | None, last: int | None) -> range:
    first = timeline_frame(scene, scene.frame_start) if first is None else first
    last = timeline_frame(scene, scene.frame_end) if last is None else last
    return range(first, last + 1)


def _render(scene: bpy.types.Scene, at: int, file: Path, size: tuple[int, int]) -> None:
    """Blender writes under a name of its own; only a whole picture gets the frame's name."""
    part = file.with_name(f".{file.stem}.part.png")
    scene.frame_set(at)
    scene.render.filepath = str(part)
    try:
        bpy.ops.render.render(write_still=True, scene=scene.name)
        if not is_complete(part, size):
            raise SecondEyeError(
                f"Blender wrote no whole picture to {part}: check the space left on its disk."
            )
        os.replace(part, file)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[0].removeprefix("Error: ")
        raise SecondEyeError(f"{file} can't be rendered: {reason.rstrip('.')}.") from error
    except OSError as error:
        raise SecondEyeError(
            f"{file} can't be written ({error.strerror}): choose another folder."
        ) from error
    finally:
        part.unlink(missing_ok=True)
