# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound copied from a clip into a movie, packet by packet, without encoding it again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

from ..errors import SecondEyeError
from .container import error_words, ffmpeg_name, video_stream

# Containers that can say "begin to play inside the first packet" (edit lists).
_EDIT_LISTS = ("mp4", "mov", "ipod", "3gp", "3g2", "ismv")
# A lapped codec (AAC) needs the packet before the one that sounds first, and that one itself.
_LEAD_IN = 2
_SEEK_BACK = Fraction(1, 2)


class AudioCopy:
    """Copies the main sound of ``source`` from ``start`` seconds after its first picture on.

    ``origin``: when that picture is shown, in seconds on the source's clock (``Clip.origin``);
    None: when the first picture begins that the container tells of, decodable or not.
    A packet (about 20 ms) is not divided. MP4 and MOV get the packets before the start too and
    an edit list that hides them, so sound begins exactly; in other containers the first whole
    packet after the start is the first. A source without sound copies nothing. Raises
    SecondEyeError where the source can't be read or the container can't hold its sound.
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
        stream = self._source.streams.best("audio")
        if not isinstance(stream, AudioStream):
            return
        self._refusal = refusal = SecondEyeError(
            f"{target.name} can't hold the {_codec_name(stream)} sound of {source}: write a .mkv"
            " or .mov, or leave the sound out (--no-sound)."
        )
        if stream.codec_context is None or not _fits(stream, container):
            self.close()
            raise refusal
        try:
            self._stream = container.add_stream_from_template(stream)
        except (ValueError, av.FFmpegError) as error:
            self.close()
            raise refusal from error
        if origin is None:
            origin = self._first_picture()
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

    def copy_until(self, seconds: Fraction) -> None:
        """Copy the packets that begin before ``seconds`` of the new movie."""
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
            self._pending = None

    def close(self) -> None:
        """Close the source."""
        self._source.close()


def _codec_name(stream: AudioStream) -> str:
    return stream.codec_context.name if stream.codec_context is not None else "unknown"


def _fits(stream: AudioStream, container: OutputContainer) -> bool:
    """Whether the container's format lists the codec (MKV takes what it does not list, too)."""
    if "matroska" in container.format.name:
        return True
    supported = container.supported_codecs
    return stream.codec_context.codec.canonical_name in supported
