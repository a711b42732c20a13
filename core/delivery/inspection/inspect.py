# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at a movie from both sides: its boxes, and what FFmpeg makes of it."""

from __future__ import annotations

from pathlib import Path

import av

from ...errors import SecondEyeError
from ...media.container import error_words
from ..boxes import looks_like_boxes
from ..remux import main_video, opened
from . import stream as streams
from .container import Contents, read_contents
from .mastering import mastering_of
from .report import Inspection


def inspect_movie(path: Path) -> Inspection:
    """Everything that headers and the first packets tell.

    No picture is decoded, but for the first one where PQ is told and its mastering isn't.

    Raises SecondEyeError in one sentence for whatever is no whole movie.
    """
    try:
        size = path.stat().st_size
        contents = read_contents(path) if path.is_file() and looks_like_boxes(path) else Contents()
    except OSError as error:
        raise SecondEyeError(f"{path} can't be read ({error_words(error)}).") from error
    if not path.is_file():
        raise SecondEyeError(f"{path} is no file: give a movie.")
    try:
        return _inspected(path, size, contents)
    except (av.FFmpegError, ValueError, OverflowError, MemoryError) as error:
        raise SecondEyeError(f"{path} is damaged ({error_words(error)}).") from error


def _inspected(path: Path, size: int, contents: Contents) -> Inspection:
    with opened(path) as container:
        video = main_video(container, path)
        context = video.codec_context
        frames, seconds = streams.frames_and_seconds(container, video)
        codec, profile = streams.codec_of(video)
        sent = streams.sent_by(container, video)
        found = Inspection(
            path=str(path),
            container=container.format.name,
            size=size,
            codec=codec,
            profile=profile,
            width=context.width,
            height=context.height,
            bit_depth=streams.bit_depth(context),
            pixel_format=context.pix_fmt or "",
            layers=sent.layers,
            rate=streams.rate_of(video),
            frames=frames,
            seconds=seconds,
            colour=streams.colour_words(context),
            hdr=contents.hdr or sent.hdr or mastering_of(container, video),
            sample_entry=contents.sample_entry,
            has_second_configuration=contents.second_configuration is not None,
            spatial=contents.spatial,
            frame_packing=sent.frame_packing,
            left_view=sent.left_view,
            stereo_mode=video.metadata.get("stereo_mode"),
            faststart=contents.faststart,
            sound=streams.sound_of(container),
            boxes=contents.lines,
            notes=list(contents.notes),
        )
    found.notes += _notes(found)
    return found


def _notes(found: Inspection) -> list[str]:
    notes = []
    if found.sample_entry and found.layers > 1 and not found.has_second_configuration:
        notes.append("There are two layers, but no lhvC box: Apple's players show one eye.")
    if found.layers > 1 and found.spatial.views is None and found.sample_entry:
        notes.append("There are two layers, but no vexu box: Apple's players show one eye.")
    if found.layers == 1 and found.has_second_configuration:
        notes.append("There is an lhvC box, but the stream has one layer.")
    if found.faststart is False:
        notes.append("moov stands behind the pictures: it must be loaded whole before it plays.")
    packed = found.spatial.spatial.layout
    if packed == "multiview" and found.layers == 1:
        notes.append("vexu speaks of two views, but neither layers nor packing hold them.")
    return notes
