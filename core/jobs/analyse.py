# SPDX-License-Identifier: GPL-3.0-or-later
"""Footage to a depth project: the job that the worker and ``second-eye depth`` run."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..project import Manifest, Project
from . import planning
from .analysis import Analysis
from .progress import IsCancelled, Progress, Report, stop_if
from .strengths import Repairs, Strengths

if TYPE_CHECKING:
    from ..depth import DepthModel


@dataclass(frozen=True)
class AnalyseJob:
    """Analyse timeline frames ``first..last`` (None: the clip's ends) of ``clip``.

    ``model`` is a name, file or folder, ``size`` its inference size, ``device`` where it runs,
    ``depth_size`` the longest side of the stored depth. An existing project is resumed, or widened
    to hold these frames; what stands there whole is kept. ``rate``: [numerator, denominator] in
    frames a second, for an image sequence, which has none of its own (24 where not given). Depth is
    estimated from the stored plate, never from the clip, so that a resumed run gives the files of
    an undisturbed one.

    ``spatial``, ``temporal``, ``semantic``: strength of each branch of repair in every shot, 0 to
    1; ``look_ahead``: frames that the temporal one sees; None keeps the project's, a new one
    repairs as strongly as it can. ``shots``: whether new frames are looked through for cuts.
    """

    clip: str
    project: str
    model: str | None = None
    first: int | None = None
    last: int | None = None
    size: int | None = None
    depth_size: int | None = None
    rate: Sequence[int] | None = None
    device: str | None = None
    spatial: float | None = None
    temporal: float | None = None
    semantic: float | None = None
    look_ahead: int | None = None
    shots: bool = True

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers project, first, last; plates, frames (estimated) and repaired (frames), each made
        now; shots (how many), model, notes, message.

        Raises SecondEyeError, UsageError, Cancelled; the project stays resumable.
        """
        from ..media import open_clip

        # Needed only when the first frame is written: missing, it must not leave a project behind.
        importlib.import_module("OpenEXR")
        stop_if(cancelled)
        strengths = self.strengths
        clip = open_clip(self.clip, planning.sequence_rate(self.rate))
        planning.check_rate(clip, self.rate)
        for note in clip.info.notes:
            report(Progress("open", 0, 1, note))
        frames = planning.requested_range(clip, self.first, self.last)
        folder = Path(self.project)
        model = None
        if Project.exists(folder):
            project = Project.open(folder)
            planning.check_clip(project, clip)
            planning.check_depth_size(project, self.depth_size)
            planning.check_project_rate(project, self.rate)
        else:
            depth_size = planning.depth_dimensions(
                clip.info.width, clip.info.height, self.depth_size
            )
            model = self.load_model(self.size)
            manifest = planning.new_manifest(folder, clip, frames, model, self.size, depth_size)
            strengths.apply(manifest.shots, manifest.repair)
            self._check_engine(manifest)
            project = Project.create(folder, manifest)
        adopts = False
        if model is None and any((self.model, self.size, self.device)):
            size = self.size or project.manifest.model.size
            model = self.load_model(size)
            # A model that failed before its first frame makes way only for what was asked for.
            adopts = bool(self.model or self.size) and planning.is_unused(project)
            adopts = adopts and not planning.is_model(project, model, self.size)
            if adopts and size != self.size:
                model = self.load_model(self.size)
            elif not adopts:
                planning.check_model(project, model, self.size)
        with project.lock():
            if adopts and model is not None:
                planning.adopt_model(project, model, self.size)
            return Analysis(self, project, clip, model, report, cancelled).run(frames)

    def load_model(self, size: int | None) -> DepthModel:
        """The model asked for, or the bundled one."""
        from ..depth import load_model

        return load_model(self.model, size, self.device)

    @property
    def strengths(self) -> Strengths:
        """What is asked of repair. Raises UsageError."""
        return Strengths(self.spatial, self.temporal, self.semantic, self.look_ahead)

    def _check_engine(self, manifest: Manifest) -> None:
        """Raise what would stop the stages after the first: it must not leave a project behind."""
        if self.shots:
            importlib.import_module("..media.shots", __package__)
        (shot,) = manifest.shots
        if shot.repaired:
            Repairs(manifest.model.unit).of(shot, manifest.repair.look_ahead)
