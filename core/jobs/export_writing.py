# SPDX-License-Identifier: GPL-3.0-or-later
"""The writers of an export, and whether they can write what is asked for, before hours of work."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import SecondEyeError, UsageError
from ..media.join import Sound
from .export_video import GOP, Video

if TYPE_CHECKING:
    from ..media import MovieWriter


_MOVIES = (".mp4", ".m4v", ".mov", ".mkv", ".webm")


def writer(path: Path, video: Video, size: tuple[int, int], rate: Fraction) -> MovieWriter:
    """For a part of a movie."""
    from ..delivery.hevc import FIXED_GOP
    from ..media import MovieWriter

    return MovieWriter(
        path,
        *size,
        rate,
        codec=video.codec,
        crf=video.crf,
        preset=video.speed,
        bit_rate=video.bit_rate,
        fixed_gop=FIXED_GOP.format(GOP) if video.format == "mv-hevc" else None,
        bits=video.bits,
        colour=video.colour,
    )


def named_output(name: str) -> Path:
    """The movie's file, found now to be writable, not after hours of analysis. Raises
    SecondEyeError."""
    output = Path(name).expanduser()
    if output.is_dir():
        raise UsageError(f"{output} is a folder: give the movie a name such as movie.mp4.")
    if output.suffix.lower() not in _MOVIES:
        raise UsageError(
            f"{output} has no extension of a movie that can tell of two eyes: use .mp4, .mov or"
            " .mkv."
        )
    if not output.parent.is_dir():
        raise SecondEyeError(f"{output.parent} is no folder: make it, or choose another.")
    if not os.access(output.parent, os.W_OK):
        raise SecondEyeError(f"{output.parent} can't be written: choose another folder.")
    return output


def check_container(output: Path, video: Video) -> None:
    """Raise UsageError for a container that can't hold what the format's tags say."""
    from ..delivery.remux import BOXED

    if video.format in ("mv-hevc", "vr180") and output.suffix.lower() not in BOXED:
        raise UsageError(f"{output.name} can't hold {video.format}: name it .mp4 or .mov.")


def check_writing(
    output: Path, video: Video, size: tuple[int, int], rate: Fraction, sound: Sound | None
) -> None:
    """Write a black frame with the sound and remove it: raises now what else comes after hours."""
    from ..media import MovieWriter

    for name in video.outputs(output):
        MovieWriter(
            name,
            *size,
            rate,
            audio_from=None if sound is None else sound.source,
            audio_start=0 if sound is None else sound.start,
            audio_origin=None if sound is None else sound.origin,
            codec=video.codec,
            crf=video.crf,
            preset="ultrafast" if video.codec.startswith("libx26") else video.speed,
            bit_rate=video.bit_rate,
            bits=video.bits,
            colour=video.colour,
        ).check()
