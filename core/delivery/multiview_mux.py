# SPDX-License-Identifier: GPL-3.0-or-later
"""A two-view HEVC stream of another encoder (x265's multiview, NVENC) into MP4 or MOV."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from av.packet import Packet

from ..errors import SecondEyeError, UsageError
from .boxes import rewrite
from .coded import CodedMovie
from .hevc.config import hvcc, lhvc
from .hevc.errors import BitstreamError
from .hevc.nal import PPS, SPS, VPS, Nal
from .multiview import check_suffix, described
from .picture_order import PictureOrder
from .remux import opened, remux, unfinished
from .spatial import Spatial

_SETS = (VPS, SPS, PPS)


def mux_multiview(
    source: Path,
    output: Path,
    told: Spatial | None = None,
    *,
    rate: Fraction | None = None,
    sound: Path | None = None,
    faststart: bool = True,
    progress: Callable[[int], None] = lambda pictures: None,
    stop: Callable[[], None] = lambda: None,
    check: Callable[[Path, int], None] = lambda whole, pictures: None,
) -> int:
    """Write ``output`` from a stream that has both views in it, and return the pictures.

    ``source``: a raw .hevc or .265 file, or a container without an lhvC box. A raw stream has no
    clock: ``rate`` in frames a second, else what its headers say; pictures are shown in the order
    of their counts. ``sound``: a file whose sound is copied. Everything else as `stitch_movies`.
    """
    check_suffix(output)
    spatial = replace(told or Spatial(), layout="multiview").check()
    with opened(source) as container:  # closed before the output, which may be the source
        movie = CodedMovie(source, container)
        try:
            second, raw = _scan(movie, stop)
            times = None if raw is None else raw.times()
        except BitstreamError as error:
            raise movie.failed(error) from error
    clock = None if times is None else _rate(movie, rate)
    done = 0

    def change(packet: Packet) -> Packet:
        nonlocal done
        try:
            units = [unit for unit in movie.units(packet) if unit.type not in _SETS]
        except BitstreamError as error:
            raise movie.failed(error) from error
        new = movie.packet(packet, units)
        if times is not None and clock is not None:
            new.time_base = 1 / clock
            new.pts, new.dts = times[done]
            new.duration = 1
            new.is_keyframe = any(unit.is_irap and unit.layer == 0 for unit in units)
        done += 1
        return new

    view = movie.view
    base = hvcc(view.main_sps(), [unit for same in view.units.values() for unit in same])
    layer = lhvc(view.main_sps(), second)
    with unfinished(output) as (muxed, final):
        remux(source, muxed, change, rate=clock, sound=sound, progress=progress, stop=stop)
        describe = described(output, base, layer, spatial)
        rewrite(muxed, final, describe, faststart=faststart, stop=stop)
        check(final, done)
    return done


def _scan(movie: CodedMovie, stop: Callable[[], None]) -> tuple[list[Nal], PictureOrder | None]:
    """Layer 1's parameter sets, and the order of a raw stream's pictures.

    Raises BitstreamError, SecondEyeError where there are no two views.
    """
    view, second = movie.view, list(movie.second_sets)
    if view.vps is None or view.vps.layers != 2 or not view.vps.multiview:
        layers = 1 if view.vps is None else view.vps.layers
        raise SecondEyeError(
            f"{movie.path} has no two views in layers ({layers} found): stitch two encodes"
            " (second-eye stitch LEFT RIGHT), or name the packing with --layout."
        )
    depth = max(view.main_sps().depth)
    if depth != 8:
        raise SecondEyeError(f"{movie.path} has {depth} bits: MV-HEVC is written in 8 bits only.")
    order = PictureOrder(view)
    timeless = False
    for packet in movie.packets():
        stop()
        units = movie.units(packet)
        timeless |= packet.pts is None
        for unit in units:
            known = any(unit.data == other.data for other in second)
            if unit.type in (SPS, PPS) and unit.layer == 1 and not known:
                second.append(unit)
        order.add(view.take(units))
    if not second:
        raise SecondEyeError(
            f"{movie.path} lacks the second view's parameter sets: give the encoder's raw stream."
        )
    return second, order if timeless else None


def _rate(movie: CodedMovie, asked: Fraction | None) -> Fraction:
    """Frames a second. Raises UsageError where no one tells."""
    if asked is not None:
        return asked
    view = movie.view
    timing = view.main_sps().vui.timing or (view.vps.timing if view.vps else None)
    if timing is None or not timing[0] or not timing[1]:
        raise UsageError(f"{movie.path.name} doesn't tell its rate: give one (--rate 24000/1001).")
    return Fraction(timing[1], timing[0])
