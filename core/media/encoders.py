# SPDX-License-Identifier: GPL-3.0-or-later
"""Video encoders by name: how each is told a quality, and whether it runs on this machine."""

from __future__ import annotations

from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext

from ..errors import UsageError
from .tags import BT709, ColourTags, svt_parameters, x265_parameters

# Encoders that take a constant quality, by the option that says it.
_QUALITY = {
    "libx264": "crf", "libx265": "crf", "libsvtav1": "crf",
    "h264_nvenc": "cq", "hevc_nvenc": "cq", "av1_nvenc": "cq",
    "h264_qsv": "global_quality", "hevc_qsv": "global_quality", "av1_qsv": "global_quality",
    "h264_amf": "qvbr_quality_level", "hevc_amf": "qvbr_quality_level",
    "av1_amf": "qvbr_quality_level",
}  # fmt: skip
_LOSSLESS = ("ffv1", "prores_ks")  # or of a quality of their own
_APPLE = ("h264_videotoolbox", "hevc_videotoolbox", "prores_videotoolbox")
ENCODERS = (*_QUALITY, *_LOSSLESS, *_APPLE)
_TEN_BITS = ("yuv420p10le", "p010le", "yuv422p10le")
LEAST_OF_X265 = 64
"""Pixels across. x265 (as in PyAV 18.1) spoils the heap with narrower pictures: 48x64 ended the
whole process now and then, with nothing but torch loaded beside it."""
_SVT_PRESETS = {"ultrafast": "12", "veryfast": "10", "fast": "8", "medium": "6", "slow": "4"}


def pixel_format(codec: str, bits: int, offered: list[str]) -> str | None:
    """The format of ``offered`` for pictures of 8 or 10 ``bits``; None: the encoder has none."""
    if bits <= 8:  # ProRes has 10 bits and 4:2:2 only
        return "yuv420p" if "yuv420p" in offered or not offered else offered[0]
    if not writes_ten_bits(codec):
        return None
    return next((name for name in _TEN_BITS if name in offered), None)


def writes_ten_bits(codec: str) -> bool:
    """H.264 could, but no player's hardware decodes it."""
    return "264" not in codec


def encoder_options(
    codec: str,
    crf: int,
    preset: str,
    *,
    fixed_gop: str | None = None,
    bit_rate: int | None = None,
    colour: ColourTags = BT709,
) -> dict[str, str]:
    """FFmpeg's options. ``fixed_gop``: x265 parameters; ``bit_rate`` in bits a second replaces
    ``crf`` (smaller = better); ``colour``: whose HDR metadata x265 and SVT-AV1 write."""
    if codec not in _QUALITY:
        return {} if bit_rate is None else {"b": str(bit_rate)}
    options = {_QUALITY[codec]: str(crf)}
    if codec.startswith("libx26"):
        options["preset"] = preset
    if codec == "libsvtav1":
        options["preset"] = _SVT_PRESETS.get(preset, "6")
    if codec.endswith("_nvenc"):
        options["rc"] = "vbr"
    if bit_rate is not None:
        options = {k: v for k, v in options.items() if k != _QUALITY[codec]} | {"b": str(bit_rate)}
    if codec == "libx265":  # it prints to stderr by itself
        told = [*([fixed_gop] if fixed_gop else []), *x265_parameters(colour)]
        options["x265-params"] = ":".join(["log-level=error", *told])
    if codec == "libsvtav1" and (told := svt_parameters(colour)):
        options["svtav1-params"] = ":".join(told)
    return options


def check_encoder(codec: str, name: str, width: int) -> None:
    """Raise UsageError, naming the movie ``name``, for an encoder that is missing here, or that
    can't write pictures of ``width`` pixels."""
    if codec == "libx265" and width < LEAST_OF_X265:
        raise UsageError(
            f"{name} would be {width} pixels wide, and x265 needs at least {LEAST_OF_X265}: use "
            "libx264, or a larger clip."
        )
    try:
        context = av.CodecContext.create(codec, "w")
    except (ValueError, av.FFmpegError) as error:
        raise UsageError(
            f"{name} can't be encoded with {codec}, which this build lacks: use libx264 or libx265."
        ) from error
    if not isinstance(context, VideoCodecContext):
        raise UsageError(f"{name} can't be encoded with {codec}: use libx264 or libx265.")
    if codec.startswith("lib") or codec in _LOSSLESS:
        return
    formats = [f.name for f in context.codec.video_formats or ()]
    context.width, context.height = 256, 256
    context.pix_fmt = "yuv420p" if "yuv420p" in formats or not formats else formats[0]
    context.framerate = Fraction(25)
    try:
        context.open()
    except (OSError, ValueError, av.FFmpegError) as error:
        raise UsageError(
            f"{name} can't be encoded with {codec}, this machine has no device or driver for it:"
            " use libx264 or libx265."
        ) from error
