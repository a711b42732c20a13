# SPDX-License-Identifier: GPL-3.0-or-later
"""The second half of every analysis: stored estimates to repaired depth, its range, its flicker.

Analysis ends with it; `repair` and `shots` are nothing else.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ..errors import SecondEyeError
from ..project import DONE, swap
from ..project.files import FrameFiles
from ..project.shots import changed, touched
from ..repair import RepairSettings
from .flickering import measure_flicker
from .pipeline import mapped
from .ranging import Ranges
from .repairing import repair_shot
from .strengths import Repairs, check_repair
from .work import Work


class Depth:
    """Depth of ``work``'s project; made after the estimates stand.

    Where a finished project's frames are made anew, they are made beside the old ones and
    replace them when all are whole (`core.project.swap`): cancelled, the project is as it was.
    """

    def __init__(self, work: Work, stale: set[int], others: Collection[int] = frozenset()) -> None:
        """``stale``: frames whose depth is wanted anew; ``others``: of other estimates."""
        self.work, self.stale = work, set(stale)
        self.repairs = Repairs(work.target.model.unit)
        kept = [n for n in work.target.frames if n not in stale and n not in others]
        self.lost = set(work.target.frames) - stale - self._whole(work.project, kept)

    @property
    def missing(self) -> list[int]:
        """Frames that this run must make."""
        return sorted((self.stale | self.lost) & set(self.work.target.frames))

    @property
    def notes(self) -> list[str]:
        """What is done otherwise than asked for, in sentences."""
        target, missing = self.work.target, self.missing
        steadied = [s for s in target.shots if s.temporal > 0]
        if not any(s.first <= n <= s.last for s in steadied for n in missing):
            return []
        asked = target.repair.look_ahead
        ahead = RepairSettings(look_ahead=asked).ahead(target.depth.width * target.depth.height)
        if ahead == asked:
            return []
        return [
            f"Depth of {target.depth.width}x{target.depth.height} is repaired with a look-ahead of "
            f"{ahead} frames, not {asked}: more of them would take too much memory."
        ]

    def load(self, anew: bool = False) -> None:
        """Load what `run` needs, before anything is written. ``anew``: the repair of today may
        take the place of the one that made the frames which stand there.

        Raises SecondEyeError where frames of two repairs would mix.
        """
        target, missing = self.work.target, set(self.missing)
        repaired = [shot for shot in target.shots if shot.repaired]
        frames = {n for shot in repaired for n in range(shot.first, shot.last + 1)}
        if not repaired or (missing.isdisjoint(frames) and not anew):
            return
        present = self.repairs.of(repaired[0], target.repair.look_ahead)
        if not (anew or frames <= missing):
            check_repair(self.work.project, target.repair, present)
        target.repair = replace(target.repair, name=present.name, sha256=present.sha256)
        self.stale |= touched(self.work.old, target)

    def run(self) -> set[int]:
        """Repair, range, flicker; then the project is finished. Returns the frames made now."""
        work, project, target = self.work, self.work.project, self.work.target
        missing, old = self.missing, self.work.old
        beside: FrameFiles | None = None
        if work.promised and self.stale:
            beside = swap.begin(project.folder, target)
            missing = sorted(set(missing) - self._whole(beside, missing))
        else:
            swap.clear(project.folder)
        made = set(self.missing)

        def place(n: int) -> FrameFiles:
            return beside if beside is not None and n in made else project

        shots = changed(old, target) if work.promised else target.shots
        ranges = Ranges(work, shots)
        total = len(target.frames)
        done = total - len(missing)
        for note in self.notes:
            work.tell("repair", done, total, note)
        work.tell("repair", done, total)
        for shot in target.shots:
            wanted = [n for n in missing if shot.first <= n <= shot.last]
            if not wanted:
                continue
            for n, stored in repair_shot(work, self.repairs, shot, wanted, place):
                ranges.add(n, stored)
                done += 1
                work.tell("repair", done, total)
        work.finish("repair")
        ranges.measure(place)
        measure_flicker(work, shots, place, (beside or project).folder)
        for stage in target.stages.values():
            stage.state = DONE
        if beside is not None:
            project.replace_depth(target)
        else:
            project.manifest = target
            project.save()
        return set(missing)

    def _whole(self, files: FrameFiles, frames: list[int]) -> set[int]:
        present = [
            n for n in frames if files.depth_path(n).exists() and files.confidence_path(n).exists()
        ]

        def read(n: int) -> int | None:
            try:
                files.read_confidence(n)
                files.read_depth(n)
            except SecondEyeError:
                return None
            return n

        whole = set()
        with mapped(read, present, workers=2, ahead=4) as results:
            for done, n in enumerate(self.work.until_cancelled(results), start=1):
                self.work.tell("check", done, len(present))
                if n is not None:
                    whole.add(n)
        return whole
