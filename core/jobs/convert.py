# SPDX-License-Identifier: GPL-3.0-or-later
"""Footage to a stereo movie without a render: the fast path."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import SecondEyeError, UsageError
from ..project import Project
from . import planning
from .eyes import Eyes, EyeSettings
from .pipeline import mapped
from .progress import IsCancelled, Progress, Report, stop_if

if TYPE_CHECKING:
    from ..media import Clip

WORKERS, AHEAD = 2, 4  # frames under way: memory doesn't grow with the clip


@dataclass(frozen=True)
class ConvertJob:
    """Write the movie ``output`` in ``format`` (see ``core.delivery.PACKINGS``).

    ``clip`` or ``project`` or both: without a project, NAME.secondeye beside the output serves,
    NAME being the clip's; without a clip, the project's own. Depth that is missing is made first,
    with ``model``. ``first..last`` are timeline frames, both included (None: all of the clip, or
    of the project where no clip is given). ``rate``: [numerator, denominator] in frames a second,
    for an image sequence, which has none of its own.

    The rig is the project's baked camera, else one suggested for the whole project within
    ``budget`` (total parallax in picture widths); ``interocular`` and ``convergence`` (scene
    units) replace its numbers, ``near``, ``far`` and ``strength`` those of every shot.
    """

    output: str
    format: str = "sbs"
    clip: str | None = None
    project: str | None = None
    model: str | None = None
    first: int | None = None
    last: int | None = None
    near: float | None = None
    far: float | None = None
    strength: float | None = None
    interocular: float | None = None
    convergence: float | None = None
    budget: float = 0.02
    rate: Sequence[int] | None = None

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers output, project, format, first, last, frames, width, height, rig, sound,
        message; ``rig`` holds the first frame's interocular and convergence.

        Raises SecondEyeError, UsageError, Cancelled; no movie is left then, the project stays.
        """
        from ..delivery import packing_named
        from ..media import MovieWriter, open_clip

        stop_if(cancelled)
        packing = packing_named(self.format)
        output = _checked_output(self.output)
        settings = EyeSettings(
            self.near, self.far, self.strength, self.interocular, self.convergence, self.budget
        )
        clip = None
        if self.clip or not self.project:
            clip = open_clip(self._clip_path(), planning.sequence_rate(self.rate))
            planning.check_rate(clip, self.rate)
        if clip is not None and _same_file(clip.path, output):
            raise UsageError(f"{output} is the clip itself: give the movie another name.")
        project, (first, last) = self._analysed(clip, output, report, cancelled)
        manifest = project.manifest
        eyes = Eyes(project, settings, self.format)
        sound = self._sound(project, clip, report)
        width, height = packing.size(manifest.clip.width, manifest.clip.height)
        rate = manifest.timeline.rate
        frames = range(first, last + 1)
        report(Progress("convert", 0, len(frames)))
        with (
            MovieWriter(
                output,
                width,
                height,
                rate,
                audio_from=sound,
                audio_start=(first - 1) / rate,
                audio_origin=None if sound is None else (clip or open_clip(sound)).origin,
            ) as movie,
            mapped(eyes.packed, frames, WORKERS, AHEAD) as pictures,
        ):
            for done, picture in enumerate(pictures, start=1):
                stop_if(cancelled)
                movie.write(picture)
                report(Progress("convert", done, len(frames)))
        rig = eyes.rig(first)
        return {
            "output": str(output),
            "project": str(project.folder),
            "format": self.format,
            "first": first,
            "last": last,
            "frames": len(frames),
            "width": width,
            "height": height,
            "rig": {"interocular": rig.interocular, "convergence": rig.convergence},
            "sound": sound is not None,
            "message": f"{output}: {_counted(len(frames))}, {width}x{height}, {self.format}"
            f"{', with sound' if sound else ''}.",
        }

    def _clip_path(self) -> str:
        if self.clip is None:
            raise UsageError("Convert needs a clip or a depth project: give one of them.")
        return self.clip

    def _analysed(
        self, clip: Clip | None, output: Path, report: Report, cancelled: IsCancelled
    ) -> tuple[Project, tuple[int, int]]:
        """The project with depth for every frame asked for, and those frames."""
        folder = Path(self.project) if self.project else self._default_project(output)
        project = Project.open(folder) if clip is None or Project.exists(folder) else None
        if project is not None and clip is not None:
            planning.check_clip(project, clip)
            planning.check_project_rate(project, self.rate)
        if clip is not None:
            first, last = planning.requested_range(clip, self.first, self.last)
        else:
            assert project is not None
            manifest = project.manifest
            first = manifest.first if self.first is None else self.first
            last = manifest.last if self.last is None else self.last
            count = len(manifest.timeline.source_pts)
            if not 1 <= first <= last <= count:
                raise UsageError(
                    f"{folder} has the frames 1 to {count}, not {first} to {last}: "
                    "choose a range inside it."
                )
        if project is None or self.model is not None or not _covers(project, first, last):
            from .analyse import AnalyseJob

            path = str(clip.path) if clip is not None else str(_opened(project).clip_path())
            AnalyseJob(
                clip=path,
                project=str(folder),
                model=self.model,
                first=first,
                last=last,
                rate=self.rate if clip is not None else None,
            ).run(report, cancelled)
            project = Project.open(folder)
        return project, (first, last)

    def _default_project(self, output: Path) -> Path:
        return output.parent / f"{Path(self._clip_path()).stem}.secondeye"

    @staticmethod
    def _sound(project: Project, clip: Clip | None, report: Report) -> Path | None:
        """The clip, where it has sound to copy."""
        if clip is not None:
            return clip.path if clip.info.has_audio else None
        if not project.manifest.clip.has_audio:
            return None
        try:
            return project.clip_path()
        except SecondEyeError as error:
            report(Progress("convert", 0, 0, f"The movie stays silent: {error}"))
            return None


def _opened(project: Project | None) -> Project:
    if project is None:
        raise UsageError("Convert needs a clip or a depth project: give one of them.")
    return project


def _covers(project: Project, first: int, last: int) -> bool:
    """Whether every file is there; one that is damaged says so when it is read."""
    manifest = project.manifest
    if not (manifest.complete and manifest.first <= first and last <= manifest.last):
        return False
    return all(
        project.depth_path(n).exists() and project.plate_path(n).exists()
        for n in range(first, last + 1)
    )


def _checked_output(name: str) -> Path:
    """Found out now, not after hours of analysis. Raises SecondEyeError."""
    output = Path(name).expanduser()
    if output.is_dir():
        raise UsageError(f"{output} is a folder: give the movie a name such as movie.mp4.")
    if not output.suffix:
        raise UsageError(f"{output} has no extension of a movie: use .mp4, .mov or .mkv.")
    if not output.parent.is_dir():
        raise SecondEyeError(f"{output.parent} is no folder: make it, or choose another.")
    if not os.access(output.parent, os.W_OK):
        raise SecondEyeError(f"{output.parent} can't be written: choose another folder.")
    return output


def _counted(frames: int) -> str:
    return "1 frame" if frames == 1 else f"{frames} frames"


def _same_file(first: Path, second: Path) -> bool:
    return second.exists() and first.exists() and first.samefile(second)
