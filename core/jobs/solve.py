# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth tied to a camera solve: each frame's scale and shift from the solve's bundles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import SecondEyeError
from ..geometry.solve import CameraSolve, Sights
from ..geometry.solve_fit import fit_shot
from ..geometry.solve_frames import clip_frames, tracked_plates
from ..geometry.solve_path import path_of
from ..project import LensRecord, Manifest, Project, Shot, SolvedShot, SolveRecord
from ..project.solved import remember, without_solve
from .again import check_complete
from .metres import METRES
from .pipeline import mapped
from .progress import IsCancelled, Report, stop_if
from .ranging import Ranges
from .work import Work

LEAST_BUNDLES = 8
"""In a shot: with fewer, one wrong bundle makes the scene."""
WORST_ERROR = 1.0  # pixels of reprojection; solves that are good enough to build on have .2 to .7
WORST_BEND = 3.0  # pixels
AROUND = 2  # pixels each way: a marker's depth is uncertain by what depth does there


@dataclass(frozen=True)
class SolveJob:
    """Fit the depth of ``project`` to a camera solve, the file ``solve`` (`CameraSolve.save`).

    Scale and shift of every frame, near and far of every shot that the solve covers, the lens and
    the camera's path are then the solve's, in scene units; the numbers of before are kept, and
    given back by `ForgetSolveJob`. Used again, the earlier solve is forgotten first.
    """

    project: str
    solve: str

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers project, shots (name, bundles, sights, misfit of each that was fitted), left
        (names of those that the solve does not see), warnings, message.

        Raises SecondEyeError, Cancelled; then the project is as it was.
        """
        stop_if(cancelled)
        project, solve = Project.open(Path(self.project)), CameraSolve.load(self.solve)
        with project.lock():
            check_complete(project)
            _check_clip(project, solve)
            target, _ = without_solve(project.manifest)
            work = Work(project, target, report, cancelled)
            fitting = Fitting(work, solve)
            fitting.run()
            project.manifest = target
            project.save()
        return fitting.answer()


@dataclass(frozen=True)
class ForgetSolveJob:
    """Give ``project`` the numbers back that stood before a camera solve was used."""

    project: str

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers project, message. Raises SecondEyeError, where there is no solve too."""
        stop_if(cancelled)
        project = Project.open(Path(self.project))
        with project.lock():
            if project.manifest.solve is None:
                raise SecondEyeError(f"{project.folder} uses no camera solve: nothing to forget.")
            target, unmeasured = without_solve(project.manifest)
            work = Work(project, target, report, cancelled)
            Ranges(work, unmeasured).measure(lambda n: project)
            project.manifest = target
            project.save()
        return {
            "project": self.project,
            "message": f"{project.folder}: depth is as it was before the camera solve.",
        }


class Fitting:
    """One fit of a project's shots to a solve; ``work.target`` gets the numbers."""

    def __init__(self, work: Work, solve: CameraSolve) -> None:
        self.work, self.solve = work, solve
        self.manifest: Manifest = work.target
        self.fitted: list[SolvedShot] = []
        self.left: list[str] = []
        of_clip = clip_frames(self.manifest, work.project.folder, solve)
        pose = dict(zip(solve.frames.tolist(), solve.poses(), strict=True))
        self.poses = {n: pose[frame] for n, frame in of_clip.items() if frame in pose}
        if not self.poses:
            frames = solve.frames.astype(int)
            raise SecondEyeError(
                f'The solve of "{solve.name}" has cameras for the clip\'s frames {frames.min()} to '
                f"{frames.max()} only, and none of the analysed frames {self.manifest.first} to "
                f"{self.manifest.last} is among them: track and solve those."
            )
        self.sights = _by_frame(solve.sights(), of_clip)

    def run(self) -> None:
        """Fit, measure ranges, and write the record. Raises SecondEyeError, Cancelled."""
        manifest, work = self.manifest, self.work
        shots = [s for s in manifest.shots if any(n in self.poses for n in _frames(s))]
        self.left = [s.name for s in manifest.shots if s not in shots]
        self._check_bundles(shots)
        earlier = remember(manifest)
        self._done, self._total = 0, sum(len(_frames(s)) for s in shots)
        for shot in shots:
            self._fit(shot)
        path = path_of(self.poses, manifest.frames)
        manifest.solve = SolveRecord(
            clip=self.solve.name,
            error=self.solve.error,
            shots=self.fitted,
            path=[[float(value) for value in row] for row in path],
            earlier=earlier,
        )
        manifest.lens = LensRecord(self.solve.focal_over_width, "solve", manifest.lens.metadata)
        manifest.camera = manifest.ranges = manifest.window = None
        if manifest.model.unit == METRES:
            index = [n - manifest.first for shot in shots for n in _frames(shot)]
            # 1/Z in units is scale times 1/Z in metres.
            manifest.metres_per_unit = float(np.median(np.array(manifest.depth.scale)[index]))
        for shot in shots:
            # As if nobody had set them, so that the range decides.
            shot.near, shot.far, shot.strength = Shot.near, Shot.far, Shot.strength
            shot.bias, shot.contrast = Shot.bias, Shot.contrast
            shot.low, shot.high = 0.0, 1.0
        Ranges(work, shots).measure(lambda n: work.project)

    def answer(self) -> dict[str, Any]:
        names = {s.first: s.name for s in self.manifest.shots}
        told: list[dict[str, Any]] = [
            {
                "name": names[s.first],
                "bundles": s.bundles,
                "sights": s.sights,
                "cameras": s.cameras,
                "misfit": s.misfit,
            }
            for s in self.fitted
        ]
        lines = [
            f"{s['name']}: {s['bundles']} bundles, seen {s['sights']} times; their distances are "
            f"met within {100 * s['misfit']:.1f} % (median)."
            for s in told
        ]
        warnings = self._warnings()
        return {
            "project": str(self.work.project.folder),
            "shots": told,
            "left": self.left,
            "warnings": warnings,
            "message": "\n".join([*lines, *warnings]),
        }

    def _check_bundles(self, shots: list[Shot]) -> None:
        for shot in shots:
            count = len({b for n in _frames(shot) for b in self.sights.get(n, _NONE).bundle})
            if count < LEAST_BUNDLES:
                raise SecondEyeError(
                    f"{shot.name} (frames {shot.first} to {shot.last}) shows {count} solved "
                    f"bundles, and at least {LEAST_BUNDLES} are needed: track more points there "
                    "and solve again."
                )

    def _fit(self, shot: Shot) -> None:
        manifest, frames = self.manifest, _frames(shot)
        seen = [n for n in frames if n in self.sights]
        stored, spans = [], []
        with mapped(self._sampled, seen, workers=2, ahead=4) as sampled:
            for values, span in self.work.until_cancelled(sampled):
                stored.append(values)
                spans.append(span)
                self._done += 1
                self.work.tell("solve", self._done, self._total)
        distance = np.concatenate([self.sights[n].distance for n in seen])
        bundles = np.concatenate([self.sights[n].bundle for n in seen])
        index = np.repeat([n - shot.first for n in seen], [len(v) for v in stored])
        try:
            fit = fit_shot(
                len(frames),
                index,
                np.concatenate(stored),
                np.concatenate(spans),
                distance,
                manifest.model.unit == METRES,
            )
        except SecondEyeError as error:
            raise SecondEyeError(
                f'{shot.name} can\'t be tied to the solve of "{self.solve.name}": {error}.'
            ) from error
        begin = shot.first - manifest.first
        manifest.depth.scale[begin : begin + len(frames)] = [float(v) for v in fit.scale]
        manifest.depth.shift[begin : begin + len(frames)] = [float(v) for v in fit.shift]
        self.fitted.append(
            SolvedShot(
                first=shot.first,
                last=shot.last,
                bundles=len(np.unique(bundles)),
                sights=len(distance),
                cameras=sum(n in self.poses for n in frames),
                misfit=fit.misfit,
            )
        )

    def _sampled(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """V at the markers of frame ``n`` as the relief takes it, and its span around them."""
        depth, place = self.work.project.read_depth(n), self.sights[n].place
        height, width = depth.shape
        column = np.minimum((place[:, 0] * width).astype(int), width - 1)
        row = np.minimum(((1.0 - place[:, 1]) * height).astype(int), height - 1)
        step = np.arange(-AROUND, AROUND + 1)
        rows = np.clip(row[:, None, None] + step[:, None], 0, height - 1)
        columns = np.clip(column[:, None, None] + step[None, :], 0, width - 1)
        around = depth[rows, columns].reshape(len(row), -1).astype(np.float64)
        return depth[row, column].astype(np.float64), np.ptp(around, axis=1)

    def _warnings(self) -> list[str]:
        said = []
        if self.solve.error > WORST_ERROR:
            said.append(
                f"The solve's error is {self.solve.error:.2f} pixels: below {WORST_ERROR:g} the "
                "relief would stand stiller."
            )
        bends = np.concatenate([s.bend for s in self.sights.values()] or [np.zeros(1)])
        bend = float(np.percentile(bends, 90))
        if bend > WORST_BEND:
            said.append(
                f"Lens distortion or an off-centre lens moves markers by up to {bend:.1f} pixels; "
                "the relief stands on straight rays: undistort the footage first."
            )
        missing = [s for s in self.fitted if s.cameras < s.last - s.first + 1]
        if missing:
            count = sum(s.last - s.first + 1 - s.cameras for s in missing)
            said.append(f"{count} frames have no solved camera: they lie between their neighbours.")
        if self.left:
            said.append(f"The solve does not see {', '.join(self.left)}: left as before.")
        return said


_NONE = Sights(np.zeros(0, int), np.zeros(0, int), np.zeros((0, 2)), np.zeros(0), np.zeros(0))


def _frames(shot: Shot) -> range:
    return range(shot.first, shot.last + 1)


def _by_frame(sights: Sights, of_clip: dict[int, int]) -> dict[int, Sights]:
    """The sights of each timeline frame that has any; a clip frame may be several of them."""
    return dict(_picked(sights, of_clip))


def _picked(sights: Sights, of_clip: dict[int, int]) -> Iterator[tuple[int, Sights]]:
    order = np.argsort(sights.frame, kind="stable")
    sorted_frames = sights.frame[order]
    for n, frame in of_clip.items():
        begin, end = np.searchsorted(sorted_frames, [frame, frame + 1])
        own = order[begin:end]
        if len(own):
            yield (
                n,
                Sights(
                    sights.frame[own],
                    sights.bundle[own],
                    sights.place[own],
                    sights.distance[own],
                    sights.bend[own],
                ),
            )


def _check_clip(project: Project, solve: CameraSolve) -> None:
    """Raise SecondEyeError where neither the project's clip nor its plates were tracked."""
    if tracked_plates(solve, project.folder):
        return
    path = Path(solve.path)
    if not path.exists():
        raise SecondEyeError(
            f'{path}, the file of the movie clip "{solve.name}", is not there any more: put it '
            "back, or choose the clip again."
        )
    if _fingerprint(path, solve.sequence) != project.manifest.clip.fingerprint:
        raise SecondEyeError(
            f'The movie clip "{solve.name}" shows {path}, not the footage of {project.folder}: '
            "track and solve that clip, or the plates of the project."
        )


def _fingerprint(path: Path, sequence: bool) -> str:
    from ..media import open_clip
    from ..media.movie import file_digest

    return open_clip(path).fingerprint() if sequence else file_digest(path)
