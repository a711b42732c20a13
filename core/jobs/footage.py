# SPDX-License-Identifier: GPL-3.0-or-later
"""What a conversion is made of: a clip, its depth project, or both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import SecondEyeError, UsageError
from ..media.join import Sound
from ..project import Project
from . import planning
from .progress import IsCancelled, Progress, Report
from .sounding import silence

if TYPE_CHECKING:
    from ..media import Clip, ColourTags

_NEITHER = "Convert needs a clip or a depth project: give one of them."


@dataclass
class Footage:
    """``clip``: None where a project alone was given; ``project``: None where it is yet to be made
    in ``folder``. One of them is there."""

    clip: Clip | None
    project: Project | None
    folder: Path

    @classmethod
    def opened(
        cls, clip: str | None, project: str | None, rate: Sequence[int] | None, output: Path
    ) -> Footage:
        """As `ConvertJob` names them. Raises SecondEyeError, UsageError."""
        from ..media import open_clip

        if clip is None and not project:
            raise UsageError(_NEITHER)
        found = None
        if clip is not None:
            found = open_clip(clip, planning.sequence_rate(rate))
            planning.check_rate(found, rate)
        name = f"{Path(clip or '').stem}.secondeye"
        folder = Path(project) if project else output.parent / name
        if found is not None and not Project.exists(folder):
            return cls(found, None, folder)
        opened = Project.open(folder)
        if found is not None:
            planning.check_clip(opened, found)
            planning.check_project_rate(opened, rate)
        return cls(found, opened, folder)

    @property
    def known(self) -> Project:
        """The project, where it must be there. Raises UsageError."""
        if self.project is None:
            raise UsageError(_NEITHER)
        return self.project

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the picture."""
        if self.project is not None:
            record = self.project.manifest.clip
            return record.width, record.height
        assert self.clip is not None
        return self.clip.info.width, self.clip.info.height

    @property
    def rate(self) -> Fraction:
        """Timeline frames a second."""
        if self.project is not None:
            return self.project.manifest.timeline.rate
        assert self.clip is not None
        return self.clip.timeline.rate

    @property
    def focal(self) -> float:
        """Of the lens, over the picture's width; 1 where it is yet to be looked for."""
        return 1.0 if self.project is None else self.project.manifest.lens.focal_over_width

    def coded(self) -> tuple[ColourTags, int]:
        """What the clip's values mean, and its bits a channel."""
        from ..media import BT709, ColourTags, open_clip

        if self.clip is not None:
            return self.clip.info.colour, self.clip.info.bit_depth
        record = self.known.manifest.clip
        if (kept := record.colour) is not None:
            tags = (kept.primaries, kept.transfer, kept.matrix)
            return ColourTags(*tags, tuple(kept.mastering), tuple(kept.light)), record.bit_depth
        try:  # a project made before the colour was kept
            return open_clip(self.known.clip_path()).info.colour, record.bit_depth
        except SecondEyeError:
            return BT709, record.bit_depth

    def range(self, first: int | None, last: int | None) -> tuple[int, int]:
        """The timeline frames asked for; None: the clip's ends, or the project's. Raises
        UsageError."""
        if self.clip is not None:
            return planning.requested_range(self.clip, first, last)
        manifest = self.known.manifest
        first = manifest.first if first is None else first
        last = manifest.last if last is None else last
        count = len(manifest.timeline.source_pts)
        if not 1 <= first <= last <= count:
            raise UsageError(
                f"{self.folder} has the frames 1 to {count}, not {first} to {last}: "
                "choose a range inside it."
            )
        return first, last

    def sound(
        self, start: Fraction, seconds: Fraction, output: Path, report: Report
    ) -> tuple[Sound | None, str]:
        """The clip's for ``seconds`` from ``start`` on, and ""; None, and a sentence where it could
        be missed, where there is none to write to ``output``."""
        found = self._sound(start, report)
        if found is None:
            return None, ""
        words = silence(found, seconds, output)
        if words:
            report(Progress("convert", 0, 0, words))
        return (None, words) if words else (found, "")

    def _sound(self, start: Fraction, report: Report) -> Sound | None:
        from ..media import open_clip

        if self.clip is not None:
            has, source = self.clip.info.has_audio, self.clip.path
            return Sound(source, start, self.clip.origin) if has else None
        if not self.known.manifest.clip.has_audio:
            return None
        try:
            source = self.known.clip_path()
        except SecondEyeError as error:
            report(Progress("convert", 0, 0, f"The movie stays silent: {error}"))
            return None
        return Sound(source, start, open_clip(source).origin)

    def movie(self) -> Path | None:
        """The footage, where it is a movie and still there: its chapters go along."""
        try:
            path = self.clip.path if self.clip is not None else self.known.clip_path()
        except SecondEyeError:
            return None
        kind = self.clip.info.kind if self.clip is not None else self.known.manifest.clip.kind
        return path if path.is_file() and kind == "movie" else None

    def spare(self, outputs: Sequence[Path]) -> None:
        """Raise UsageError where an output would replace the clip."""
        try:
            source = self.clip.path if self.clip is not None else self.known.clip_path()
        except SecondEyeError:  # it is gone, and so can't be hit
            return
        whose = "the clip itself" if self.clip is not None else "the project's clip"
        for name in outputs:
            if name.exists() and source.exists() and source.samefile(name):
                raise UsageError(f"{name} is {whose}: give the movie another name.")

    def analysed(
        self,
        frames: tuple[int, int],
        model: str | None,
        device: str | None,
        rate: Sequence[int] | None,
        report: Report,
        cancelled: IsCancelled,
    ) -> Project:
        """The project with depth for every frame of ``frames`` (first, last), made where it is
        missing."""
        if self.project is not None and model is None and _covers(self.project, *frames):
            if device is not None:  # nothing is left to run there, yet the wish is a mistake
                from ..depth.device import choose_device

                choose_device(device, self.project.manifest.model.name)
            return self.project
        from .analyse import AnalyseJob

        path = self.clip.path if self.clip is not None else self.known.clip_path()
        AnalyseJob(
            clip=str(path),
            project=str(self.folder),
            model=model,
            first=frames[0],
            last=frames[1],
            rate=rate if self.clip is not None else None,
            device=device,
        ).run(report, cancelled)
        self.project = Project.open(self.folder)
        return self.project


def _covers(project: Project, first: int, last: int) -> bool:
    """Whether every file is there; one that is damaged says so when it is read."""
    manifest = project.manifest
    if not (manifest.complete and manifest.first <= first and last <= manifest.last):
        return False
    return all(
        project.depth_path(n).exists() and project.plate_path(n).exists()
        for n in range(first, last + 1)
    )
