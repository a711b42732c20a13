# SPDX-License-Identifier: GPL-3.0-or-later
"""The cuts of an analysed project: listed, found anew, set and taken out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..project import Manifest, Project
from ..project.shots import cuts_of, with_cuts
from .again import check_analysed, make_again
from .plates import find_cuts
from .progress import IsCancelled, Report, stop_if
from .work import Work


@dataclass(frozen=True)
class ShotsJob:
    """List the shots of ``project``, or change them.

    ``detect``: first find all cuts anew. ``merge``: frames at which a shot begins, that shall be
    one with the shot before; ``cut``: frames at which a new shot shall begin. ``move``: pairs of
    the frame at which a shot begins and the one at which it shall; it keeps its settings. Shots
    that differ afterwards are repaired and their ranges measured again; the settings of a new shot
    are those of the shot that showed its first frame.
    """

    project: str
    detect: bool = False
    cut: Sequence[int] = ()
    merge: Sequence[int] = ()
    move: Sequence[Sequence[int]] = ()

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers project, shots (name, first, last, spatial, temporal, semantic of each), frames
        (made again), message.

        Raises SecondEyeError, UsageError, Cancelled; then the project is as it was.
        """
        stop_if(cancelled)
        project = Project.open(Path(self.project))
        frames = 0
        if self.detect or self.cut or self.merge or self.move:
            with project.lock():
                check_analysed(project)
                work = Work(project, project.manifest, report, cancelled)
                moved = {new: old for old, new in self.move}
                target = with_cuts(project.manifest, self._cuts(work), moved=moved)
                frames = len(make_again(work, target))
        manifest = project.manifest
        return {
            "project": self.project,
            "shots": [
                {
                    name: getattr(shot, name)
                    for name in ("name", "first", "last", "spatial", "temporal", "semantic")
                }
                for shot in manifest.shots
            ],
            "frames": frames,
            "message": _message(self.project, manifest, frames),
        }

    def _cuts(self, work: Work) -> list[int]:
        manifest = work.old
        cuts = set(cuts_of(manifest))
        if self.detect:
            cuts = set(find_cuts(work, manifest.first, manifest.last))
        for n, done in [
            *((n, "merged") for n in self.merge),
            *((n, "moved") for n, _ in self.move),
        ]:
            if n not in cuts:
                known = ", ".join(map(str, sorted(cuts))) or "none"
                raise UsageError(
                    f"No shot of {self.project} begins at frame {n}, so nothing can be {done} "
                    f"there: its cuts are at {known}."
                )
            cuts.remove(n)
        kept = sorted([(n, n) for n in cuts] + [(old, new) for old, new in self.move])
        for (_, before), (old, new) in pairwise(kept):
            if new <= before:
                raise UsageError(
                    f"The cut of {self.project} at frame {old} can't stand at frame {new}: the one "
                    f"before it is at frame {before}."
                )
        for n in [*self.cut, *(new for _, new in self.move)]:
            if not manifest.first < n <= manifest.last:
                raise UsageError(
                    f"No shot of {self.project} can begin at frame {n}: a cut must lie behind "
                    f"frame {manifest.first}, up to frame {manifest.last}."
                )
            cuts.add(n)
        return sorted(cuts)


def _message(folder: str, manifest: Manifest, frames: int) -> str:
    lines = [
        f"{shot.name}  {shot.first} to {shot.last}  "
        f"spatial {shot.spatial:g}, temporal {shot.temporal:g}, semantic {shot.semantic:g}"
        for shot in manifest.shots
    ]
    again = f" {frames} frames were repaired again." if frames else ""
    count = "1 shot" if len(lines) == 1 else f"{len(lines)} shots"
    return "\n".join([f"{folder}: {count}.{again}", *lines])
