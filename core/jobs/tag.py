# SPDX-License-Identifier: GPL-3.0-or-later
"""Metadata of stereo and projection for a movie that exists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import UsageError
from .progress import IsCancelled, Progress, Report, stop_if
from .spatial import checked_input, checked_output, of_rig, rational, spatial_named


@dataclass(frozen=True)
class TagJob:
    """Copy ``movie`` to ``output`` (which may be the same) with other tags; see `tag_movie`.

    ``layout``: mono, multiview, left-right, right-left, top-bottom, or a packing's name (sbs,
    half-sbs, half-top-bottom, vr180, mv-hevc). ``projection``: rectangular, vr180, vr360, fisheye;
    None: as the layout says. ``baseline`` in metres, ``disparity`` in picture widths,
    ``field_of_view`` in degrees; None: as ``rig`` says (see `of_rig`), else not told. ``rate``
    ([numerator, denominator]) is for a raw stream with two views. ``sound``: a file whose sound
    replaces the movie's own, from its first picture on.
    """

    movie: str
    output: str
    layout: str
    projection: str | None = None
    hero: str = "left"
    baseline: float | None = None
    disparity: float | None = None
    field_of_view: float | None = None
    rig: dict[str, Any] | None = None
    rate: Sequence[int] | None = None
    sound: str | None = None
    faststart: bool = True

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers output, layout, projection, written (kinds of tags), notes, checked (one line),
        message.

        Raises SecondEyeError, UsageError, Cancelled; nothing is left of the output then.
        """
        from ..delivery.inspection import inspect_movie
        from ..delivery.shown import picture_times
        from ..delivery.tag import RAW, tag_movie
        from .tag_check import Tags

        stop_if(cancelled)
        told = spatial_named(
            self.layout,
            self.projection,
            self.hero,
            self.baseline,
            self.disparity,
            self.field_of_view,
        )
        if self.rig is not None:
            told = of_rig(told, self.rig)
        source, output = checked_input(self.movie), checked_output(self.output)
        sound = None if self.sound is None else _audible(checked_input(self.sound))
        found = inspect_movie(source)
        total = found.frames or 0
        report(Progress("tag", 0, total))
        stop = partial(stop_if, cancelled)
        timeless = source.suffix.lower() in RAW
        times = None if timeless else picture_times(source, stop)
        tags = Tags(found, times, output, told, self.faststart, sound is not None)
        tagged = tag_movie(
            source,
            output,
            told,
            rate=rational(self.rate),
            sound=sound,
            faststart=self.faststart,
            progress=lambda pictures: report(Progress("tag", pictures, total)),
            stop=stop,
            check=lambda whole, pictures: tags.check(whole, pictures, report, stop),
        )
        kinds = ", ".join(tagged.written) or "no tags"
        message = f"{output}: {told.layout}, {told.projection} ({kinds})."
        return {
            "output": str(output),
            "layout": told.layout,
            "projection": told.projection,
            "written": list(tagged.written),
            "notes": list(tagged.notes),
            "checked": tags.line,
            "message": " ".join([message, tags.line, *tagged.notes]),
        }


def _audible(path: Path) -> Path:
    from ..media.audio_encoding import has_sound

    if not has_sound(path):
        raise UsageError(f"{path} has no sound: leave --sound away, or name a file that has some.")
    return path
