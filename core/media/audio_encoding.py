# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound encoded again, for a container that can't hold it as it is."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer

from ..errors import SecondEyeError

_LOSSLESS = ("flac", "alac", "wavpack", "tta", "truehd", "mlp", "ape")
_BITS_PER_CHANNEL = {"aac": 128_000, "libopus": 96_000}
# Times that differ from the count of samples by less are a container's rounding, no gap.
_JITTER = Fraction(1, 50)
# A lapped codec sounds right from its second packet on, so decoding begins earlier.
_RUN_IN = Fraction(1, 2)
_PIECE = 4096  # samples of silence made at once


class AudioEncoder:
    """Decodes ``stream`` from ``begin`` (seconds on the source's clock, in which the new movie
    starts) and encodes it into ``container``: AAC in MP4 and MOV, Opus in WebM, FLAC (of lossless
    sound) or Opus in Matroska, else what the container's format prefers.

    Time is counted in samples from the start of the movie: what is missing in the source is
    silent, so that sound stays in its place. Raises SecondEyeError where it can't be decoded.
    """

    def __init__(
        self,
        source: InputContainer,
        stream: AudioStream,
        begin: Fraction,
        container: OutputContainer,
        refusal: SecondEyeError,
    ) -> None:
        self._container, self._refusal = container, refusal
        context = stream.codec_context
        if context is None or not context.sample_rate or not context.layout.nb_channels:
            raise refusal
        codec = _codec_for(container, context.name)
        if codec is None:
            raise refusal
        self._rate = _usual_rate(codec, context.sample_rate)
        self._layout = _usual_layout(codec, self._rate, context.layout.name)
        # Planar samples can be cut as columns; the encoder's own format is PyAV's to make.
        self._format = "s32p" if codec == "flac" else "fltp"
        try:
            self._stream = cast(
                AudioStream, container.add_stream(codec, rate=self._rate, layout=self._layout)
            )
        except (ValueError, av.FFmpegError) as error:
            raise refusal from error
        if codec in _BITS_PER_CHANNEL:
            channels = self._stream.codec_context.layout.nb_channels
            self._stream.codec_context.bit_rate = _BITS_PER_CHANNEL[codec] * channels
        self._begin, self._written = begin, 0
        self._left: tuple[int, np.ndarray] | None = None
        if begin > 0:
            base = stream.time_base or Fraction(1, av.time_base)
            source.seek(max(0, round((begin - _RUN_IN) / base)), stream=stream)
        self._pieces = self._decoded(source, stream)

    def _decoded(
        self, source: InputContainer, stream: AudioStream
    ) -> Iterator[tuple[int, np.ndarray]]:
        """(place of the first sample in the new movie, samples (channels, n)), in order."""
        resampler = AudioResampler(self._format, self._layout, self._rate)
        place: int | None = None
        for frame in _frames(source, stream, self._refusal):
            if frame.pts is not None and frame.time_base:
                told = round((frame.pts * frame.time_base - self._begin) * self._rate)
                if place is None or abs(told - place) > _JITTER * self._rate:
                    place = told
            frame.pts = None  # counted here
            for piece in resampler.resample(frame):
                samples = piece.to_ndarray()
                yield place or 0, samples
                place = (place or 0) + samples.shape[1]

    def sounds_before(self, seconds: Fraction) -> bool:
        """Whether anything sounds before ``seconds`` of the new movie that is yet to be written."""
        while True:
            place, samples = self._left or next(self._pieces, (None, None))
            self._left = None
            if place is None or samples is None:
                return False
            if place + samples.shape[1] > self._written:
                self._left = place, samples
                return place < seconds * self._rate

    def copy_until(self, seconds: Fraction) -> None:
        """Encode what sounds before ``seconds`` of the new movie."""
        end = round(seconds * self._rate)
        while self._written < end:
            place, samples = self._left or next(self._pieces, (None, None))
            self._left = None
            if place is None or samples is None:
                return
            late = self._written - place
            if late > 0:  # before the start, or told twice
                place, samples = self._written, samples[:, late:]
            if not samples.shape[1]:
                continue
            if place > self._written:
                gap = min(place, end, self._written + _PIECE) - self._written
                self._left = place, samples
                samples = np.zeros((samples.shape[0], gap), samples.dtype)
            elif place + samples.shape[1] > end:
                self._left = end, samples[:, end - place :]
                samples = samples[:, : end - place]
            self._encode(samples)

    def _encode(self, samples: np.ndarray) -> None:
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples), self._format, self._layout
        )
        frame.sample_rate, frame.pts = self._rate, self._written
        frame.time_base = Fraction(1, self._rate)
        self._container.mux(self._stream.encode(frame))
        self._written += samples.shape[1]

    @property
    def heard(self) -> bool:
        """Whether anything was written."""
        return self._written > 0

    def finish(self) -> None:
        """Write what the encoder holds back."""
        if self._written:
            self._container.mux(self._stream.encode(None))


def _frames(
    source: InputContainer, stream: AudioStream, refusal: SecondEyeError
) -> Iterator[av.AudioFrame]:
    """What can be decoded; raises ``refusal`` where that is nothing at all."""
    heard = failed = False
    packets = source.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:  # sound that breaks off is kept as far as it goes
            break
        if packet is None:
            break
        try:
            for frame in packet.decode():
                heard = True
                yield cast(av.AudioFrame, frame)
        except (av.FFmpegError, EOFError):
            failed = failed or bool(packet.size)
    if failed and not heard:
        raise refusal


def _codec_for(container: OutputContainer, source: str) -> str | None:
    """The encoder of a container's sound, None where it takes none."""
    name = container.format.name
    if name == "webm":
        wanted = "libopus"
    elif "matroska" in name:
        lossless = source.startswith("pcm_") or source in _LOSSLESS
        wanted = "flac" if lossless else "libopus"
    elif "aac" in container.supported_codecs:
        wanted = "aac"
    else:
        wanted = container.default_audio_codec
    try:
        return av.Codec(wanted, "w").name
    except (ValueError, av.FFmpegError):
        return None


def _usual_rate(codec: str, rate: int) -> int:
    """The source's rate, or the nearest that the encoder knows, not below where there is one."""
    known = av.Codec(codec, "w").audio_rates
    if not known or rate in known:
        return rate
    return min((r for r in known if r >= rate), default=max(known))


def _usual_layout(codec: str, rate: int, layout: str) -> str:
    """The source's channels, or two where the encoder doesn't take them."""
    for name in (layout, "stereo"):
        try:
            context = av.CodecContext.create(codec, "w")
            context.sample_rate, context.layout = rate, name  # type: ignore[attr-defined]
            context.format = av.Codec(codec, "w").audio_formats[0]  # type: ignore
            context.time_base = Fraction(1, rate)
            context.open()
        except (ValueError, av.FFmpegError):
            continue
        return name
    return "stereo"


def has_sound(path: Path) -> bool:
    """Whether a file can be read and has a track of sound, of a known codec or not."""
    try:
        with av.open(str(path.absolute()), metadata_errors="replace") as container:
            return bool(container.streams.audio)
    except (OSError, ValueError, av.FFmpegError):
        return False


def sound_codec(path: Path) -> str:
    """The codec of a movie's main sound, "" where it has none that is known."""
    try:
        with av.open(str(path.absolute()), metadata_errors="replace") as container:
            stream = container.streams.best("audio")
            known = isinstance(stream, AudioStream) and stream.codec_context is not None
            return stream.codec_context.codec.canonical_name if known else ""  # type: ignore
    except (OSError, ValueError, av.FFmpegError):
        return ""
