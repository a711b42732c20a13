# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job asks of repair, and the repair that does it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import SecondEyeError
from ..project import Project, RepairRecord, Shot

if TYPE_CHECKING:
    from ..repair.repair import Repair


@dataclass(frozen=True)
class Strengths:
    """0 (off) to 1 for each branch, and the look-ahead in frames; None keeps the project's.

    Raises UsageError for values out of range.
    """

    spatial: float | None = None
    temporal: float | None = None
    semantic: float | None = None
    look_ahead: int | None = None

    def __post_init__(self) -> None:
        from ..repair import RepairSettings

        RepairSettings(**{k: v for k, v in vars(self).items() if v is not None})

    def apply(self, shots: Iterable[Shot], record: RepairRecord) -> None:
        """Set what is asked for in ``shots`` and in the project's record."""
        for shot in shots:
            for branch in ("spatial", "temporal", "semantic"):
                wanted = getattr(self, branch)
                if wanted is not None:
                    setattr(shot, branch, float(wanted))
        if self.look_ahead is not None:
            record.look_ahead = self.look_ahead


class Repairs:
    """The repair of each shot, loaded when it is first needed."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._loaded: dict[tuple[float, float, float, int], Repair] = {}

    def of(self, shot: Shot, look_ahead: int) -> Repair:
        """Repair as strong as ``shot`` wants it. Raises SecondEyeError for damaged weights."""
        from ..repair import RepairSettings
        from ..repair.repair import Repair

        key = (shot.spatial, shot.temporal, shot.semantic, look_ahead)
        if key not in self._loaded:
            self._loaded[key] = Repair(RepairSettings(*key), unit=self._unit)
        return self._loaded[key]


def check_repair(project: Project, stored: RepairRecord, present: Repair) -> None:
    """Raise SecondEyeError where frames of two repairs would mix in one project."""
    if stored.sha256 != present.sha256:
        raise SecondEyeError(
            f"{project.folder} was repaired with {stored.name or 'another repair'} as it was "
            f"before an update: run second-eye repair {project.folder} to repair all of it anew."
        )
