# SPDX-License-Identifier: GPL-3.0-or-later
"""The packet index of a movie: which pictures it holds, and where decoding can begin."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from ..errors import SecondEyeError
from .entry import is_exact_entry

# Decoding in two threads: the network needs the other cores.
DECODE_THREADS = 2


@dataclass(frozen=True)
class PacketIndex:
    """``pts``: times of the pictures, increasing. ``entries``: times of the pictures from which
    decoding gives what decoding from the start gives. ``last_duration`` in ticks, or None.
    ``ordinal``: the container's times are unusable, so pictures are counted as they come out.
    ``lost``: how many promised pictures are not there; ``damaged``: some data were unreadable.
    """

    pts: tuple[int, ...]
    entries: tuple[int, ...]
    last_duration: int | None
    ordinal: bool = False
    damaged: bool = False
    lost: int = 0

    def entry_before(self, pts: int) -> int | None:
        """The latest entry at or before ``pts``; None: only the start will do."""
        i = bisect_right(self.entries, pts)
        return self.entries[i - 1] if i else None


def video_stream(container: InputContainer) -> VideoStream | None:
    """The main video stream; cover art is not one."""
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        return None
    best = container.streams.best("video")
    return next((s for s in streams if best is not None and s.index == best.index), streams[0])


@contextmanager
def opened(
    path: Path, threads: int = DECODE_THREADS
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a movie for decoding its main video stream; other streams are not read."""
    try:
        container = av.open(str(path), mode="r", metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise SecondEyeError(
            f"{path} can't be read as a movie ({error_words(error)}); give a video file or a"
            " folder of numbered pictures"
        ) from error
    with container:
        stream = video_stream(container)
        if stream is None:
            kind = "only sound" if container.streams.audio else "no video"
            raise SecondEyeError(f"{path} holds {kind}, no pictures; give a file with video")
        if stream.codec_context is None:
            raise SecondEyeError(
                f"{path} is in a video format that has no decoder here; convert it to H.264 or"
                " ProRes"
            )
        for other in container.streams:
            if other.index != stream.index:
                other.discard = Discard.all
        stream.codec_context.thread_count = threads
        stream.codec_context.thread_type = "AUTO" if threads > 1 else "NONE"
        yield container, stream


def error_words(error: BaseException) -> str:
    """FFmpeg's words for an error, without the number and the file name."""
    return str(getattr(error, "strerror", None) or error).lower()


def index_packets(path: Path) -> PacketIndex:
    """Read all packets of the movie once, decoding nothing (unless the data are damaged).

    Raises SecondEyeError where no picture is found.
    """
    times: list[int] = []
    entries: list[int] = []
    ordinal = damaged = False
    promised = 0
    last: tuple[int, int | None] | None = None
    previous_dts: int | None = None
    with opened(path) as (container, stream):
        promised = stream.frames
        found = 0
        try:
            for packet in container.demux(stream):
                if packet.size == 0:
                    continue
                found += 1
                damaged = damaged or packet.is_corrupt
                if packet.dts is not None:
                    ordinal = ordinal or (previous_dts is not None and packet.dts < previous_dts)
                    previous_dts = packet.dts
                if packet.pts is None:
                    ordinal = True
                    continue
                if packet.is_discard:
                    continue
                times.append(packet.pts)
                if last is None or packet.pts > last[0]:
                    last = (packet.pts, packet.duration)
                if packet.is_keyframe and is_exact_entry(stream.codec_context, packet):
                    entries.append(packet.pts)
        except av.FFmpegError:
            damaged = True
        damaged = damaged or found < promised
        codec = stream.codec_context.name
    if ordinal or damaged:
        return _index_by_decoding(path, ordinal, max(promised, found), damaged)
    if not times:
        raise SecondEyeError(f"{path} holds no pictures ({codec}); give a file with video")
    duration = last[1] if last else None
    return PacketIndex(tuple(sorted(set(times))), tuple(sorted(set(entries))), duration)


def _index_by_decoding(path: Path, ordinal: bool, promised: int, damaged: bool) -> PacketIndex:
    """Decode the whole movie: only what comes out whole counts."""
    times: list[int] = []
    duration: int | None = None
    with opened(path, threads=1 if damaged else DECODE_THREADS) as (container, stream):
        for frame in decoded(container, stream):
            if frame.is_corrupt:
                continue
            if frame.pts is None:
                ordinal = True
            if times and frame.pts is not None and frame.pts <= times[-1]:
                ordinal = True
            times.append(frame.pts if frame.pts is not None else 0)
            duration = frame.duration
    if not times:
        raise SecondEyeError(
            f"{path} holds no picture that can be decoded; copy the file again from its source"
        )
    pts = tuple(range(len(times))) if ordinal else tuple(times)
    return PacketIndex(
        pts, (), 1 if ordinal else duration, ordinal, damaged, max(0, promised - len(times))
    )


def decoded(container: InputContainer, stream: VideoStream) -> Iterator[av.VideoFrame]:
    """Decode on from where the container stands; damaged packets are passed over."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            break
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue
    try:
        yield from stream.decode(None)
    except (av.FFmpegError, EOFError):
        return
