# SPDX-License-Identifier: GPL-3.0-or-later
"""One frame's relief as a file that other programs read: points, or splats."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import SecondEyeError, UsageError
from ..project import Project
from ..project.atomic import write_bytes
from .again import check_complete
from .eye_settings import EyeSettings
from .progress import IsCancelled, Report, stop_if
from .shaped import Shaped

FORMS = {"points": "points", "splats": "3D Gaussians"}


@dataclass(frozen=True)
class ExportJob:
    """Write timeline frame ``frame`` of ``project`` (None: its first) to the .ply file ``output``.

    ``form``: "points" (position, normal, colour; camera axes: x right, y up, looking along -z) or
    "splats" (3D Gaussians, see `delivery.splats`). ``near``, ``far``, ``strength`` replace the
    shot's. Scene units. ``layers``: with the foreground's soft rim and the background behind it,
    where the project has layers of its depth of today (`export_layers`). What stood at ``output``
    is replaced, and stays where the job fails.
    """

    project: str
    output: str
    frame: int | None = None
    form: str = "points"
    near: float | None = None
    far: float | None = None
    strength: float | None = None
    layers: bool = True

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers output, frame, points (their number), behind (how many of them are the
        background's), message.

        Raises SecondEyeError, UsageError, Cancelled.
        """
        stop_if(cancelled)
        output = self._check()
        project = Project.open(Path(self.project))
        check_complete(project)
        frame = project.manifest.first if self.frame is None else self.frame
        vertices, behind = self._vertices(project, frame)
        stop_if(cancelled)
        from ..delivery.ply import encode_ply

        comments = (f"Second Eye, frame {frame} of {project.manifest.clip.path}",)
        write_bytes(
            output,
            encode_ply(vertices, tuple(c.encode("ascii", "replace").decode() for c in comments)),
        )
        return {
            "output": str(output),
            "frame": frame,
            "points": len(vertices),
            "behind": behind,
            "message": f"{output}: {len(vertices)} {FORMS[self.form]} of frame {frame}"
            + (f", {behind} of them behind the foreground." if behind else "."),
        }

    def _check(self) -> Path:
        """Raise UsageError before anything is read."""
        if self.form not in FORMS:
            raise UsageError(f'There is no form "{self.form}": the forms are {", ".join(FORMS)}.')
        output = Path(self.output)
        if output.suffix.lower() != ".ply":
            raise UsageError(f"{output} is no .ply file: give a name that ends in .ply.")
        if output.is_dir():
            raise UsageError(f"{output} is a folder: name the file to write.")
        if not output.parent.is_dir():
            raise UsageError(f"{output.parent} is no folder: make it, or name another one.")
        return output

    def _vertices(self, project: Project, frame: int) -> tuple[np.ndarray, int]:
        """What is to be written, and how many of it belong to the background's layer."""
        from ..delivery.ply import point_vertices
        from ..delivery.splats import splat_vertices
        from .export_layers import sheets

        settings = EyeSettings(near=self.near, far=self.far, strength=self.strength)
        found = sheets(project, Shaped(project, settings), frame, self.layers)
        if not len(found[0].surface.points):
            raise SecondEyeError(
                f"The depth of frame {frame} is nothing but steps: lower the strength."
            )
        make = {"points": point_vertices, "splats": splat_vertices}[self.form]
        made = [make(sheet.surface, sheet.colours, sheet.alpha) for sheet in found]
        return np.concatenate(made), sum(len(sheet.alpha) for sheet in found[1:])
