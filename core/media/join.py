# SPDX-License-Identifier: GPL-3.0-or-later
"""Encoded parts of a movie to one movie with sound and chapters; no picture is encoded again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from pathlib import Path

import av
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from ..errors import SecondEyeError
from . import matroska
from .audio import AudioCopy
from .container import error_words, ffmpeg_name, opened
from .tags import BT709, ColourTags

# Ticks a second of a clock for variable times; 90,000 where they have none in common.
_COARSE, _FINE, _USUAL = 1_000, 1_000_000, 90_000


@dataclass(frozen=True)
class Sound:
    """Of a clip, from ``start`` seconds after its first picture on; ``origin`` as `AudioCopy`."""

    source: Path
    start: Fraction
    origin: Fraction | None = None


def join_parts(
    parts: Sequence[Path],
    target: Path,
    rate: Fraction,
    sound: Sound | None = None,
    chapters: Sequence[dict[str, object]] = (),
    stop: Callable[[], None] = lambda: None,
    times: Sequence[Fraction] | None = None,
    hdr: ColourTags = BT709,
) -> bool:
    """Write ``target`` of movies that one encoder made with the same settings, each of them closed
    in itself, at ``rate`` frames a second, or at ``times``: seconds after the first of each picture
    and of the end. Matroska tells the HDR metadata of ``hdr``. Answers whether any sound is in it.
    Raises SecondEyeError, OSError for the disk."""
    clock = Clock(rate, times)
    order = decode_order([_places(part, rate) for part in parts])
    options = {"movflags": "+write_colr"} if target.suffix.lower() in (".mp4", ".mov") else {}
    audio: AudioCopy | None = None
    try:
        with (
            _model(parts[0], target, hdr) as model,
            av.open(ffmpeg_name(target), mode="w", options=options) as out,
        ):
            try:
                stream: VideoStream | None = None
                for packet, source in _packets(parts):
                    stop()
                    if stream is None:
                        stream = _added(out, model or source, clock.base)
                        if sound is not None:
                            audio = AudioCopy(sound.source, sound.start, out, target, sound.origin)
                        if chapters:
                            out.set_chapters(list(chapters))  # type: ignore[arg-type]
                    shown, decoded = next(order)
                    packet.time_base = clock.base
                    packet.pts, packet.dts = clock.tick(shown), clock.tick(decoded)
                    packet.duration = clock.tick(shown + 1) - clock.tick(shown)
                    packet.stream = stream
                    out.mux(packet)
                    if audio is not None:
                        audio.copy_until(clock.tick(shown + 1) * clock.base)
                if audio is not None:
                    audio.finish()
            finally:
                if audio is not None:
                    audio.close()
        return audio is not None and audio.heard
    except av.FFmpegError as error:
        if isinstance(error, OSError):
            raise OSError(error.errno, error.strerror) from error
        raise SecondEyeError(
            f"{target.name} can't hold these pictures and this sound ({error_words(error)}): choose"
            " .mkv or .mov, or leave the sound out (--no-sound)."
        ) from error


@contextmanager
def _model(part: Path, target: Path, hdr: ColourTags) -> Iterator[VideoStream | None]:
    """A stream like that of ``part`` that has the metadata too; None where there are none."""
    if target.suffix.lower() not in matroska.SUFFIXES or not (hdr.mastering or hdr.light):
        yield None
        return
    path = target.with_name(f"model_{target.stem}.mkv")
    try:
        matroska.write_model(part, path, hdr)
        with opened(path, threads=1) as (_, stream):
            yield stream
    finally:
        path.unlink(missing_ok=True)


class Clock:
    """Picture numbers in ticks of ``base`` seconds: as many as frames, or as fine as ``times``."""

    def __init__(self, rate: Fraction, times: Sequence[Fraction] | None) -> None:
        self.base = 1 / rate
        self._ticks: list[int] | None = None
        if times is not None:
            ticks = lcm(*(time.denominator for time in times[:-1]))
            self.base = Fraction(1, ticks if _COARSE <= ticks <= _FINE else _USUAL)
            self._ticks = [round(time / self.base) for time in times]
        self._step = max(1, round(1 / (rate * self.base)))

    def tick(self, number: int) -> int:
        """Before the first picture, where decoding begins, time runs at the rate."""
        if self._ticks is None or number < 0:
            return number * self._step
        return self._ticks[number]


def decode_order(parts: Sequence[Sequence[int]]) -> Iterator[tuple[int, int]]:
    """(pts, dts) in frames, of packets in the order of decoding.

    ``parts``: of each part the place of its packets, 0 the first shown. Decoding times run one a
    frame, ahead by as much as any picture needs: the encoders' own would meet where parts do.
    """
    late = max(
        (number - place for places in parts for number, place in enumerate(places)), default=0
    )
    done = 0
    for places in parts:
        for number, place in enumerate(places):
            yield done + place, done + number - late
        done += len(places)


def _places(part: Path, rate: Fraction) -> list[int]:
    with opened(part, threads=1) as (container, stream):
        times = [
            p.pts * p.time_base for p in container.demux(stream) if p.size and p.pts is not None
        ]
    first = min(times, default=Fraction(0))
    places = [round((time - first) * rate) for time in times]
    if sorted(places) != list(range(len(places))) or not places:
        raise SecondEyeError(f"{part} is damaged: delete its folder and convert again.")
    return places


def _packets(parts: Sequence[Path]) -> Iterator[tuple[Packet, VideoStream]]:
    for part in parts:
        with opened(part, threads=1) as (container, stream):
            for packet in container.demux(stream):
                if packet.size and packet.pts is not None:
                    yield packet, stream


def _added(out: OutputContainer, source: VideoStream, base: Fraction) -> VideoStream:
    stream = out.add_stream_from_template(source, opaque=True)
    stream.time_base = base
    return stream


def chapters_of(source: Path, start: Fraction, seconds: Fraction) -> list[dict[str, object]]:
    """The chapters of a movie, cut to ``seconds`` from ``start`` on; none where it has none."""
    try:
        with av.open(ffmpeg_name(source), mode="r", metadata_errors="replace") as container:
            found = container.chapters()
    except (av.FFmpegError, OSError, ValueError):
        return []
    kept: list[dict[str, object]] = []
    for chapter in found:
        base = Fraction(chapter["time_base"] or 0)
        begin, end = (
            min(max(chapter[side] * base - start, Fraction(0)), seconds)
            for side in ("start", "end")
        )
        if end > begin:
            milliseconds = {"start": round(begin * 1000), "end": round(end * 1000)}
            kept.append({**chapter, **milliseconds, "time_base": Fraction(1, 1000)})
    return kept
