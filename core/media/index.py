# SPDX-License-Identifier: GPL-3.0-or-later
"""The packet index of a movie: which pictures it holds, and where decoding can begin."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from ..errors import SecondEyeError
from .container import DECODE_THREADS, decoded, opened, packets_of
from .damage import ends_early
from .entry import is_exact_entry


@dataclass(frozen=True)
class PacketIndex:
    """``pts``: times of the pictures, increasing. ``entries``: times of the key packets from
    which decoding gives what decoding from the start gives. ``last_duration`` in ticks or None.
    ``ordinal``: the container's times are unusable, so pictures are counted as they come out.
    ``damaged``: data are missing; ``lost``: how many promised pictures that are (0: unknown);
    ``corrupt``: times of the packets that were cut.
    """

    pts: tuple[int, ...]
    entries: tuple[int, ...]
    last_duration: int | None
    ordinal: bool = False
    damaged: bool = False
    lost: int = 0
    corrupt: frozenset[int | None] = frozenset()

    def entry_before(self, pts: int) -> int | None:
        """The latest entry at or before ``pts``; None: only the start will do."""
        i = bisect_right(self.entries, pts)
        return self.entries[i - 1] if i else None


@dataclass
class _Reading:
    """What one reading of all packets told."""

    found: int = 0
    discarded: int = 0
    pts: list[int] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    corrupt: set[int | None] = field(default_factory=set)
    last_read: int | None = None
    last_duration: int | None = None
    ordinal: bool = False


def index_movie(path: Path) -> PacketIndex:
    """Index a movie by reading its packets once; nothing is decoded unless data are missing.

    Raises SecondEyeError where no picture is found.
    """
    with opened(path, threads=1) as (container, stream):
        reading = _read(container, stream)
        promised = stream.frames
        expected = promised or _expected(container, stream)
    damaged = bool(reading.corrupt) or reading.found < promised
    if not damaged and ends_early(path):
        damaged = True
        reading.corrupt.add(reading.last_read)
    if reading.ordinal or damaged:
        return _index_by_decoding(path, reading, damaged, expected - reading.discarded)
    if not reading.pts:
        raise SecondEyeError(f"{path} holds no pictures: give a file with video.")
    return PacketIndex(
        pts=tuple(sorted(set(reading.pts))),
        entries=tuple(sorted(set(reading.entries))),
        last_duration=reading.last_duration,
    )


def _read(container: InputContainer, stream: VideoStream) -> _Reading:
    reading = _Reading()
    latest: int | None = None
    previous_dts: int | None = None
    for packet in packets_of(container, stream):
        reading.found += 1
        reading.last_read = packet.pts
        if packet.is_corrupt:
            reading.corrupt.add(packet.pts)
        if packet.dts is not None:
            # Times that jump back: joined recordings, whose pictures can't be sorted by time.
            reading.ordinal |= previous_dts is not None and packet.dts < previous_dts
            previous_dts = packet.dts
        if packet.pts is None:
            reading.ordinal = True
            continue
        if packet.is_keyframe and is_exact_entry(stream.codec_context, packet):
            reading.entries.append(packet.pts)
        if packet.is_discard:  # cut away by an edit list, but needed for decoding
            reading.discarded += 1
            continue
        reading.pts.append(packet.pts)
        if latest is None or packet.pts > latest:
            latest = packet.pts
            reading.last_duration = packet.duration
    return reading


def _expected(container: InputContainer, stream: VideoStream) -> int:
    """How many pictures the header's duration stands for; 0 where it says nothing."""
    seconds = Fraction(0)
    if stream.duration and stream.time_base:
        seconds = stream.duration * stream.time_base
    elif container.duration:
        seconds = Fraction(container.duration, av.time_base)
    return round(seconds * (stream.average_rate or 0))


def _index_by_decoding(path: Path, reading: _Reading, damaged: bool, expected: int) -> PacketIndex:
    """Decode the whole movie: what comes out whole counts."""
    times: list[int | None] = []
    duration: int | None = None
    with opened(path, decode_threads(damaged)) as (container, stream):
        corrupt = frozenset(reading.corrupt)
        for frame in whole(decoded(packets_of(container, stream), stream), corrupt):
            times.append(frame.pts)
            duration = frame.duration or None
    if not times:
        raise SecondEyeError(
            f"{path} holds no picture that can be decoded: copy it again from its source."
        )
    known = [t for t in times if t is not None]
    ordinal = reading.ordinal or len(known) < len(times) or known != sorted(set(known))
    return PacketIndex(
        pts=tuple(range(len(times))) if ordinal else tuple(known),
        entries=() if ordinal else tuple(sorted(set(reading.entries))),
        last_duration=None if ordinal else duration,
        ordinal=ordinal,
        damaged=damaged,
        lost=max(0, expected - len(times)) if damaged else 0,
        corrupt=corrupt,
    )


def whole(
    frames: Iterable[av.VideoFrame], corrupt: frozenset[int | None]
) -> Iterator[av.VideoFrame]:
    """The frames that decoded whole; ``corrupt``: times of packets that were cut."""
    for frame in frames:
        if not frame.is_corrupt and (frame.pts is None or frame.pts not in corrupt):
            yield frame


def decode_threads(damaged: bool, threads: int = DECODE_THREADS) -> int:
    """One thread for damaged data: what a decoder makes up for them must not vary."""
    return 1 if damaged else threads
