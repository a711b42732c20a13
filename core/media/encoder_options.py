# SPDX-License-Identifier: GPL-3.0-or-later
"""How each encoder is told a constant quality or a bit rate, its speed, and 10 bits.

One scale for all: crf as x264's and x265's, 0 (best) to 51, to 63 for AV1. What hardware makes of
its own number is another thing; none of the hardware encoders was run by us (docs/delivery.md), so
that their options follow FFmpeg 8.1's own lists, which a test compares them with.
"""

from __future__ import annotations

from ..errors import UsageError
from .tags import BT709, ColourTags, svt_parameters, x265_parameters

SPEEDS = (
    *("ultrafast", "superfast", "veryfast", "faster", "fast"),
    *("medium", "slow", "slower", "veryslow"),
)
"""x264's names, for every encoder that knows more than one speed."""
LEAST_QUALITY, LEAST_OF_AV1 = 51, 63
# Its presets from 10 on are no faster way to the same pictures: they left out what moved (a tiny
# clip of numbers showed the wrong ones).
_SVT = ("9", "9", "9", "8", "7", "6", "4", "3", "2")
_NVENC = ("p1", "p1", "p2", "p3", "p3", "p4", "p6", "p7", "p7")
_QSV = ("veryfast", "veryfast", *SPEEDS[2:])
_AMF = (*["speed"] * 4, *["balanced"] * 2, *["quality"] * 3)
_QP_TO_LAMBDA = 118  # FFmpeg's FF_QP2LAMBDA, which a quality on the scale of "-q" is multiplied by
_AV1_INDEX = 255 / 63  # AV1's quantiser index has four steps for one of the encoders' scale


def encoder_options(
    codec: str,
    crf: int,
    speed: str,
    *,
    bits: int = 8,
    fixed_gop: str | None = None,
    bit_rate: int | None = None,
    colour: ColourTags = BT709,
) -> dict[str, str]:
    """FFmpeg's options. ``fixed_gop``: x265 parameters; ``bit_rate`` in bits a second replaces
    ``crf`` (smaller = better); ``colour``: whose HDR metadata x265 and SVT-AV1 write into the
    stream. Raises UsageError for a speed or a quality that doesn't exist."""
    if speed not in SPEEDS:
        raise UsageError(f'There is no speed "{speed}": the speeds are {", ".join(SPEEDS)}.')
    least = least_quality(codec)
    if not 0 <= crf <= least:
        raise UsageError(f"{codec} knows no quality (crf) of {crf}: give 0 (best) to {least}.")
    maker = codec.rpartition("_")[2]
    at = SPEEDS.index(speed)
    if codec in ("libx264", "libx265"):
        options = {"preset": speed, **_rate({"crf": str(crf)}, bit_rate)}
    elif codec == "libsvtav1":
        options = {"preset": _SVT[at], **_rate({"crf": str(crf)}, bit_rate)}
    elif maker == "nvenc":
        # 0 would mean "choose yourself"; and without a rate of 0, its default one binds.
        told = {"cq": str(max(crf, 1)), "b": "0"}
        options = {"preset": _NVENC[at], "rc": "vbr", **_rate(told, bit_rate)}
    elif maker == "qsv":
        options = {"preset": _QSV[at], **_rate({"global_quality": str(max(crf, 1))}, bit_rate)}
    elif maker == "amf":
        options = {"quality": _AMF[at], **_amf(codec, crf, bit_rate)}
    elif maker == "videotoolbox" and not codec.startswith("prores"):
        quality = round(100 * (1 - crf / LEAST_QUALITY))  # of its own scale, 100 the best
        told = {"flags": "+qscale", "global_quality": str(max(quality, 1) * _QP_TO_LAMBDA)}
        options = _rate(told, bit_rate)
    else:  # ProRes and FFV1 have a quality of their own
        return {} if bit_rate is None else {"b": str(bit_rate)}
    if bits > 8 and codec.startswith("hevc_"):
        options["profile"] = "main10"
    if codec == "libx265":  # it prints to stderr by itself
        more = [*([fixed_gop] if fixed_gop else []), *x265_parameters(colour)]
        options["x265-params"] = ":".join(["log-level=error", *more])
    if codec == "libsvtav1" and (found := svt_parameters(colour)):
        options["svtav1-params"] = ":".join(found)
    return options


def least_quality(codec: str) -> int:
    """The largest crf that an encoder knows."""
    return LEAST_OF_AV1 if codec in ("libsvtav1", "av1_nvenc", "av1_amf") else LEAST_QUALITY


def _rate(quality: dict[str, str], bit_rate: int | None) -> dict[str, str]:
    return quality if bit_rate is None else {"b": str(bit_rate)}


def _amf(codec: str, crf: int, bit_rate: int | None) -> dict[str, str]:
    """Constant quantisers, since not all of its hardware has a mode of constant quality."""
    if bit_rate is not None:
        return {"rc": "vbr_peak", "b": str(bit_rate), "maxrate": str(2 * bit_rate)}
    value = str(round(crf * _AV1_INDEX) if codec == "av1_amf" else crf)
    options = {"rc": "cqp", "qp_i": value, "qp_p": value}
    return {**options, "qp_b": value} if codec == "h264_amf" else options
