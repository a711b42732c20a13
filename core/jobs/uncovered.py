# SPDX-License-Identifier: GPL-3.0-or-later
"""What the moves of a scene's shots leave uncovered, and moves made to fit. Nothing is rendered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..project import Project
from ..stereo.fit_move import MOST_TRIED, fit
from .moved_shot import Measured, MovedShot
from .progress import IsCancelled, Progress, Report, stop_if


@dataclass(frozen=True)
class UncoveredJob:
    """Look at the moved ``shots`` of a scene (`moved_shot.MovedShot` says what each tells).

    ``limit``: None measures; a percentage makes the moves of each shot smaller, all alike, until no
    frame that is looked at (the move's extremes, four at most) leaves more uncovered, and first
    crops by up to ``most_crop`` percent at each side. The project is only read.
    """

    project: str
    shots: Sequence[Mapping[str, Any]]
    limit: float | None = None
    most_crop: float = 0.0

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers shots: of each first, before and after (`Measured`), share (of the strength),
        crop (percent at each side), refused ("", or why it could not be made to fit); message.

        Raises SecondEyeError, UsageError, Cancelled.
        """
        stop_if(cancelled)
        if not self.shots:
            raise UsageError("No shot is to be measured.")
        project = Project.open(Path(self.project))
        answers = []
        for number, told in enumerate(self.shots):
            report(Progress("Measuring", number, len(self.shots)))
            shot = MovedShot(project, told, cancelled)
            before = shot.measure()
            answers.append(self._fitted(shot, before, report, cancelled))
        report(Progress("Measuring", len(self.shots), len(self.shots)))
        return {"shots": answers, "message": ""}

    def _fitted(
        self, shot: MovedShot, before: Measured, report: Report, cancelled: IsCancelled
    ) -> dict[str, Any]:
        crop = shot.camera.crop
        same = {"first": shot.first, "before": before, "after": before, "share": 1.0,
                "crop": 100.0 * crop, "refused": ""}  # fmt: skip
        limit = self.limit
        if limit is None or before["uncovered"] <= limit:
            return same
        tried = 0

        def within(share: float, cropped: float) -> bool:
            nonlocal tried
            tried += 1
            report(Progress("Fitting", tried, MOST_TRIED))
            return shot.within(limit, share, cropped)

        try:
            share, crop = fit(within, crop, self.most_crop / 100.0)
        except UsageError as error:
            return same | {"refused": str(error)}
        return same | {
            "after": shot.measure(share, crop), "share": share, "crop": 100.0 * crop
        }  # fmt: skip
