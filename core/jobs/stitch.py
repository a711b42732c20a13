# SPDX-License-Identifier: GPL-3.0-or-later
"""Two HEVC movies, one an eye, to one MV-HEVC movie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import SecondEyeError
from .progress import IsCancelled, Progress, Report, stop_if
from .spatial import checked_input, checked_output, spatial_named


@dataclass(frozen=True)
class StitchJob:
    """Stitch ``left`` and ``right`` into ``output``, and read it back; see `stitch_movies`.

    ``projection``: rectangular (None), vr180, vr360, fisheye; ``baseline`` in metres, ``disparity``
    in picture widths, ``field_of_view`` in degrees; None: not told.
    """

    left: str
    right: str
    output: str
    projection: str | None = None
    hero: str = "left"
    baseline: float | None = None
    disparity: float | None = None
    field_of_view: float | None = None
    faststart: bool = True

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers output, frames, checked (one line), message.

        Raises SecondEyeError, UsageError, Cancelled; what stood at the output stays then.
        """
        from ..delivery.check import Expected, verify
        from ..delivery.inspection import inspect_movie
        from ..delivery.multiview import stitch_movies

        stop_if(cancelled)
        told = spatial_named(
            "multiview",
            self.projection,
            self.hero,
            self.baseline,
            self.disparity,
            self.field_of_view,
        )
        left, right = checked_input(self.left), checked_input(self.right)
        output = checked_output(self.output)
        found = inspect_movie(left)
        total = found.frames or 0
        report(Progress("stitch", 0, total))
        checked = ""

        def check(whole: Path, pictures: int) -> None:
            nonlocal checked
            asked = Expected(
                frames=pictures,
                width=found.width,
                height=found.height,
                views=2,
                codec="hevc",
                bit_depth=8,
                spatial=told,
                sound=bool(found.sound),
                faststart=self.faststart,
            )
            read = verify(
                whole,
                asked,
                progress=lambda done: report(Progress("check", done, pictures)),
                stop=lambda: stop_if(cancelled),
            )
            checked = read.message.replace(whole.name, output.name)
            if not read.ok:
                raise SecondEyeError(checked)

        count = stitch_movies(
            left,
            right,
            output,
            told,
            faststart=self.faststart,
            progress=lambda pictures: report(Progress("stitch", pictures, total)),
            stop=lambda: stop_if(cancelled),
            check=check,
        )
        return {
            "output": str(output),
            "frames": count,
            "checked": checked,
            "message": f"{output}: MV-HEVC, experimental. {checked}",
        }
