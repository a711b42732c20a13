# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound copied from a clip into a movie, packet by packet, without encoding it again."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.packet import Packet

from ..errors import SecondEyeError
from .container import error_words, video_stream


class AudioCopy:
    """Copies the main audio stream of ``source`` from ``start`` seconds after its first picture.

    ``target`` names the movie in error sentences.
    """

    def __init__(
        self, source: Path, start: Fraction, container: OutputContainer, target: Path
    ) -> None:
        try:
            self._source = av.open(str(source), mode="r", metadata_errors="replace")
        except (OSError, av.FFmpegError) as error:
            raise SecondEyeError(
                f"the sound of {source} can't be read ({error_words(error)}); leave the sound out"
            ) from error
        self._container = container
        self._pending: Packet | None = None
        stream = self._source.streams.best("audio")
        self._packets: Iterator[Packet] = iter(())
        if stream is None:
            return
        video = video_stream(self._source)
        clock = Fraction(0)
        if video is not None and video.start_time is not None and video.time_base:
            clock = video.start_time * video.time_base
        try:
            self._stream = container.add_stream_from_template(stream)
        except (ValueError, av.FFmpegError) as error:
            self._source.close()
            raise SecondEyeError(
                f"{target.name} can't hold the {stream.codec_context.name} sound of {source};"
                " write a .mkv or .mov, or leave the sound out"
            ) from error
        self._time_base = stream.time_base or Fraction(1, av.time_base)
        self._offset = round((clock + start) / self._time_base)
        if start > 0:
            self._source.seek(self._offset, stream=stream)
        self._packets = self._source.demux(stream)

    def copy_until(self, seconds: Fraction) -> None:
        """Copy what begins before ``seconds`` of the new movie."""
        while True:
            if self._pending is None:
                self._pending = next(self._packets, None)
            packet = self._pending
            if packet is None:
                return
            if packet.dts is None or packet.pts is None or packet.pts < self._offset:
                self._pending = None
                continue
            if (packet.pts - self._offset) * self._time_base >= seconds:
                return
            packet.pts -= self._offset
            packet.dts -= self._offset
            packet.stream = self._stream
            self._container.mux(packet)
            self._pending = None

    def close(self) -> None:
        """Close the source; the copied sound stays."""
        self._source.close()
