# SPDX-License-Identifier: GPL-3.0-or-later
"""MV-HEVC movies: two encodes stitched into one two-view MP4 or MOV, without a macOS tool.

Experimental: both views are checked by decoding with FFmpeg, no headset has played the files.
8-bit 4:2:0 only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from av.packet import Packet

from ..errors import SecondEyeError, UsageError
from .boxes import Node, rewrite
from .coded import CodedMovie
from .entry import set_configurations, set_spatial, video_entries
from .hevc.config import hvcc, lhvc
from .hevc.errors import BitstreamError, UnlikeError
from .hevc.stitch import Stitcher
from .remux import BOXED, opened, remux, unfinished
from .spatial import Spatial, spatial_boxes


def stitch_movies(
    left: Path,
    right: Path,
    output: Path,
    told: Spatial | None = None,
    *,
    faststart: bool = True,
    progress: Callable[[int], None] = lambda pictures: None,
    stop: Callable[[], None] = lambda: None,
    check: Callable[[Path, int], None] = lambda whole, pictures: None,
) -> int:
    """Write ``output`` from two HEVC movies, one an eye, and return the number of pictures.

    Both were encoded in 8 bits with the same settings and `FIXED_GOP`. Times, sound, chapters and
    metadata are the left movie's. ``told``: what the boxes say (its layout is always multiview).
    ``progress`` is told the pictures done, ``stop`` is called before each and may raise. ``check``
    is given the whole file and its pictures before it gets its name, and may raise. Memory doesn't
    grow with the length, but for the container's tables. The file appears whole under its name or
    not at all. Raises UnlikeError, SecondEyeError, UsageError.
    """
    check_suffix(output)
    if output.exists() and any(output.samefile(eye) for eye in (left, right) if eye.exists()):
        raise UsageError(f"{output} is one of the eyes: give the movie another name.")
    spatial = replace(told or Spatial(), layout="multiview").check()
    with opened(left) as left_file, opened(right) as right_file:
        ours, theirs = CodedMovie(left, left_file), CodedMovie(right, right_file)
        try:
            stitcher = Stitcher(ours.view, theirs.view)
        except BitstreamError as error:
            raise _failed(ours, theirs, error) from error
        _check_counts(ours, theirs)
        others = theirs.packets()
        done = 0

        def join(packet: Packet) -> Packet:
            nonlocal done
            other = next(others, None)
            if other is None:
                raise _lengths(ours, theirs, done)
            try:
                units = stitcher.join(ours.units(packet), theirs.units(other))
            except BitstreamError as error:
                raise _failed(ours, theirs, error) from error
            done += 1
            return ours.packet(packet, units)

        with unfinished(output) as (muxed, final):
            remux(left, muxed, join, progress=progress, stop=stop)
            if next(others, None) is not None:
                raise _lengths(theirs, ours, done)
            base = hvcc(ours.view.main_sps(), [*stitcher.base_sets, stitcher.reference])
            second = lhvc(theirs.view.main_sps(), stitcher.second_sets)
            describe = described(output, base, second, spatial)
            rewrite(muxed, final, describe, faststart=faststart, stop=stop)
            check(final, done)
    return done


def check_suffix(output: Path) -> None:
    """Raises UsageError for a container that can't hold two views."""
    if output.suffix.lower() not in BOXED:
        raise UsageError(f"{output.name} can't hold MV-HEVC: name it .mp4 or .mov.")


def described(output: Path, base: bytes, second: bytes, told: Spatial) -> Callable[[Node], None]:
    """A change for `rewrite`: the sample entry gets its configurations and tags."""

    def change(moov: Node) -> None:
        for entry in video_entries(moov, str(output)):
            set_configurations(entry, base, second)
            set_spatial(entry, spatial_boxes(told))

    return change


def _failed(ours: CodedMovie, theirs: CodedMovie, error: BitstreamError) -> SecondEyeError:
    return SecondEyeError(f"{ours.path} and {theirs.path} can't be stitched: {error}.")


def _check_counts(ours: CodedMovie, theirs: CodedMovie) -> None:
    """As the containers tell: in a GOP that is cut short, pictures seem to be in another order."""
    left, right = ours.stream.frames, theirs.stream.frames
    if left and right and left != right:
        longer, shorter = (ours, theirs) if left > right else (theirs, ours)
        raise _lengths(longer, shorter, min(left, right))


def _lengths(longer: CodedMovie, shorter: CodedMovie, count: int) -> UnlikeError:
    return UnlikeError(
        f"{longer.path.name} has more pictures than {shorter.path.name}, which ends after"
        f" {count}: encode both eyes from the same frames."
    )
