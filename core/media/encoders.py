# SPDX-License-Identifier: GPL-3.0-or-later
"""Video encoders by name: how each is told a quality, and whether it runs on this machine."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from fractions import Fraction
from pathlib import Path

import av
from av.video.codeccontext import VideoCodecContext

from ..errors import UsageError

_OURS = ("libx264", "libx265", "libsvtav1")
_LOSSLESS = ("ffv1", "prores_ks")  # or of a quality of their own
HARDWARE = (
    *("h264_nvenc", "hevc_nvenc", "av1_nvenc"),
    *("h264_qsv", "hevc_qsv", "av1_qsv"),
    *("h264_amf", "hevc_amf", "av1_amf"),
    *("h264_videotoolbox", "hevc_videotoolbox", "prores_videotoolbox"),
)
ENCODERS = (*_OURS, *_LOSSLESS, *HARDWARE)
_EIGHT_BITS = ("yuv420p", "nv12")
_TEN_BITS = ("yuv420p10le", "p010le", "yuv422p10le")
LEAST_OF_X265 = 64
"""Pixels across. x265 (as in PyAV 18.1) spoils the heap with narrower pictures: 48x64 ended the
whole process now and then, with nothing but torch loaded beside it."""
_HOLDERS = {"av1": (".mp4", ".mkv"), "prores": (".mov", ".mkv"), "ffv1": (".mkv",)}


def pixel_format(codec: str, bits: int, offered: list[str]) -> str | None:
    """The format of ``offered`` for pictures of 8 or 10 ``bits``; None: the encoder has none."""
    if codec == "prores_videotoolbox":  # which takes 4:2:0 too, and would keep it
        wanted = ("uyvy422", "p210le") if bits <= 8 else ("p210le",)
        return next((name for name in wanted if name in offered), None)
    if bits <= 8:  # ProRes has 10 bits and 4:2:2 only
        fits = [name for name in _EIGHT_BITS if name in offered or not offered]
        return fits[0] if fits else offered[0]
    if not writes_ten_bits(codec):
        return None
    return next((name for name in _TEN_BITS if name in offered), None)


def writes_ten_bits(codec: str) -> bool:
    """H.264 could, but no player's hardware decodes it."""
    return "264" not in codec


def check_container(codec: str, path: Path, held: AbstractSet[str]) -> None:
    """Raise UsageError where the container of ``path``, which FFmpeg says holds the formats
    ``held``, can't hold what ``codec`` writes."""
    written = av.codec.Codec(codec, "w").canonical_name
    # FFmpeg lists AV1 for MOV, and refuses it when the head is written.
    if written in held and (written, path.suffix.lower()) != ("av1", ".mov"):
        return
    *others, last = _HOLDERS.get(written, (".mp4", ".mov", ".mkv"))
    names = f"{', '.join(others)} or {last}" if others else last
    raise UsageError(f"{path.name} can't hold {codec}: name it {names}.")


def check_encoder(codec: str, name: str, width: int, options: dict[str, str]) -> None:
    """Raise UsageError, naming the movie ``name``, for an encoder that is missing here, that can't
    write pictures of ``width`` pixels, or, hardware, doesn't open with ``options``."""
    if codec == "libx265" and width < LEAST_OF_X265:
        raise UsageError(
            f"{name} would be {width} pixels wide, and x265 needs at least {LEAST_OF_X265}: use "
            "libx264, or a larger clip."
        )
    instead = "use prores_ks" if "prores" in codec else "use libx264 or libx265"
    try:
        context = av.CodecContext.create(codec, "w")
    except (ValueError, av.FFmpegError) as error:
        raise UsageError(
            f"{name} can't be encoded with {codec}, which this build lacks: {instead}."
        ) from error
    if not isinstance(context, VideoCodecContext):
        raise UsageError(f"{name} can't be encoded with {codec}: {instead}.")
    if codec not in HARDWARE:
        return
    if _opens(context, codec, options):
        return
    if "global_quality" in options and codec.endswith("_videotoolbox"):
        plain = av.CodecContext.create(codec, "w")
        if isinstance(plain, VideoCodecContext) and _opens(plain, codec, {"b": "8000000"}):
            raise UsageError(
                f"{name} can't be encoded with {codec} at a constant quality, which this machine"
                f" has not: give a bit rate (--bit-rate 20M), or {instead}."
            )
    raise UsageError(
        f"{name} can't be encoded with {codec}, this machine has no device or driver for it:"
        f" {instead}."
    )


def _opens(context: VideoCodecContext, codec: str, options: dict[str, str]) -> bool:
    offered = [f.name for f in context.codec.video_formats or ()]
    deep = options.get("profile") == "main10"
    context.width, context.height = 256, 256
    context.pix_fmt = pixel_format(codec, 10 if deep else 8, offered) or "yuv420p"
    context.framerate = Fraction(25)
    context.options = options
    try:
        context.open()
    except (OSError, ValueError, av.FFmpegError):
        return False
    return True
