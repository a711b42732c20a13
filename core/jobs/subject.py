# SPDX-License-Identifier: GPL-3.0-or-later
"""How deep the subject of a depth grade is, frame by frame, from the depth project's pictures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..errors import UsageError
from ..project import Project, edits, statistics
from ..stereo.subject import Subject
from .eye_settings import EyeSettings
from .pipeline import mapped
from .progress import IsCancelled, Progress, Report, stop_if
from .shaped import Shaped

STAGE = "subject"
FACE = 0.15
"""Picture widths: the side of a square that holds a face in a medium close-up."""


@dataclass(frozen=True)
class Place:
    """Where the subject is in the picture: a square of side ``size`` (picture widths) around
    ``across`` and ``down`` (0..1 of width and height, from the top left), or where the pictures
    ``edits/MASK/`` of a rasterised mask cover. Raises UsageError."""

    across: float = 0.5
    down: float = 0.5
    size: float = FACE
    mask: str = ""

    def __post_init__(self) -> None:
        if not (0.0 <= self.across <= 1.0 and 0.0 <= self.down <= 1.0 and 0.0 < self.size <= 1.0):
            raise UsageError(
                "The region must lie in the picture: give its middle as 0 to 1 of the width and "
                "height, and a size above 0, up to 1."
            )

    def inside(self, project: Project, frame: int, height: int, width: int) -> np.ndarray:
        """Which pixels show it, bool (height, width). Raises SecondEyeError."""
        if self.mask:
            path = edits.mask_path(project.folder, self.mask, frame)
            if not path.exists():  # drawn for other frames
                return np.zeros((height, width), bool)
            return edits.read(path, height, width)[0] >= 0.5
        clip = project.manifest.clip
        tall = self.size * clip.width / clip.height  # of the picture's height
        inside = np.zeros((height, width), bool)
        rows = _reach(self.down, tall, height)
        columns = _reach(self.across, self.size, width)
        inside[rows, columns] = True
        return inside


def measured(
    project: Project, place: Place, frames: Iterable[int], report: Report, cancelled: IsCancelled
) -> Subject:
    """The subject's median depth in each of ``frames``, as `core.project.statistics` keeps depth:
    stored V, or edited normalised inverse depth. Raises SecondEyeError, Cancelled."""
    shaped, asked = Shaped(project, EyeSettings()), list(frames)

    def look(frame: int) -> tuple[float | None, bool]:
        edited = statistics.is_edited(project.manifest, frame)
        values: np.ndarray = shaped.normalised(frame) if edited else project.read_depth(frame)
        shown = values[place.inside(project, frame, *values.shape)]
        return (float(np.median(shown)) if shown.size else None), edited

    values: Subject = {}
    with mapped(look, asked, workers=2, ahead=4) as looked:
        for done, (frame, (value, edited)) in enumerate(zip(asked, looked, strict=True), 1):
            stop_if(cancelled)
            if value is not None:
                values[frame] = value, edited
            report(Progress(STAGE, done, len(asked)))
    return values


def _reach(middle: float, size: float, count: int) -> slice:
    """The indices of ``count`` that the middle part ``size`` covers; one at least."""
    low = int(np.floor((middle - size / 2) * count + 0.5))
    high = int(np.floor((middle + size / 2) * count + 0.5))
    low = min(max(low, 0), count - 1)
    return slice(low, max(min(high, count), low + 1))
