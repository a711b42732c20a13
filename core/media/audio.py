# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound from a clip into a movie: packet by packet, or encoded again where that can't be held."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from itertools import chain
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

from ..errors import SecondEyeError
from .audio_encoding import AudioEncoder
from .container import error_words, ffmpeg_name, video_stream

# Containers that can say "begin to play inside the first packet" (edit lists).
_EDIT_LISTS = ("mp4", "mov", "ipod", "3gp", "3g2", "ismv")
# What players of a container expect in it. FFmpeg writes more (PCM in MP4, WMA in MOV), which
# next to none of them plays, and some of it only where a channel layout is told.
_PLAYED = {
    "mp4": ("aac", "mp3", "mp2", "ac3", "eac3", "alac", "flac", "opus", "dts"),
    "mov": ("aac", "mp3", "mp2", "ac3", "eac3", "alac", "pcm_"),
}
# A lapped codec (AAC) needs the packet before the one that sounds first, and that one itself.
_LEAD_IN = 2
_SEEK_BACK = Fraction(1, 2)


class AudioCopy:
    """Copies the main sound of ``source`` from ``start`` seconds after its first picture on.

    ``origin``: when that picture is shown, in seconds on the source's clock (``Clip.origin``);
    None: when the first picture begins that the container tells of, decodable or not.
    A packet (about 20 ms) is not divided. MP4 and MOV get the packets before the start too and
    an edit list that hides them, so sound begins exactly; in other containers the first whole
    packet after the start is the first. Sound that the container can't hold is encoded again
    (`audio_encoding`). A source without sound copies nothing. Raises SecondEyeError where the
    source can't be read, or its sound can neither be held nor decoded.
    """

    def __init__(
        self,
        source: Path,
        start: Fraction,
        container: OutputContainer,
        target: Path,
        origin: Fraction | None = None,
    ) -> None:
        try:
            self._source = av.open(ffmpeg_name(source), mode="r", metadata_errors="replace")
        except (OSError, av.FFmpegError, ValueError) as error:
            raise SecondEyeError(
                f"The sound of {source} can't be read ({error_words(error)}):"
                " leave the sound out (--no-sound)."
            ) from error
        self._container = container
        self._packets: Iterator[Packet[AudioStream]] = iter(())
        self._pending: Packet[AudioStream] | None = None
        self._encoder: AudioEncoder | None = None
        self._copied = False
        stream = self._source.streams.best("audio")
        if not isinstance(stream, AudioStream):
            return
        self._refusal = refusal = SecondEyeError(
            f"{target.name} can't hold the {_codec_name(stream)} sound of {source}, and it can't be"
            " encoded again: write a .mkv or .mov, or leave the sound out (--no-sound)."
        )
        if origin is None:
            origin = self._first_picture()
        try:
            if not _fits(stream, container):
                self._encoder = AudioEncoder(
                    self._source, stream, origin + start, container, refusal
                )
                return
            self._stream = container.add_stream_from_template(stream)
        except (ValueError, av.FFmpegError) as error:
            self.close()
            raise refusal from error
        except SecondEyeError:
            self.close()
            raise
        self._time_base = stream.time_base or Fraction(1, av.time_base)
        self._offset = round((origin + start) / self._time_base)
        if start > 0:
            back = max(0, self._offset - round(_SEEK_BACK / self._time_base))
            self._source.seek(back, stream=stream)
        lead_in = _LEAD_IN if container.format.name in _EDIT_LISTS else 0
        self._packets = self._from_start(self._source.demux(stream), lead_in)

    def _first_picture(self) -> Fraction:
        """Time of the source's first picture on its own clock, in seconds."""
        video = video_stream(self._source)
        if video is None or video.start_time is None or not video.time_base:
            return Fraction(0)
        return video.start_time * video.time_base

    def _from_start(
        self, packets: Iterator[Packet[AudioStream]], lead_in: int
    ) -> Iterator[Packet[AudioStream]]:
        before: deque[Packet[AudioStream]] = deque(maxlen=lead_in)
        try:
            for packet in packets:
                if packet.pts is None or packet.dts is None:
                    continue
                if packet.pts < self._offset:
                    before.append(packet)
                    continue
                yield from chain(before, (packet,))
                before.clear()
        except av.FFmpegError:  # sound that breaks off is copied as far as it goes
            return

    def sounds_before(self, seconds: Fraction) -> bool:
        """Whether `copy_until` (``seconds``) has any sound to copy; nothing is written."""
        if self._encoder is not None:
            return self._encoder.sounds_before(seconds)
        packet = self._pending = self._pending or next(self._packets, None)
        if packet is None or packet.pts is None:
            return False
        return (packet.pts - self._offset) * self._time_base < seconds

    def copy_until(self, seconds: Fraction) -> None:
        """Copy the packets that begin before ``seconds`` of the new movie."""
        if self._encoder is not None:
            self._encoder.copy_until(seconds)
            return
        while True:
            packet = self._pending or next(self._packets, None)
            self._pending = packet
            if packet is None or packet.pts is None or packet.dts is None:
                return
            if (packet.pts - self._offset) * self._time_base >= seconds:
                return
            packet.pts -= self._offset
            packet.dts -= self._offset
            packet.stream = self._stream
            try:
                self._container.mux(packet)
            except av.FFmpegError as error:
                if isinstance(error, OSError):  # a full disk is not the sound's fault
                    raise
                raise self._refusal from error
            self._pending, self._copied = None, True

    @property
    def heard(self) -> bool:
        """Whether anything was written: a source's sound may end before a range, or begin after."""
        return self._copied if self._encoder is None else self._encoder.heard

    def finish(self) -> None:
        """Write what is held back; before the container is closed."""
        if self._encoder is not None:
            self._encoder.finish()

    def close(self) -> None:
        """Close the source."""
        self._source.close()


class _Nowhere(BytesIO):
    """A file in memory whose name tells the container."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


def sounds_within(
    source: Path, start: Fraction, seconds: Fraction, target: Path, origin: Fraction | None = None
) -> bool:
    """Whether `AudioCopy` finds sound for the ``seconds`` from ``start`` on, to be asked before
    hours of work; ``target`` is not touched. Raises SecondEyeError as `AudioCopy` does."""
    try:
        with av.open(_Nowhere(target.name), "w") as container:
            audio = AudioCopy(source, start, container, target, origin)
            try:
                return audio.sounds_before(seconds)
            finally:
                audio.close()
    except ValueError:  # no container's name: who opens the movie says so
        return True


def _codec_name(stream: AudioStream) -> str:
    return stream.codec_context.name if stream.codec_context is not None else "unknown"


def _fits(stream: AudioStream, container: OutputContainer) -> bool:
    """Whether players expect the codec there, its format lists it and a header can be written with
    it (MKV takes what it does not list, too)."""
    if stream.codec_context is None:
        return False
    codec, name = stream.codec_context.codec.canonical_name, container.format.name
    played = _PLAYED.get("mp4" if name == "ipod" else name)
    if played is not None and not codec.startswith(played):
        return False
    if "matroska" not in name and codec not in container.supported_codecs:
        return False
    try:
        with av.open(BytesIO(), "w", format=container.format.name) as tried:
            tried.add_stream_from_template(stream)
            tried.start_encoding()
    except (ValueError, OSError, av.FFmpegError):
        return False
    return True
