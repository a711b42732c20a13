# SPDX-License-Identifier: GPL-3.0-or-later
"""An export by parts: pictures encoded in closed parts, joined without encoding, read back.

The parts wait in the folder OUT.parts beside the output. An export that is stopped goes on with
them; where settings or project have changed since (the stamp differs), they are thrown away. A part
doesn't depend on what came before it, so the file is the same, however often it was stopped. A
lock in the folder keeps a second export to the same output away.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import SecondEyeError, UsageError
from ..media.join import Sound, chapters_of, join_parts
from ..project import Project, ProjectLocked
from ..project.lock import LOCK_NAME, hold
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
# Folders of a project that a conversion doesn't look at, or by the frame.
_NOT_SEEN = {"plate", "depth", "base", "uncertainty", "labels", "confidence", "sampling"}
_STAMP, _JOINED, _READY = "stamp.json", "joined_", "ready_"
_NO_PARTS = (_STAMP, LOCK_NAME)


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
    ) -> list[str]:
        """Write the outputs and read them back; answers a line for each.

        Raises SecondEyeError, UsageError, Cancelled; finished parts stay, no output is changed.
        """
        folder = self.output.with_name(f"{self.output.name}.parts")
        try:
            folder.mkdir(exist_ok=True)
            with hold(folder):
                try:
                    _begin(folder, stamp)
                    parts = self._encode(folder, pictures, report, cancelled)
                    checked = self._finish(folder, parts, report, cancelled)
                    shutil.rmtree(folder, ignore_errors=True)
                finally:
                    if folder.is_dir() and all(p.name in _NO_PARTS for p in folder.iterdir()):
                        shutil.rmtree(folder, ignore_errors=True)
        except ProjectLocked as error:
            raise ProjectLocked(
                f"{self.output} is being written by another run: wait until that ends, cancel it,"
                " or give this movie another name."
            ) from error
        except OSError as error:
            raise _unwritable(self.output, error) from error
        finally:
            with suppress(OSError):  # Windows keeps the lock's file, and so the folder, till here
                folder.rmdir()
        return checked

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
    ) -> list[str]:
        """Join, tag, read back, and give the outputs their names."""
        from ..delivery.multiview import stitch_movies
        from ..delivery.tag import tag_movie

        told, checked = self._spatial(), []
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
                join_parts(parts, name, self.rate, self.sound, chapters, stop, self.times)
            if self.video.format == "mv-hevc":
                stitch_movies(joined[0], joined[1], ready[0], told, stop=stop)
            else:
                for source, name in zip(joined, ready, strict=True):
                    if _taggable(name):
                        tag_movie(source, name, told, stop=stop)
                    else:
                        source.replace(name)
            for name, output in zip(ready, self.outputs, strict=True):
                checked.append(self._checked(name, output, told, report, stop))
            for name, output in zip(ready, self.outputs, strict=True):
                name.replace(output)
        finally:
            for name in (*joined, *ready):
                name.unlink(missing_ok=True)
        return checked

    def _spatial(self) -> Spatial:
        from ..delivery.formats import FORMATS
        from ..delivery.rig_tags import rig_spatial
        from ..delivery.spatial import Spatial

        chosen = FORMATS[self.video.format]
        if chosen.layout is None:
            return Spatial()
        return rig_spatial(self.rig, self.metres_per_unit, chosen.layout, chosen.projection)

    def _checked(
        self, path: Path, output: Path, told: Spatial, report: Report, stop: Callable[[], None]
    ) -> str:
        """Raises SecondEyeError where the file is not what was asked for."""
        from ..delivery.check import Expected, verify
        from ..delivery.inspection.stream import tag_words
        from ..delivery.remux import BOXED

        boxed = output.suffix.lower() in BOXED
        width, height = self.stored_size
        result = verify(
            path,
            Expected(
                frames=len(self.frames),
                width=width,
                height=height,
                rate=self.rate if output.suffix.lower() != ".mkv" else None,
                times=self.times,
                views=2 if self.video.format == "mv-hevc" else 1,
                bit_depth=self.video.coded_bits,
                colour=tag_words(self.video.colour),
                hdr=self.video.tells_hdr,
                spatial=told if boxed else None,
                sound=self.sound is not None,
                faststart=True if boxed else None,
            ),
            progress=lambda frames: report(Progress("check", frames, len(self.frames))),
            stop=stop,
        )
        line = result.message.replace(path.name, output.name)
        if not result.ok:
            raise SecondEyeError(f"{line.rstrip('.')}: nothing was kept of it, convert it again.")
        return line


def stamp_of(project: Project, settings: Sequence[object], frames: Sequence[int]) -> dict[str, Any]:
    """What parts depend on: the request, the manifest, and the files of the frames."""
    import av

    digest = hashlib.sha256(repr(project.manifest).encode())
    for n in frames:
        for path in (project.plate_path(n), project.depth_path(n)):
            about = path.stat()
            digest.update(f"{about.st_size} {about.st_mtime_ns}".encode())
    for folder in sorted(p for p in project.folder.iterdir() if p.is_dir()):
        if folder.name in _NOT_SEEN:
            continue
        for path in sorted(folder.rglob("*")):  # layers, masks
            about = path.stat()
            digest.update(f"{path.name} {about.st_size} {about.st_mtime_ns}".encode())
    return {
        "settings": repr(settings),
        "frames": [frames[0], frames[-1]],
        "project": digest.hexdigest(),
        "encoders": av.__version__,
    }


def _begin(folder: Path, stamp: dict[str, Any]) -> None:
    """Keep the parts of the same export, throw away others; raise UsageError for a folder that no
    export left there."""
    file = folder / _STAMP
    if not file.exists() and any(path.name != LOCK_NAME for path in folder.iterdir()):
        raise UsageError(
            f"{folder} holds files that no conversion left there: move it away, or give the movie"
            " another name."
        )
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = None
    if known != stamp:
        for path in folder.iterdir():
            if path.name != LOCK_NAME:
                path.unlink()
        file.write_text(json.dumps(stamp), encoding="utf-8")


def _write(
    writers: list[MovieWriter],
    pictures: Callable[[int], tuple[np.ndarray, ...]],
    frames: Sequence[int],
    done: int,
    total: int,
    report: Report,
    cancelled: IsCancelled,
) -> None:
    from contextlib import ExitStack

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


def _unwritable(output: Path, error: OSError) -> SecondEyeError:
    words = (error.strerror or str(error)).lower()
    return SecondEyeError(
        f"{output} can't be written ({words}): free some space or choose another folder, and"
        " convert again; finished parts are kept."
    )
