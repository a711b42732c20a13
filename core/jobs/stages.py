# SPDX-License-Identifier: GPL-3.0-or-later
"""The stages of analysis, which any interruption may cut: plate, depth, range."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import SecondEyeError
from ..project import DONE, Manifest, Project, Shot
from ..project.extent import with_range
from ..project.ranges import RangeHistogram, count_codes
from . import metres, planning
from .pipeline import mapped
from .progress import IsCancelled, Progress, Report, stop_if
from .windows import estimates, forget_extension, note_extension, other_windows, plan

if TYPE_CHECKING:
    from ..depth import DepthEstimate, DepthModel
    from ..media import Clip
    from .analyse import AnalyseJob

# Expected error, as a share of the frame's nearest inverse depth, at which confidence is one half.
HALF_SURE = 0.1


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
        self.report, self.cancelled = report, cancelled

    def run(self, requested: tuple[int, int]) -> dict[str, Any]:
        project = self.project
        self.old = old = project.manifest
        self.target = target = self._target(requested)
        self.measured = [i for i, shot in enumerate(target.shots) if self._is_new(shot, old)]
        self.others = other_windows(old, target)
        self.histograms = {i: RangeHistogram() for i in self.measured}
        stored = self._read_stored()
        missing = [n for n in target.frames if n not in stored]
        if missing and self.model is None:
            self.model = self.job.load_model(old.model.size)
            planning.check_model(project, self.model, self.job.size)
        self.notes = [*self.clip.info.notes]
        for note in getattr(self.model, "notes", ()) if missing else ():
            self.notes.append(note)
            self.report(Progress("open", 0, 1, note))
        # Nothing is removed or saved before this: a refused run leaves the project as it was.
        for n in self.others:
            project.depth_path(n).unlink(missing_ok=True)
        note_extension(project, target)
        if not old.complete:
            # Nothing was promised yet: the manifest may say what is being made. A finished one
            # keeps describing the finished frames until all of the new ones are finished.
            project.manifest = target
            project.save()
        project.make_folders()
        plates = self._make_plates()
        self._finish("plate")
        self._make_depth(missing)
        self._finish("depth")
        for done, index in enumerate(self.measured):
            self.report(Progress("range", done, len(self.measured)))
            shot = target.shots[index]
            low, high = self.histograms[index].limits()
            if target.model.unit == metres.METRES:
                metres.measure(shot, low, high)
            else:
                shot.low, shot.high = low, high
        forget_extension(target, old)
        project.manifest = target
        self._finish("range")
        self.report(Progress("range", len(self.measured), len(self.measured)))
        return self._answer(plates, len(missing))

    def _target(self, requested: tuple[int, int]) -> Manifest:
        """The manifest as it will stand at the end. A finished range only ever grows."""
        old = self.project.manifest
        first, last = requested
        if old.complete:
            if first > old.last + 1 or last < old.first - 1:
                gap = f"{min(last, old.last) + 1} to {max(first, old.first) - 1}"
                note = f"Frames {gap} are analysed too: a project's frames follow without gaps."
                self.report(Progress("open", 0, 1, note))
            first, last = min(first, old.first), max(last, old.last)
        target = with_range(old, first, last)
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

    @staticmethod
    def _is_new(shot: Shot, old: Manifest) -> bool:
        ranges = {(s.first, s.last) for s in old.shots}
        return not old.complete or (shot.first, shot.last) not in ranges

    def _finish(self, stage: str) -> None:
        if self.project.manifest is self.target:
            self.target.stages[stage].state = DONE
            self.project.save()

    def _read_stored(self) -> set[int]:
        """Frames whose depth and confidence can be read; the others are made again."""
        project = self.project
        present = [
            n
            for n in self.target.frames
            if n not in self.others
            and project.depth_path(n).exists()
            and project.confidence_path(n).exists()
        ]

        def read(n: int) -> tuple[int, np.ndarray | None]:
            try:
                project.read_confidence(n)
                return n, self._count(n, project.read_depth(n).astype(np.float16))
            except SecondEyeError:
                return n, None

        whole = set()
        with mapped(read, present, workers=2, ahead=4) as results:
            for done, (n, counts) in enumerate(results):
                stop_if(self.cancelled)
                self.report(Progress("check", done + 1, len(present)))
                if counts is not None:
                    whole.add(n)
                    self._add(n, counts)
        return whole

    def _make_plates(self) -> int:
        """Conform the clip to numbered pictures; returns how many were made."""
        from ..media import write_image

        project, total = self.project, len(self.target.frames)
        missing = [n for n in self.target.frames if not project.plate_is_whole(n)]
        done = total - len(missing)

        def write(frame: tuple[int, np.ndarray]) -> None:
            number, rgb = frame
            write_image(project.plate_path(number), rgb)

        for first, last in _runs(missing):
            made = 0
            with mapped(write, self.clip.frames(first, last), workers=2, ahead=4) as results:
                for made, _ in enumerate(results, start=1):
                    stop_if(self.cancelled)
                    self.report(Progress("plate", done + made, total))
            if made < last - first + 1:
                raise SecondEyeError(
                    f"{self.clip.path} ends at frame {first + made - 1}, before frame {last}: "
                    "choose a range that ends there."
                )
            done += made
        return len(missing)

    def _make_depth(self, missing: list[int]) -> None:
        """Estimate depth from the stored plates; reading ahead and writing behind the model."""
        from ..depth import upsample_to

        if not missing:
            return
        model, project = self.model, self.project
        assert model is not None  # loaded above where frames are missing
        if model.window > 1:
            self._make_windows(model, missing)
            return
        height, width = self.target.depth.height, self.target.depth.width
        total = len(self.target.frames)
        done = total - len(missing)

        def store(estimate: DepthEstimate, n: int) -> tuple[int, np.ndarray]:
            full = upsample_to(estimate, height, width)
            values = project.write_depth(n, full.inverse_depth, confidence(full))
            return n, self._count(n, values)

        def until_cancelled(plates: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
            for plate in plates:
                stop_if(self.cancelled)
                yield plate

        streams = model.streams
        self.report(Progress("depth", done, total))
        with (
            mapped(project.read_plate, missing, workers=1, ahead=streams + 2) as plates,
            mapped(
                model.infer, until_cancelled(plates), workers=streams, ahead=streams + 1
            ) as seen,
            mapped(lambda pair: store(*pair), zip(seen, missing, strict=True), 2, 3) as results,
        ):
            for n, counts in results:
                stop_if(self.cancelled)
                self._add(n, counts)
                done += 1
                self.report(Progress("depth", done, total))

    def _make_windows(self, model: DepthModel, missing: list[int]) -> None:
        """Estimate depth with a model that looks at several frames together.

        A window is brought to the scale of depth that is read back as it was stored, so it makes
        no difference whether the windows before it ran a moment or a week ago.
        """
        total = len(self.target.frames)
        done, lacking = total - len(missing), set(missing)
        self.report(Progress("depth", done, total))
        for shot in self.target.shots:
            finished = None
            if self.old.complete:
                first, last = max(shot.first, self.old.first), min(shot.last, self.old.last)
                finished = (first, last) if first <= last else None
            extent = (shot.first, shot.last)
            for window in plan(extent, finished, model.window, model.context):
                if lacking.isdisjoint(window.new):
                    continue
                stop_if(self.cancelled)
                size = self.target.depth.height, self.target.depth.width
                for n, full in estimates(self.project, model, window, lacking, size):
                    stop_if(self.cancelled)
                    values = self.project.write_depth(n, full.inverse_depth, confidence(full))
                    self._add(n, self._count(n, values))
                    done += 1
                    self.report(Progress("depth", done, total))

    def _shot_index(self, n: int) -> int:
        return next(i for i, s in enumerate(self.target.shots) if s.first <= n <= s.last)

    def _count(self, n: int, values: np.ndarray) -> np.ndarray:
        index = n - self.target.first
        depth = self.target.depth
        return count_codes(values, depth.scale[index], depth.shift[index])

    def _add(self, n: int, counts: np.ndarray) -> None:
        index = self._shot_index(n)
        if index in self.histograms:
            self.histograms[index].add(counts)

    def _answer(self, plates: int, frames: int) -> dict[str, Any]:
        manifest, folder = self.project.manifest, self.project.folder
        if plates or frames:
            message = (
                f"{folder}: frames {manifest.first} to {manifest.last} are analysed "
                f"({frames} made now, {manifest.depth.width}x{manifest.depth.height}, "
                f"model {manifest.model.name})."
            )
        else:
            message = (
                f"Nothing to do: frames {manifest.first} to {manifest.last} of {folder} "
                "are analysed already."
            )
        return {
            "project": str(folder),
            "first": manifest.first,
            "last": manifest.last,
            "frames": frames,
            "plates": plates,
            "model": manifest.model.name,
            "notes": self.notes,
            "message": message,
        }


def confidence(estimate: DepthEstimate) -> np.ndarray:
    """Confidence float32 (h, w) in 0..1, 1 = sure: 1 / (1 + u / (0.1 m)).

    u is the model's expected absolute error in the unit of its inverse depth and m the frame's
    nearest inverse depth; the ratio makes models of any unit comparable. A model that tells no
    uncertainty is taken at its word: 1.
    """
    if estimate.uncertainty is None:
        return np.ones_like(estimate.inverse_depth)
    nearest = max(float(estimate.inverse_depth.max()), 1e-6)
    return 1.0 / (1.0 + estimate.uncertainty / np.float32(HALF_SURE * nearest))


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """Runs of consecutive numbers, as (first, last)."""
    start = 0
    for i in range(1, len(numbers) + 1):
        if i == len(numbers) or numbers[i] != numbers[i - 1] + 1:
            yield numbers[start], numbers[i - 1]
            start = i
