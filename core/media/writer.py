# SPDX-License-Identifier: GPL-3.0-or-later
"""Movies out: RGB frames to a file that appears whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import av
import numpy as np
from av.container import OutputContainer
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from av.video.stream import VideoStream

from .. import temporaries
from ..errors import SecondEyeError, UsageError
from .audio import AudioCopy
from .colour import RESIZER, SCALER, coded_levels
from .container import error_words, ffmpeg_name
from .encoder_options import encoder_options
from .encoders import check_container, check_encoder, pixel_format
from .pictures import to_bits
from .tags import BT709, ColourTags

_MATRICES = {1: Colorspace.ITU709, 9: Colorspace.BT2020}  # by H.273 number


class Unwritable(SecondEyeError):
    """The disk or the folder, not the request: what was asked for may be written elsewhere."""


class MovieWriter:
    """Context manager that encodes frames of ``width`` x ``height`` at a constant ``rate``.

    4:2:0 (4:2:2 where the codec has nothing else) of 8 or 10 ``bits``, limited range, tagged
    and converted as ``colour`` says; its HDR metadata are told where the encoder takes them.
    4:2:0 needs even sides: an odd picture gets one more column or row, a copy of its last one.
    Sound is copied packet by packet from ``audio_from``, beginning ``audio_start`` seconds
    after that clip's first picture (``audio_origin``: ``Clip.origin`` of that clip, needed
    where pictures are left out at its start), and ends with the pictures. The file is written
    beside its place under a temporary name and renamed when the ``with`` block ends; after an
    exception (Cancelled too) nothing is left and an earlier file stays. ``check`` gets the whole
    file under its temporary name, and may raise. Entering removes what a killed process left for
    the same movie. Raises SecondEyeError when the folder can't be written, the disk is full, or the
    container can't hold the codec or the sound; UsageError for an unknown codec or container.
    """

    def __init__(
        self,
        path: str | Path,
        width: int,
        height: int,
        rate: Fraction | int,
        *,
        audio_from: str | Path | None = None,
        audio_start: Fraction | float = 0,
        audio_origin: Fraction | None = None,
        codec: str = "libx264",
        crf: int = 16,
        preset: str = "medium",
        bit_rate: int | None = None,
        fixed_gop: str | None = None,
        bits: int = 8,
        colour: ColourTags = BT709,
        check: Callable[[Path], None] = lambda whole: None,
    ) -> None:
        self.path = Path(path)
        self._check = check
        self.frames_written = 0
        self._shape = (height, width, 3)
        self._pad = (height % 2, width % 2)
        self._rate = Fraction(rate)
        self._codec = codec
        self._bits, self._colour = bits, colour
        self._options = encoder_options(
            codec, crf, preset, bits=bits, fixed_gop=fixed_gop, bit_rate=bit_rate, colour=colour
        )
        self._pixel_format = "yuv420p"
        self._audio_from = Path(audio_from) if audio_from else None
        self._audio_start = Fraction(audio_start)
        self._audio_origin = audio_origin
        self._audio: AudioCopy | None = None
        self._opened: OutputContainer | None = None
        self._reformatter = VideoReformatter()
        self._temporary = temporaries.name_for(self.path)

    def check(self) -> None:
        """Write one black frame and remove it: raises now what else comes after hours of work."""
        self.__enter__()
        try:
            self.write(np.zeros(self._shape, np.uint8))
            self._finish()
        except (OSError, av.FFmpegError) as failure:
            raise self._failure(failure) from failure
        finally:
            self._discard()
            self.frames_written = 0

    def __enter__(self) -> Self:
        temporaries.remove_stale(self.path)
        temporaries.register(self._temporary)
        try:
            self._open_container()
            self._open_streams()
        except BaseException:
            self._discard()
            raise
        return self

    def _open_container(self) -> None:
        try:
            self._container = self._opened = av.open(ffmpeg_name(self._temporary), mode="w")
        except ValueError as error:
            raise UsageError(
                f"{self.path} has no extension of a movie: use .mp4, .mov or .mkv."
            ) from error
        except OSError as error:
            raise self._failure(error) from error

    def _open_streams(self) -> None:
        width = self._shape[1] + self._pad[1]
        check_encoder(self._codec, self.path.name, width, self._options)
        check_container(self._codec, self.path, self._container.supported_codecs)
        try:
            added = self._container.add_stream(self._codec, rate=self._rate, options=self._options)
        except (ValueError, av.FFmpegError) as error:
            raise UsageError(
                f"{self.path.name} can't be encoded with {self._codec}: use libx264 or libx265."
            ) from error
        stream = cast(VideoStream, added)
        stream.width = self._shape[1] + self._pad[1]
        stream.height = self._shape[0] + self._pad[0]
        offered = [f.name for f in stream.codec.video_formats or ()]
        chosen = pixel_format(self._codec, self._bits, offered)
        if chosen is None:
            raise UsageError(
                f"{self.path.name} can't be encoded in {self._bits} bits with {self._codec}: use"
                " libx265, libsvtav1 or prores_ks."
            )
        self._pixel_format = chosen
        stream.pix_fmt = self._pixel_format
        context = stream.codec_context
        context.time_base = 1 / self._rate
        context.color_range = ColorRange.MPEG
        context.colorspace = self._colour.matrix
        context.color_primaries = self._colour.primaries
        context.color_trc = self._colour.transfer
        if context.codec.canonical_name == "hevc":  # FFmpeg's own choice is no good to Apple's
            context.codec_tag = "hvc1"
        self._stream = stream
        if self._audio_from:
            self._audio = AudioCopy(
                self._audio_from,
                self._audio_start,
                self._container,
                self.path,
                self._audio_origin,
            )
        try:
            self._container.start_encoding()
        except (OSError, ValueError, av.FFmpegError) as error:
            raise self._failure(error) from error

    @property
    def heard(self) -> bool:
        """Whether any sound is in what was written so far."""
        return self._audio is not None and self._audio.heard

    def write(self, rgb: np.ndarray) -> None:
        """Append one frame (H, W, 3), uint8 or uint16 (65535 = white), rounded to the movie's."""
        if rgb.shape != self._shape or rgb.dtype not in (np.uint8, np.uint16):
            raise ValueError(
                f"write wants {self._shape} of 8 or 16 bits, not {rgb.dtype} {rgb.shape}"
            )
        rgb = to_bits(rgb, self._bits)
        if any(self._pad):
            rgb = np.pad(rgb, ((0, self._pad[0]), (0, self._pad[1]), (0, 0)), mode="edge")
        deep = self._bits > 8
        if deep:
            rgb = coded_levels(rgb)
        frame = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(rgb), format="rgb48le" if deep else "rgb24"
        )
        frame = self._reformatter.reformat(
            frame,
            format=self._pixel_format,
            dst_colorspace=_MATRICES[self._colour.matrix],
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=RESIZER if deep else SCALER,
            threads=1,
        )
        # ProRes writes these of every frame.
        frame.color_primaries = self._colour.primaries
        frame.color_trc = self._colour.transfer
        frame.pts = self.frames_written
        frame.time_base = 1 / self._rate
        try:
            self._container.mux(self._stream.encode(frame))
            self.frames_written += 1
            if self._audio:
                self._audio.copy_until(self.frames_written / self._rate)
        except (OSError, av.FFmpegError) as error:
            raise self._failure(error) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._discard()
            return
        try:
            if not self.frames_written:
                raise SecondEyeError(f"{self.path} would hold no frame: nothing was written.")
            self._finish()
            self._check(self._temporary)
            os.replace(self._temporary, self.path)
            temporaries.forget(self._temporary)
        except (OSError, av.FFmpegError) as failure:
            self._discard()
            raise self._failure(failure) from failure
        except BaseException:
            self._discard()
            raise

    def _finish(self) -> None:
        packets = self._stream.encode(None)
        if self.frames_written <= 2:  # x265 has no decoding times for so few pictures
            for packet in packets:
                packet.dts = packet.pts = packet.pts or 0
        self._container.mux(packets)
        if self._audio:
            self._audio.finish()
            self._audio.close()
        self._container.close()

    def _discard(self) -> None:
        if self._audio:
            self._audio.close()
        # The file is unfinished and goes away in the next line, whatever closing it says.
        with suppress(OSError, av.FFmpegError, ValueError):
            if self._opened:
                self._opened.close()
        with suppress(OSError):  # a folder that is none: what failed before is the error to tell
            self._temporary.unlink(missing_ok=True)
        temporaries.forget(self._temporary)

    def _failure(self, error: BaseException) -> SecondEyeError:
        remedy = "free some space or choose another folder"
        if not isinstance(error, OSError):  # FFmpeg refuses: the combination, not the disk
            sound = f" with the sound of {self._audio_from}" if self._audio_from else ""
            other = "leave the sound out (--no-sound)" if sound else "another codec"
            size = f"{self._shape[1]}x{self._shape[0]}"
            return SecondEyeError(
                f"{self.path} can't hold {size} {self._codec}{sound} ({error_words(error)}):"
                f" choose .mkv or .mov, or {other}."
            )
        return Unwritable(f"{self.path} can't be written ({error_words(error)}): {remedy}.")
