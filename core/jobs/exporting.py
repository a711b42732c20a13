# SPDX-License-Identifier: GPL-3.0-or-later
"""An export by parts: pictures encoded in closed parts, joined without encoding, read back.

The parts wait in the folder OUT.parts beside the output. An export that is stopped goes on with
them; where settings or project have changed since (the stamp differs), they are thrown away. A part
doesn't depend on what came before it, so the file is the same, however often it was stopped. A
lock in the folder keeps a second export to the same output away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..media.join import Sound, chapters_of, join_parts
from .export_check import checked
from .export_folder import kept_parts
from .export_video import GOP, Video
from .export_writing import writer
from .pipeline import mapped
from .progress import IsCancelled, Progress, Report, stop_if

if TYPE_CHECKING:
    import numpy as np

    from ..delivery.spatial import Spatial
    from ..media import MovieWriter
    from ..stereo import StereoRig

WORKERS, AHEAD = 2, 4  # frames under way: memory doesn't grow with the clip
PART = 5 * GOP  # frames
_JOINED, _READY = "joined_", "ready_"


@dataclass(frozen=True)
class Export:
    """``size`` (width, height) of the pictures; ``frames``: timeline frames; ``rig``: what the
    tags tell of, the first frame's; ``times``: as `export_times.source_times`, None: one frame
    each ``1 / rate`` seconds; ``movie``: whose chapters go along, from ``began`` seconds after its
    first picture on."""

    output: Path
    video: Video
    size: tuple[int, int]
    rate: Fraction
    frames: Sequence[int]
    sound: Sound | None
    rig: StereoRig
    metres_per_unit: float | None
    times: Sequence[Fraction] | None = None
    movie: Path | None = None
    began: Fraction = Fraction(0)

    @property
    def outputs(self) -> list[Path]:
        """The files that are written."""
        return self.video.outputs(self.output)

    @property
    def stored_size(self) -> tuple[int, int]:
        """(width, height) in the file: 4:2:0 has even sides."""
        return self.size[0] + self.size[0] % 2, self.size[1] + self.size[1] % 2

    def run(
        self,
        pictures: Callable[[int], tuple[np.ndarray, ...]],
        stamp: dict[str, Any],
        report: Report,
        cancelled: IsCancelled,
    ) -> tuple[list[str], bool]:
        """Write the outputs and read them back; answers a line for each, and whether they have
        sound: the clip's may end before the frames, or begin after.

        Raises SecondEyeError, UsageError, Cancelled; finished parts stay, no output is changed.
        """
        with kept_parts(self.output, stamp) as folder:
            parts = self._encode(folder, pictures, report, cancelled)
            return self._finish(folder, parts, report, cancelled)

    def _encode(
        self,
        folder: Path,
        pictures: Callable[[int], tuple[np.ndarray, ...]],
        report: Report,
        cancelled: IsCancelled,
    ) -> list[list[Path]]:
        """The parts of each stream."""
        streams: list[list[Path]] = [[] for _ in range(self.video.streams)]
        done = 0
        for start in range(0, len(self.frames), PART):
            frames = self.frames[start : start + PART]
            names = [
                folder / f"{stream}_{frames[0]:06d}{self.video.part_suffix}"
                for stream in range(self.video.streams)
            ]
            if not all(name.exists() for name in names):
                writers = [writer(name, self.video, self.size, self.rate) for name in names]
                _write(writers, pictures, frames, done, len(self.frames), report, cancelled)
            done += len(frames)
            report(Progress("convert", done, len(self.frames)))
            for parts, name in zip(streams, names, strict=True):
                parts.append(name)
        return streams

    def _finish(
        self, folder: Path, streams: list[list[Path]], report: Report, cancelled: IsCancelled
    ) -> tuple[list[str], bool]:
        """Join, tag, read back, and give the outputs their names."""
        from ..delivery.multiview import stitch_movies
        from ..delivery.tag import tag_movie

        told, lines, heard = self._spatial(), [], False
        suffix = self.output.suffix
        joined = [folder / f"{_JOINED}{number}{suffix}" for number in range(len(streams))]
        ready = [folder / f"{_READY}{number}{suffix}" for number in range(len(self.outputs))]

        def stop() -> None:
            stop_if(cancelled)

        report(Progress("join", 0, 0))
        chapters = []
        if self.movie is not None:
            seconds = self.times[-1] if self.times else len(self.frames) / self.rate
            chapters = chapters_of(self.movie, self.began, seconds)
        try:
            for parts, name in zip(streams, joined, strict=True):
                heard = join_parts(
                    parts, name, self.rate, self.sound, chapters, stop, self.times,
                    self.video.colour,
                )  # fmt: skip
            if self.video.format == "mv-hevc":
                stitch_movies(joined[0], joined[1], ready[0], told, stop=stop)
            else:
                for source, name in zip(joined, ready, strict=True):
                    if _taggable(name):
                        tag_movie(source, name, told, hdr=self.video.colour, stop=stop)
                    else:
                        source.replace(name)
            for name, output in zip(ready, self.outputs, strict=True):
                lines.append(checked(self, name, output, told, heard, report, stop))
            for name, output in zip(ready, self.outputs, strict=True):
                name.replace(output)
        finally:
            for name in (*joined, *ready):
                name.unlink(missing_ok=True)
        return lines, heard

    def _spatial(self) -> Spatial:
        from ..delivery.formats import FORMATS
        from ..delivery.rig_tags import rig_spatial
        from ..delivery.spatial import Spatial

        chosen = FORMATS[self.video.format]
        if chosen.layout is None:
            return Spatial()
        return rig_spatial(self.rig, self.metres_per_unit, chosen.layout, chosen.projection)


def _write(
    writers: list[MovieWriter],
    pictures: Callable[[int], tuple[np.ndarray, ...]],
    frames: Sequence[int],
    done: int,
    total: int,
    report: Report,
    cancelled: IsCancelled,
) -> None:
    with ExitStack() as stack:
        for movie in writers:
            stack.enter_context(movie)
        results = stack.enter_context(mapped(pictures, frames, WORKERS, AHEAD))
        report(Progress("convert", done, total))
        for number, shown in enumerate(results, start=1):
            stop_if(cancelled)
            for movie, picture in zip(writers, shown, strict=True):
                movie.write(picture)
            report(Progress("convert", done + number, total))


def _taggable(output: Path) -> bool:
    from ..delivery.remux import BOXED
    from ..delivery.tag import MATROSKA

    return output.suffix.lower() in (*BOXED, *MATROSKA)
