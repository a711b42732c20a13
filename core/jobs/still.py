# SPDX-License-Identifier: GPL-3.0-or-later
"""Both eyes of one frame in a picture, by the fast path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..project import Project
from .again import check_complete
from .eye_settings import EyeSettings
from .eyes import Eyes
from .progress import IsCancelled, Progress, Report, stop_if
from .tables import current_tables
from .targets import checked_colour, checked_frame, checked_target, spare_footage

SUFFIXES = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True)
class StillJob:
    """Write timeline frame ``frame`` of ``project`` (None: its first) to the picture ``output``,
    packed as ``format`` (`core.delivery.packing.PACKINGS`).

    The rig is the project's baked camera, else one suggested within ``budget`` (total parallax in
    picture widths). What stood at ``output`` is replaced, and stays where the job fails.
    """

    project: str
    output: str
    frame: int | None = None
    format: str = "sbs"
    budget: float = 0.02

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers output, frame, format, width, height, message.

        Raises SecondEyeError, UsageError, Cancelled.
        """
        from ..delivery import pack
        from ..delivery.packing import packing_named
        from ..media import write_image

        stop_if(cancelled)
        output = checked_target(self.output, SUFFIXES)
        packing_named(self.format)
        project = Project.open(Path(self.project))
        check_complete(project)
        spare_footage(project, output)
        checked_colour(project)
        manifest = project.manifest
        frame = checked_frame(manifest, manifest.first if self.frame is None else self.frame)
        tables = None
        if manifest.camera is None:
            tables = current_tables(project, report, cancelled)
        report(Progress("Warping", 0, 1))
        left, right = Eyes(project, EyeSettings(budget=self.budget), tables=tables).pair(frame)
        stop_if(cancelled)
        picture = pack(left, right, self.format)
        write_image(output, picture)
        report(Progress("Warping", 1, 1))
        height, width = picture.shape[:2]
        return {
            "output": str(output),
            "frame": frame,
            "format": self.format,
            "width": width,
            "height": height,
            "message": f"{output}: both eyes of frame {frame}, {width}x{height}.",
        }
