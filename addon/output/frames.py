# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames rendered one by one into a folder, so that a stopped render goes on where it stopped."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import bpy

from ...core.errors import SecondEyeError
from ..stage import scene_frame, timeline_frame
from .picture import Picture
from .stereo_render import packed_size

Render = Callable[[str], Iterator[None]]
"""Renders the scene of that name to its file path; yields while it is still at it."""


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
        rendered, kept = rendered + bool(new), kept + (not new)
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
) -> Iterator[bool | None]:
    """The same as the scene is set, one frame per step: True where it was rendered, False where it
    was there. Closing the iterator puts the scene back."""
    picture = Picture(packed_size(scene))
    yield from picture_steps(scene, Path(folder), _range(scene, first, last), [picture], render_now)


def picture_steps(
    scene: bpy.types.Scene,
    folder: Path,
    frames: Iterable[int],
    pictures: Sequence[Picture],
    render: Render,
) -> Iterator[bool | None]:
    """A step a picture of each timeline frame, in order: True where it was rendered, False where it
    was there, None while ``render`` is at it. Closing the iterator puts the scene's frame and file
    path back; what ``pictures`` set beside them is the caller's to put back.

    Raises SecondEyeError where a picture can't be rendered or written; Cancelled from ``render``.
    """
    name = scene.name
    current, path = scene.frame_current, scene.render.filepath
    make_folders(folder, pictures)
    try:
        for frame in frames:
            for picture in pictures:
                if picture.is_there(folder, frame):
                    yield False
                    continue
                yield from _rendered(name, folder, frame, picture, render)
                yield True
    finally:
        left: bpy.types.Scene | None = bpy.data.scenes.get(name)
        if left is not None:
            left.render.filepath = path
            left.frame_set(current)


def make_folders(folder: Path, pictures: Sequence[Picture]) -> None:
    """Make the folders of ``pictures``, and clear away what a killed render left half written.
    Raises SecondEyeError."""
    try:
        for below in {picture.below for picture in pictures}:
            (folder / below).mkdir(parents=True, exist_ok=True)
            for left in (folder / below).glob(".*.part*"):
                left.unlink()
    except OSError as error:
        raise SecondEyeError(
            f"{folder} can't be written ({error.strerror}): choose another folder."
        ) from error


def render_now(name: str) -> Iterator[None]:
    """A render that blocks until it is done, for background."""
    bpy.ops.render.render(write_still=True, scene=name)
    yield from ()


def scene_named(name: str) -> bpy.types.Scene:
    """The scene, found anew: an undo gives data-blocks new addresses. Raises SecondEyeError."""
    scene: bpy.types.Scene | None = bpy.data.scenes.get(name)
    if scene is None:
        raise SecondEyeError(
            f'The scene "{name}" was removed or renamed while it was rendered: '
            "render again, the frames so far are kept."
        )
    return scene


def _range(scene: bpy.types.Scene, first: int | None, last: int | None) -> range:
    first = timeline_frame(scene, scene.frame_start) if first is None else first
    last = timeline_frame(scene, scene.frame_end) if last is None else last
    return range(first, last + 1)


def _rendered(
    name: str, folder: Path, frame: int, picture: Picture, render: Render
) -> Iterator[None]:
    """Blender writes under a name of its own; only a whole picture gets the frame's name."""
    file = picture.files(folder, frame)[0]
    scene = scene_named(name)
    scene.frame_set(scene_frame(scene, frame))
    if picture.prepare is not None:
        picture.prepare(scene)
    scene.render.filepath = str(picture.part(folder, frame))
    try:
        yield from render(name)
        torn = picture.keep(folder, frame)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[0].removeprefix("Error: ")
        raise SecondEyeError(f"{file} can't be rendered: {reason.rstrip('.')}.") from error
    except OSError as error:
        raise SecondEyeError(
            f"{file} can't be written ({error.strerror}): choose another folder."
        ) from error
    finally:
        picture.drop_parts(folder, frame)
    if torn is not None:
        raise SecondEyeError(
            f"Blender wrote no whole picture to {torn}: check the space left on its disk."
        )
