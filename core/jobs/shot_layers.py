# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers behind the foreground of one shot: made frame by frame, stored and read back."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import SecondEyeError
from ..project import Project, Shot, atomic
from ..project import behind as files
from .progress import IsCancelled, Progress, Report, stop_if

if TYPE_CHECKING:
    from ..synthesis.carry import Memory, Shown
    from ..synthesis.guess import Fill
    from ..synthesis.layers import Layers


class ShotLayers:
    """One shot: backwards once, to learn what later frames show, then forwards."""

    def __init__(
        self,
        project: Project,
        shot: Shot,
        fill: Fill,
        parallax: float,
        report: Report,
        cancelled: IsCancelled,
    ) -> None:
        self.project, self.shot, self.fill = project, shot, fill
        self.gain = parallax * project.manifest.depth.width
        self.report, self.cancelled = report, cancelled

    def make(self, made_with: list[object]) -> int:
        """Make what is missing or stale; returns how many frames."""
        folder, shot = self.project.folder, self.shot
        every = range(shot.first, shot.last + 1)
        if not files.is_current(folder, self.project.manifest, shot, made_with):
            files.record_path(folder, shot).unlink(missing_ok=True)
            files.forget(folder, every)
            files.write_record(folder, self.project.manifest, shot, made_with)
        missing = [n for n in every if not files.whole(folder, n)]
        if missing:
            self._backwards(missing[0])
            self._forwards(missing)
        for n in every:
            files.later_path(folder, n).unlink(missing_ok=True)
        return len(missing)

    def _backwards(self, first: int) -> None:
        from ..synthesis.plate import look_back

        after: tuple[Shown, Memory] | None = None
        numbers = range(self.shot.last, first - 1, -1)
        for n in self._told("look ahead", numbers):
            path = files.later_path(self.project.folder, n)
            if path.exists():
                after = None
                continue
            frame = self._shown(n)
            if after is None and n < self.shot.last:
                after = self._shown(n + 1), self._later(n + 1)
            _write_later(path, look_back(frame, *(after or (None, None))))
            after = frame, self._later(n)

    def _forwards(self, missing: list[int]) -> None:
        from ..synthesis.layers import make_layers
        from ..synthesis.plate import make_plate

        before: tuple[int, Shown, Memory] | None = None
        for n in self._told("layers", missing):
            if n > self.shot.first and (before is None or before[0] != n - 1):
                before = n - 1, self._shown(n - 1), self._stored(n - 1)
            frame = self._shown(n)
            past, plate_past = before[1:] if before else (None, None)
            plate = make_plate(frame, self.fill, past, plate_past, self._later(n))
            self._write(n, make_layers(frame, plate))
            before = n, frame, self._stored(n)

    def _told(self, stage: str, numbers: range | list[int]) -> Iterator[int]:
        self.report(Progress(stage, 0, len(numbers)))
        for done, n in enumerate(numbers, start=1):
            stop_if(self.cancelled)
            yield n
            self.report(Progress(stage, done, len(numbers)))

    def _shown(self, n: int) -> Shown:
        from ..synthesis.band import find_band
        from ..synthesis.carry import Shown

        depth = self.project.normalised(n)
        return Shown(self.project.read_small_plate(n), depth, find_band(depth, self.gain))

    def _later(self, n: int) -> Memory:
        from ..synthesis.carry import Memory

        path = files.later_path(self.project.folder, n)
        try:
            with np.load(path) as stored:
                colour, depth = stored["colour"], stored["depth"]
                seen = stored["seen"].astype(np.float32) / np.float32(255.0)
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise SecondEyeError(
                f"{path} is damaged: delete it and run second-eye layers again."
            ) from error
        return Memory(colour.astype(np.float32), depth.astype(np.float32), seen, seen)

    def _write(self, n: int, layers: Layers) -> None:
        shot, manifest = self.shot, self.project.manifest
        scale, shift = self.project.scale_and_shift(n)
        value = (layers.depth * (shot.high - shot.low) + shot.low - shift) / scale
        covered = layers.plate[..., 3] > 0
        channels = {
            "V": np.where(covered, value.clip(0, 65504), 0.0).astype(np.float16),
            "S": layers.sure.astype(np.float16),
            "K": layers.seen.astype(np.float16),
        }
        assert value.shape == (manifest.depth.height, manifest.depth.width)
        files.write(self.project.folder, n, layers.plate, channels, layers.front)

    def _stored(self, n: int) -> Memory:
        """The plate as it is on disk, so that a run that goes on sees what this one saw."""
        return read_layers(self.project, n).memory()


def read_layers(project: Project, frame: int) -> Layers:
    """A frame's layers as stored; inverse depth normalised to the shot. Raises SecondEyeError."""
    from ..synthesis.layers import Layers

    size = project.manifest.depth
    plate, channels, front = files.read(project.folder, frame, size.height, size.width)
    depth = project.normalise(frame, channels["V"])
    depth = np.where(plate[..., 3] > 0, depth, np.float32(0.0))
    return Layers(plate, depth, channels["S"], channels["K"], front)


def _write_later(path: Path, found: Memory) -> None:
    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        colour=np.rint(found.colour).clip(0, 255).astype(np.uint8) * (found.seen > 0)[..., None],
        depth=(found.depth * (found.seen > 0)).astype(np.float16),
        seen=np.rint(found.seen * 255).clip(0, 255).astype(np.uint8),
    )
    atomic.write_bytes(path, stream.getvalue(), durable=False)
