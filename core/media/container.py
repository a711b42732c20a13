# SPDX-License-Identifier: GPL-3.0-or-later
"""Opening movie containers and decoding their main video stream, damage passed over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from ..errors import SecondEyeError

# Two decoding threads: the network beside it needs the other cores.
DECODE_THREADS = 2


def error_words(error: BaseException) -> str:
    """FFmpeg's or the system's words for an error, without its number and file name."""
    return str(getattr(error, "strerror", None) or error).lower()


def ffmpeg_name(path: Path) -> str:
    """The path as FFmpeg must get it: absolute, or "day:1.mp4" would name a protocol "day"."""
    return str(path.absolute())


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
    """Open a movie for decoding its main video stream; other streams are not read.

    Raises SecondEyeError where there is no such stream.
    """
    try:
        container = av.open(ffmpeg_name(path), mode="r", metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise SecondEyeError(
            f"{path} can't be read as a movie ({error_words(error)}): give a whole video file or"
            " a folder of numbered pictures."
        ) from error
    with container:
        if container.format.name == "tty":  # FFmpeg shows any text as a movie of a terminal
            raise SecondEyeError(f"{path} holds text, no pictures: give a file with video.")
        stream = video_stream(container)
        if stream is None:
            kind = "only sound" if container.streams.audio else "neither video nor sound"
            raise SecondEyeError(f"{path} holds {kind}, no pictures: give a file with video.")
        if stream.codec_context is None:
            raise SecondEyeError(
                f"{path} is in a video format that can't be decoded here: convert it to H.264 or"
                " ProRes."
            )
        for other in container.streams:
            if other.index != stream.index:
                other.discard = Discard.all
        stream.codec_context.thread_count = threads
        stream.codec_context.thread_type = "AUTO" if threads > 1 else "NONE"  # type: ignore[assignment]
        yield container, stream


def packets_of(container: InputContainer, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
    """Packets from where the container stands, to where it ends or breaks off."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            return
        if packet.size:
            yield packet


def decoded(packets: Iterable[Packet[VideoStream]], stream: VideoStream) -> Iterator[av.VideoFrame]:
    """Decode packets and then what the decoder holds back; what fails is passed over."""
    for packet in packets:
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue
    try:
        yield from stream.decode(None)
    except (av.FFmpegError, EOFError):
        return
