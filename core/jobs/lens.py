# SPDX-License-Identifier: GPL-3.0-or-later
"""The lens of a clip whose file tells nothing, estimated from the lines in its plates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import SecondEyeError
from ..geometry.vanishing import agreed, focal_from_lines
from ..project import LensRecord, Project
from .progress import IsCancelled, Progress, Report, stop_if

PICTURES = 8
LONGEST = 960  # pixels; finer lines tell nothing more


@dataclass(frozen=True)
class LensJob:
    """Estimate the lens of ``project`` from up to `PICTURES` of its plates, and write it there.

    Where the lines don't agree on one, the lens stays as it is, and the answer says so.
    """

    project: str

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers project, focal_over_width or None, message. Raises SecondEyeError, Cancelled."""
        project = Project.open(Path(self.project))
        with project.lock():
            manifest = project.manifest
            if manifest.solve is not None:
                raise SecondEyeError(
                    f"{project.folder} uses a camera solve, which brings its own lens: forget the "
                    "solve first."
                )
            frames = np.unique(np.linspace(manifest.first, manifest.last, PICTURES).round())
            guesses = []
            for done, n in enumerate(frames.astype(int)):
                stop_if(cancelled)
                report(Progress("lens", done, len(frames)))
                grey = _grey(project.read_plate(int(n)))
                guesses.append(focal_from_lines(_lines(grey), grey.shape[1], grey.shape[0]))
            found = agreed(guesses)
            if found is not None:
                manifest.lens = LensRecord(
                    found.focal_over_width, "estimate", manifest.lens.metadata
                )
                project.save()
        if found is None:
            message = "The picture has too few straight lines at right angles to tell its lens by."
            return {"project": self.project, "focal_over_width": None, "message": message}
        return {
            "project": self.project,
            "focal_over_width": found.focal_over_width,
            "message": f"The lens is estimated as {36 * found.focal_over_width:.1f} mm (36 mm "
            f"sensor); {100 * found.score:.0f} % of the lines agree.",
        }


def _grey(plate: np.ndarray) -> np.ndarray:
    import cv2

    if plate.dtype != np.uint8:
        plate = (plate >> 8).astype(np.uint8)
    height, width = plate.shape[:2]
    ratio = LONGEST / max(width, height)
    if ratio < 1.0:
        size = max(1, round(width * ratio)), max(1, round(height * ratio))
        plate = cv2.resize(plate, size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(plate, cv2.COLOR_RGB2GRAY)


def _lines(grey: np.ndarray) -> np.ndarray:
    """Segments (N, 4) by R. Grompone von Gioi et al., "LSD", IEEE PAMI 32 (2010)."""
    import cv2

    found = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD).detect(grey)[0]
    return np.zeros((0, 4)) if found is None else found[:, 0].astype(np.float64)
