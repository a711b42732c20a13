# SPDX-License-Identifier: GPL-3.0-or-later
"""The self-check of an export: opened again, decoded, and compared with what was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from ..errors import Cancelled, SecondEyeError
from .inspection import Hdr, Inspection, inspect_movie
from .shown import counted_differently, shown_differently
from .spatial import Spatial


@dataclass(frozen=True)
class Expected:
    """What was asked of a movie; None: whatever it is, is right.

    ``width`` and ``height`` are of a decoded picture: of both eyes where they are packed in one, of
    each view where ``views`` is 2 (MV-HEVC). ``times``: when each picture is shown, in seconds
    after the first, up to ``tick`` seconds; None: at a constant ``rate``. ``colour``: the words of
    `inspect`, as far as they matter. ``spatial``: what the boxes of MP4 and MOV say.
    """

    frames: int
    width: int
    height: int
    rate: Fraction | None = None
    times: Sequence[Fraction] | None = None
    tick: Fraction = Fraction(0)
    views: int = 1
    codec: str | None = None
    bit_depth: int | None = None
    colour: dict[str, str] = field(default_factory=dict)
    hdr: Hdr | None = None
    spatial: Spatial | None = None
    frame_packing: str | None = None  # of the SEI: "left-right", "top-bottom" ...
    stereo_mode: str | None = None  # Matroska's: "left_right" ...
    sound: bool | None = None
    faststart: bool | None = None


@dataclass(frozen=True)
class Report:
    """``message`` is one line; ``problems`` the clauses in it, none where all is as asked."""

    path: Path
    message: str
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


def verify(
    path: Path,
    expected: Expected,
    *,
    copied: bool = False,
    progress: Callable[[int], None] = lambda frames: None,
    stop: Callable[[], None] = lambda: None,
) -> Report:
    """Decode all of ``path`` and compare; memory doesn't grow with its length.

    ``copied``: the coded pictures are another file's, bit for bit; they are counted, and their
    times compared, but the first few alone decoded. ``progress`` is told the moments done, ``stop``
    is called before each and may raise. A file that can't be read is a report too, no exception.
    """
    try:
        found = inspect_movie(path)
        problems = list(_told_differently(found, expected))
        views = expected.views if found.layers >= expected.views else 1
        compared = counted_differently if copied else shown_differently
        problems += compared(path, expected, views, progress, stop)
    except Cancelled:
        raise
    except SecondEyeError as error:
        problems = [str(error).rstrip(".")]
    if problems:
        message = f"{path.name} is not as asked: {'; '.join(problems)}."
    else:
        eyes = "2 views of " if expected.views == 2 else ""
        frames = "1 frame" if expected.frames == 1 else f"{expected.frames} frames"
        message = (
            f"{path.name} was read back: {frames}, {eyes}{expected.width}x{expected.height},"
            " times and tags as asked."
        )
    return Report(path, message, tuple(problems))


def _told_differently(found: Inspection, expected: Expected) -> Iterator[str]:
    """What headers say otherwise."""
    pairs: list[tuple[str, object, object]] = [
        ("codec", found.codec, expected.codec),
        ("bit depth", found.bit_depth, expected.bit_depth),
        ("rate", found.rate, expected.rate if expected.times is None else None),
        ("frame packing", found.frame_packing, expected.frame_packing),
        ("Matroska's stereo mode", found.stereo_mode, expected.stereo_mode),
        ("fast start", found.faststart, expected.faststart),
        ("sound", bool(found.sound), expected.sound),
        ("layers", found.layers if expected.views > 1 else 1, expected.views),
    ]
    pairs += [
        (f"colour {key}", found.colour.get(key), said) for key, said in expected.colour.items()
    ]
    if expected.hdr is not None:
        pairs += _hdr_pairs(found.hdr or Hdr(), expected.hdr)
    if expected.spatial is not None:
        pairs += _spatial_pairs(found, expected.spatial.with_projected_view())
    for what, got, asked in pairs:
        if asked is not None and got != asked:
            yield f"{what} is {_word(got)} instead of {_word(asked)}"


def _hdr_pairs(got: Hdr, asked: Hdr) -> list[tuple[str, object, object]]:
    """AV1 keeps luminance in steps of 1/256 and 1/16384 cd/m2."""
    pairs: list[tuple[str, object, object]] = [
        ("content light", got.content_light, asked.content_light)
    ]
    for what, value, told, step in (
        ("brightest luminance", got.brightest, asked.brightest, 1 / 256),
        ("darkest luminance", got.darkest, asked.darkest, 1e-4),
    ):
        near = value is not None and told is not None and abs(value - told) <= step
        pairs.append((f"the mastering display's {what}", told if near else value, told))
    return pairs


def _spatial_pairs(found: Inspection, asked: Spatial) -> list[tuple[str, object, object]]:
    got = found.spatial.spatial
    pairs: list[tuple[str, object, object]] = [
        ("stereo layout", got.layout, asked.layout),
        ("projection", got.projection, asked.projection),
    ]
    if found.spatial.has_vexu:
        pairs.append(("hero eye", got.hero, asked.hero))
    for what, value, told, step in (
        ("baseline", got.baseline, asked.baseline, 1e-6),
        ("disparity adjustment", got.disparity, asked.disparity, 1e-4),
        ("field of view", got.field_of_view, asked.field_of_view, 1e-3),
    ):
        near = value is not None and told is not None and abs(value - told) <= step
        pairs.append((what, told if near else value, told))
    return pairs


def _word(value: object) -> str:
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "there" if value else "not there"
    return str(value)
