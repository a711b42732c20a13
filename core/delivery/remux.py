# SPDX-License-Identifier: GPL-3.0-or-later
"""A movie's streams copied into another file, packet by packet; the video's may be changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from .. import temporaries
from ..errors import SecondEyeError
from ..media.audio import AudioCopy
from ..media.container import error_words, ffmpeg_name, video_stream
from .steady import Gaps, SteadyClock, read_times

# Containers made of boxes.
BOXED = (".mp4", ".mov", ".m4v")
# What goes along; timecode and other data tracks have no place in most containers.
_COPIED = ("audio", "subtitle")
_PARTS = ("muxed", "final")
# Said by the container itself, and wrong in another one.
_BRANDS = ("major_brand", "minor_version", "compatible_brands", "encoder")


def remux(
    source: Path,
    target: Path,
    change: Callable[[Packet], Packet] = lambda packet: packet,
    *,
    video_metadata: dict[str, str] | None = None,
    rate: Fraction | None = None,
    sound: Path | None = None,
    progress: Callable[[int], None] = lambda pictures: None,
    stop: Callable[[], None] = lambda: None,
) -> int:
    """Copy main video, sound, subtitles, chapters and metadata; return the number of pictures.

    ``change`` gets each video packet and answers the one to write (see `replaced`). ``rate``: of a
    raw stream, which has no clock; ``change`` then sets the times. ``sound``: a file whose sound
    is copied in place of the source's own. Raises SecondEyeError where the source can't be read to
    its end or the target can't hold a stream, OSError for the disk.
    """
    options = {"movflags": "+write_colr"} if target.suffix.lower() in BOXED else {}
    count, end = 0, Fraction(0)
    gaps, clock = _times(source)
    if not options:  # Matroska's milliseconds would stay in an MP4 for ever
        clock = None
    try:
        with (
            opened(source) as container,
            av.open(ffmpeg_name(target), mode="w", options=options) as out,
        ):
            video = main_video(container, source)
            kinds = _COPIED[1:] if sound else _COPIED
            streams = _streams(container, out, video, source, kinds)
            streams[video.index].metadata.update(video_metadata or {})
            if rate is not None:
                streams[video.index].time_base = 1 / rate
            elif clock is not None:
                streams[video.index].time_base = clock.base
            audio = None if sound is None else AudioCopy(sound, Fraction(0), out, target)
            for packet in container.demux([container.streams[index] for index in streams]):
                timeless = packet.dts is None and packet.pts is None
                if not packet.size or (timeless and rate is None):
                    continue
                stop()
                is_video = packet.stream_index == video.index
                written = change(packet) if is_video else packet
                if is_video:
                    if gaps is not None:
                        gaps.set(written)
                    if clock is not None:
                        clock.set(written, Fraction(video.time_base or 0))
                    count += 1
                    end = max(end, _end(written))
                    progress(count)
                written.stream = streams[packet.stream_index]
                out.mux(written)
                if audio is not None:
                    audio.copy_until(end)
            if audio is not None:
                audio.finish()
                audio.close()
    except av.FFmpegError as error:
        if isinstance(error, OSError):
            raise OSError(error.errno, error.strerror) from error
        raise SecondEyeError(
            f"{source.name} can't be copied into a {target.suffix} file ({error_words(error)}):"
            " choose another container."
        ) from error
    return count


def _times(source: Path) -> tuple[Gaps | None, SteadyClock | None]:
    """What Matroska lost of its pictures' times."""
    with opened(source) as container:
        return read_times(container) if "matroska" in container.format.name else (None, None)


def _end(packet: Packet) -> Fraction:
    """When the next picture would be shown, in seconds."""
    ticks = (packet.pts if packet.pts is not None else packet.dts or 0) + (packet.duration or 0)
    return ticks * Fraction(packet.time_base or 0)


def replaced(packet: Packet, data: bytes) -> Packet:
    """A packet with other content and the same times."""
    new = Packet(data)
    new.time_base = packet.time_base
    new.pts, new.dts, new.duration = packet.pts, packet.dts, packet.duration
    new.is_keyframe = packet.is_keyframe
    return new


def main_video(container: InputContainer, path: Path) -> VideoStream:
    """Raises SecondEyeError where there is none."""
    stream = video_stream(container)
    if stream is None or stream.codec_context is None:
        raise SecondEyeError(f"{path} holds no pictures that can be read: give a movie.")
    return stream


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """Raises SecondEyeError."""
    try:
        container = av.open(ffmpeg_name(path), mode="r", metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise SecondEyeError(
            f"{path} can't be read as a movie ({error_words(error)}): give a whole video file."
        ) from error
    with container:
        yield container


@contextmanager
def unfinished(output: Path) -> Iterator[tuple[Path, Path]]:
    """Two temporary names beside ``output``, for a first copy and for the whole file.

    At the end the second one is renamed to ``output`` and the first removed; after an exception
    both are. What a killed process left is removed too. OSErrors become a sentence.
    """
    places = [output.with_name(f"{output.stem}.{part}{output.suffix}") for part in _PARTS]
    first, whole = (temporaries.name_for(place) for place in places)
    for place, name in zip(places, (first, whole), strict=True):
        temporaries.remove_stale(place)
        temporaries.register(name)
    try:
        yield first, whole
        whole.replace(output)
    except OSError as error:
        raise SecondEyeError(
            f"{output} can't be written ({error_words(error)}): free some space or choose another"
            " folder."
        ) from error
    finally:
        for name in (first, whole):
            with suppress(OSError):
                name.unlink(missing_ok=True)
            temporaries.forget(name)


def _streams(
    container: InputContainer,
    out: OutputContainer,
    video: VideoStream,
    source: Path,
    kinds: Sequence[str],
) -> dict[int, Stream]:
    """Index in the source -> stream of the target."""
    streams: dict[int, Stream] = {}
    for stream in container.streams:
        if stream.index != video.index and stream.type not in kinds:
            continue
        try:
            copied = out.add_stream_from_template(stream, opaque=True)
        except (ValueError, av.FFmpegError) as error:
            raise SecondEyeError(
                f"The {stream.type} of {source.name} can't be copied ({error_words(error)}):"
                " choose .mkv or .mov."
            ) from error
        copied.metadata.update(stream.metadata)
        streams[stream.index] = cast(Stream, copied)
    out.metadata.update({k: v for k, v in container.metadata.items() if k not in _BRANDS})
    out.set_chapters(container.chapters())
    return streams
