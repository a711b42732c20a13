# SPDX-License-Identifier: GPL-3.0-or-later
"""A movie file as a clip."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import ClassVar

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from ..errors import SecondEyeError
from .clip import Clip, ClipInfo
from .colour import ToRGB, bits_per_channel, display_signs, square_size
from .container import DECODE_THREADS, decoded, opened, packets_of
from .index import decode_threads, index_movie, whole
from .metadata import focal_from_tags, over_width
from .tags import tags_of
from .timeline import FALLBACK_RATE, choose_rate, conform

_SAMPLE = 1 << 20


class Movie(Clip):
    """A movie read through FFmpeg; several ``frames`` iterators may run at once."""

    kind: ClassVar[str] = "movie"

    def __init__(self, path: Path, threads: int = DECODE_THREADS) -> None:
        self.path = path
        self._index = index_movie(path)
        self._threads = decode_threads(self._index.damaged, threads)
        notes: list[str] = []
        with opened(path, threads=1) as (container, stream):
            sample = next(decoded(packets_of(container, stream), stream), None)
            if sample is None:
                raise SecondEyeError(
                    f"{path} holds no picture that can be decoded: convert it to H.264."
                )
            declared = (stream.base_rate, stream.average_rate, stream.guessed_rate)
            stream_rate = stream.guessed_rate or stream.average_rate
            time_base = stream.time_base or Fraction(1, 1000)
            tags = {**container.metadata, **stream.metadata}
            has_audio = bool(container.streams.audio)
            self._signs, right_angle = display_signs(sample)
            aspect = _aspect(stream)
            self._size = square_size(sample.width, sample.height, aspect)
            notes += _notes(stream, sample, aspect, right_angle)
            colour = tags_of(sample, stream.codec_context)
        self._bit_depth = bits_per_channel(sample.format)
        notes += self._drop_undecodable_start(sample)
        if self._index.ordinal:
            rate = stream_rate or FALLBACK_RATE
            time_base = 1 / rate
            notes.append("the file has no usable timestamps, so its pictures are counted")
        else:
            rate = choose_rate(self._index.pts, time_base, declared)
        self.timeline = conform(self._index.pts, time_base, rate, self._index.last_duration)
        if not self._index.ordinal:
            self.origin = self.timeline.source_pts[0] * time_base
        notes += self._timing_notes()
        width, height = self._size if self._signs[0] else self._size[::-1]
        self.info = ClipInfo(
            width=width,
            height=height,
            bit_depth=self._bit_depth,
            kind="movie",
            has_audio=has_audio,
            focal_over_width=over_width(focal_from_tags(tags), width, height),
            notes=tuple(notes),
            colour=colour,
        )

    def _drop_undecodable_start(self, sample: av.VideoFrame) -> list[str]:
        """Pictures before the first that decodes refer to what was cut away: they don't count."""
        if self._index.ordinal or sample.pts is None:
            return []
        pts = tuple(p for p in self._index.pts if p >= sample.pts)
        dropped = len(self._index.pts) - len(pts)
        if not dropped or not pts:
            return []
        self._index = replace(self._index, pts=pts)
        return [f"{dropped} pictures before the first whole one are left out"]

    def _timing_notes(self) -> list[str]:
        good = len(self._index.pts)
        if self._index.damaged:
            lost = f", about {self._index.lost} are lost" if self._index.lost else ""
            return [f"the file is damaged or cut short: {good} good pictures are kept{lost}"]
        shown = len(set(self.timeline.source_pts))
        held = len(self.timeline) - shown
        if not held and shown == good:
            return []
        return [
            f"variable frame rate, conformed to {float(self.timeline.rate):.6g} frames/s:"
            f" {held} frames repeat a picture, {good - shown} pictures are not shown"
        ]

    def _pictures(self, pts: int) -> Iterator[tuple[int, av.VideoFrame]]:
        """Pictures in order of time, from one at or before ``pts`` on."""
        entry = None if self._index.ordinal else self._index.entry_before(pts)
        while entry is not None:
            begun = False
            for time, frame in self._pictures_from(entry):
                if not begun and time > pts:
                    break  # the pictures that should come first did not: begin further back
                begun = True
                yield time, frame
            if begun:
                return
            entry = self._index.entry_before(entry - 1)
        yield from self._pictures_from(None)

    def _pictures_from(self, entry: int | None) -> Iterator[tuple[int, av.VideoFrame]]:
        with opened(self.path, self._threads) as (container, stream):
            packets = packets_of(container, stream)
            start: int | None = None
            if entry is not None:
                found = self._seek(container, stream, entry)
                if found is None:
                    return
                start, packets = found
            frames = decoded(packets, stream)
            if self._index.damaged:
                frames = whole(frames, self._index.corrupt)
            if self._index.ordinal:
                yield from enumerate(frames)
                return
            for frame in frames:
                # Pictures before a key picture may refer to what was not decoded.
                if frame.pts is not None and (start is None or frame.pts >= start):
                    yield frame.pts, frame

    def _seek(
        self, container: InputContainer, stream: VideoStream, entry: int
    ) -> tuple[int, Iterator[Packet[VideoStream]]] | None:
        """The entry that seeking landed on (``entry`` or one before) and the packets from it."""
        try:
            container.seek(entry, stream=stream)
        except av.FFmpegError:
            return None
        packets = packets_of(container, stream)
        known = self._index.entry_before
        for packet in packets:
            if packet.pts is None or packet.pts > entry:
                if packet.dts is not None and packet.dts > entry:
                    return None  # landed too late
                continue
            if packet.is_keyframe and known(packet.pts) == packet.pts:
                return packet.pts, chain((packet,), packets)
        return None

    def _stream(self, first: int, last: int) -> Iterator[tuple[int, np.ndarray]]:
        wanted = self.timeline.source_pts
        to_rgb = ToRGB(self._size, self._bit_depth, self._signs)
        n = first
        before: av.VideoFrame | None = None
        for pts, frame in self._pictures(wanted[first - 1]):
            # A picture that should have come and did not (damage): the one before it stays.
            while n <= last and wanted[n - 1] < pts and before is not None:
                yield n, to_rgb(before)
                n += 1
            while n <= last and wanted[n - 1] <= pts:
                yield n, to_rgb(frame)
                n += 1
            if n > last:
                return
            before = frame
        if before is None:
            raise SecondEyeError(f"{self.path} can no longer be read: was it moved or replaced?")
        for m in range(n, last + 1):
            yield m, to_rgb(before)

    def fingerprint(self) -> str:
        return file_digest(self.path)


def file_digest(path: Path) -> str:
    """SHA-256 over a file's size and up to 1 MiB each of its head, middle and tail."""
    digest = hashlib.sha256()
    try:
        size = path.stat().st_size
        digest.update(f"movie {size}".encode())
        with path.open("rb") as file:
            for start in sorted({0, max(0, size // 2 - _SAMPLE // 2), max(0, size - _SAMPLE)}):
                file.seek(start)
                digest.update(file.read(_SAMPLE))
    except OSError as error:
        raise SecondEyeError(f"{path} can't be read ({error.strerror}): was it moved?") from error
    return digest.hexdigest()


def _aspect(stream: VideoStream) -> Fraction:
    aspect = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
    return aspect if aspect and Fraction(1, 8) <= aspect <= 8 else Fraction(1)


def _notes(
    stream: VideoStream, sample: av.VideoFrame, aspect: Fraction, right_angle: bool
) -> list[str]:
    notes = []
    if sample.interlaced_frame:
        notes.append("interlaced: both fields are shown together; deinterlace it beforehand")
    if any(c.is_alpha for c in sample.format.components):
        notes.append("the alpha channel is dropped")
    if aspect != 1:
        notes.append(f"pixels {float(aspect):g} times as wide as high were made square")
    if not right_angle:
        notes.append("its rotation is not a right angle and was rounded to one")
    if sample.color_trc in (16, 18):
        notes.append("HDR (PQ or HLG): the coded values are kept, not mapped to a display")
    return notes
