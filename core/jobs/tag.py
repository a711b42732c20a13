# SPDX-License-Identifier: GPL-3.0-or-later
"""Metadata of stereo and projection for a movie that exists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from .progress import IsCancelled, Progress, Report, stop_if
from .spatial import checked_input, checked_output, of_rig, rational, spatial_named


@dataclass(frozen=True)
class TagJob:
    """Copy ``movie`` to ``output`` (which may be the same) with other tags; see `tag_movie`.

    ``layout``: mono, multiview, left-right, right-left, top-bottom, or a packing's name (sbs,
    half-sbs, half-top-bottom, vr180, mv-hevc). ``projection``: rectangular, vr180, vr360, fisheye;
    None: as the layout says. ``baseline`` in metres, ``disparity`` in picture widths,
    ``field_of_view`` in degrees; None: as ``rig`` says (see `of_rig`), else not told. ``rate``
    ([numerator, denominator]) and ``sound`` (a file) are for a raw stream with two views.
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
        found = inspect_movie(source)
        total = found.frames or 0
        report(Progress("tag", 0, total))
        stop = partial(stop_if, cancelled)
        timeless = source.suffix.lower() in RAW
        times = None if timeless else picture_times(source, stop)
        tags = Tags(found, times, output, told, self.faststart, self.sound is not None)
        tagged = tag_movie(
            source,
            output,
            told,
            rate=rational(self.rate),
            sound=None if self.sound is None else checked_input(self.sound),
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
