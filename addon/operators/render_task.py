# SPDX-License-Identifier: GPL-3.0-or-later
"""A stereo movie in two parts: frames by Blender, one a step, then the movie by the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ...core.errors import Cancelled, SecondEyeError
from ..engine.client import EngineJob, Progress


class StereoRender:
    """A ``session.Task``. ``steps`` renders one frame each, ``total`` in all (None: it is still at
    it); ``assemble`` starts the engine's part when they are done. A cancelled render keeps its
    frames, also the one under way."""

    def __init__(
        self, steps: Iterator[bool | None], total: int, assemble: Callable[[], EngineJob]
    ) -> None:
        self.error: SecondEyeError | None = None
        self.value: dict[str, Any] = {}
        self._steps = steps
        self._total = total
        self._done = self._rendered = 0
        self._assemble = assemble
        self._job: EngineJob | None = None
        self._cancelling = False
        self._over = self._rendering = False

    @property
    def progress(self) -> Progress:
        if self._job is not None:
            return self._job.progress
        return Progress("frames", self._done, self._total)

    @property
    def running(self) -> bool:
        return not self._over

    @property
    def cancelling(self) -> bool:
        return self.running and self._cancelling

    def cancel(self) -> None:
        self._cancelling = True
        if self._job is not None:
            self._job.cancel()

    def poll(self) -> bool:
        """Render the next frame (that takes as long as it takes), or look at the engine's part."""
        if self._over:
            return False
        try:
            if self._job is None:
                self._next_frame()
            elif not self._job.poll():
                self._end(self._job.error, {**self._job.value, "rendered": self._rendered})
        except SecondEyeError as error:
            self._end(error)
        return self.running

    def pause(self) -> None:
        if self._job is not None:
            self._job.pause()

    def abandon(self) -> None:
        if self._job is not None:
            self._job.abandon()
        self._end(Cancelled("The render was stopped; its frames are kept."))

    def _next_frame(self) -> None:
        if self._cancelling and not self._rendering:
            kept = f"{self._done} of {self._total} frames are kept, render again to go on."
            self._end(Cancelled(f"Cancelled; {kept}"))
            return
        try:
            new = next(self._steps)
        except StopIteration:
            self._job = self._assemble()
            return
        self._rendering = new is None
        if new is not None:
            self._done, self._rendered = self._done + 1, self._rendered + new

    def _end(self, error: SecondEyeError | None, value: dict[str, Any] | None = None) -> None:
        self._over = True
        self.error, self.value = error, value or {}
        close = getattr(self._steps, "close", None)
        if close is not None:
            close()  # puts the scene's frame and output path back


def frames_folder(movie: Path) -> Path:
    """Where the frames of ``movie`` are kept."""
    return movie.with_name(f"{movie.stem}_frames")
