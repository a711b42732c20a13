# SPDX-License-Identifier: GPL-3.0-or-later
"""The stages of analysis, which any interruption may cut: plate, depth, repair, range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import SecondEyeError
from ..project import DONE, Manifest, Project
from ..project.extent import with_range
from ..project.shots import touched
from . import planning
from .base import make_estimates, whole_estimates
from .depth import Depth
from .plates import make_plates, with_shots
from .progress import IsCancelled, Report
from .windows import forget_extension, note_extension, other_windows
from .work import Work

if TYPE_CHECKING:
    from ..depth import DepthModel
    from ..media import Clip
    from .analyse import AnalyseJob


class Analysis:
    """One run over a locked project."""

    def __init__(
        self,
        job: AnalyseJob,
        project: Project,
        clip: Clip,
        model: DepthModel | None,
        report: Report,
        cancelled: IsCancelled,
    ) -> None:
        self.job, self.project, self.clip, self.model = job, project, clip, model
        self.work = Work(project, project.manifest, report, cancelled)

    def run(self, requested: tuple[int, int]) -> dict[str, Any]:
        project, work, old = self.project, self.work, self.work.old
        work.target = self._target(requested)
        others = other_windows(old, work.target)
        whole = whole_estimates(work, others)
        missing = [n for n in work.target.frames if n not in whole]
        depth = Depth(work, touched(old, work.target), others)
        depth.load()
        if missing and self.model is None:
            self.model = self.job.load_model(old.model.size)
            planning.check_model(project, self.model, self.job.size)
        self.notes = [*self.clip.info.notes]
        for note in getattr(self.model, "notes", ()) if missing else ():
            self.notes.append(note)
            work.tell("open", 0, 1, note)
        # Nothing is removed or saved before this: a refused run leaves the project as it was.
        for n in others:
            project.base_path(n).unlink(missing_ok=True)
            project.depth_path(n).unlink(missing_ok=True)
        note_extension(project, work.target)
        depth.stale |= work.adopt(work.target)
        project.make_folders()
        plates = make_plates(work, self.clip)
        if self._looks_for_shots():
            depth.stale |= work.adopt(with_shots(work))
        work.finish("plate")
        if missing:
            assert self.model is not None  # loaded above
            make_estimates(work, self.model, missing)
        work.finish("depth")
        forget_extension(work.target, old)
        self.notes += depth.notes
        return self._answer(plates, len(missing), len(depth.run()))

    def _target(self, requested: tuple[int, int]) -> Manifest:
        """The manifest as it will stand at the end. A finished range only ever grows."""
        old = self.work.old
        first, last = requested
        if old.complete:
            if first > old.last + 1 or last < old.first - 1:
                gap = f"{min(last, old.last) + 1} to {max(first, old.first) - 1}"
                note = f"Frames {gap} are analysed too: a project's frames follow without gaps."
                self.work.tell("open", 0, 1, note)
            first, last = min(first, old.first), max(last, old.last)
        target = with_range(old, first, last)
        if old.solve is not None and target.solve is None:
            note = "The camera solve does not know the new frames: Use Camera Solve again for them."
            self.work.tell("open", 0, 1, note)
        self.job.strengths.apply(target.shots, target.repair)
        if not self._clip_is_found():
            target.clip.path, target.clip.absolute = planning.clip_paths(
                self.project.folder, self.clip.path
            )
        return target

    def _clip_is_found(self) -> bool:
        try:
            self.project.clip_path()
        except SecondEyeError:
            return False
        return True

    def _looks_for_shots(self) -> bool:
        """Once for every frame: afterwards the cuts are the artist's."""
        old, target = self.work.old, self.work.target
        if not self.job.shots:
            return False
        if self.work.promised:
            return (old.first, old.last) != (target.first, target.last)
        return target.stages["plate"].state != DONE

    def _answer(self, plates: int, frames: int, repaired: int) -> dict[str, Any]:
        manifest, folder = self.project.manifest, self.project.folder
        extent = f"frames {manifest.first} to {manifest.last}"
        if plates or frames or repaired:
            cuts = "" if len(manifest.shots) == 1 else f"{len(manifest.shots)} shots, "
            message = (
                f"{folder}: {extent} are analysed ({frames} estimated and {repaired} repaired now, "
                f"{cuts}{manifest.depth.width}x{manifest.depth.height}, "
                f"model {manifest.model.name})."
            )
        else:
            message = f"Nothing to do: {extent} of {folder} are analysed already."
        return {
            "project": str(folder),
            "first": manifest.first,
            "last": manifest.last,
            "frames": frames,
            "plates": plates,
            "repaired": repaired,
            "shots": len(manifest.shots),
            "model": manifest.model.name,
            "notes": self.notes,
            "message": message,
        }
