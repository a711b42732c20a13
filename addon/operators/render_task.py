# SPDX-License-Identifier: GPL-3.0-or-later
"""A render in two parts: pictures by Blender, one a step, then the movies by the engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ...core.errors import Cancelled, SecondEyeError
from ..engine.client import EngineJob, Progress
from ..engine.pace import Pace
from .render_steps import Step

_BREATH = 0.05  # seconds between two looks at an engine that works between renders


class StereoRender:
    """A ``session.Task``. ``steps`` renders a picture each, ``total`` in all, ``missing`` of which
    are not there yet, ``a_frame`` of them a frame; ``jobs`` start the engine's part when they are
    done, one after the other. A cancelled render keeps its frames, also the one under way."""

    def __init__(
        self,
        steps: Iterator[Step],
        total: int,
        jobs: Sequence[Callable[[], EngineJob]],
        missing: int | None = None,
        a_frame: int = 1,
    ) -> None:
        self.error: SecondEyeError | None = None
        self.value: dict[str, Any] = {}
        self._steps = steps
        self._total, self._a_frame = total, a_frame
        self._missing = total if missing is None else missing
        self._done = self._rendered = 0
        self._jobs = list(jobs)
        self._job: EngineJob | None = None
        self._between: Progress | None = None
        self._pace = Pace()
        self._left = ""
        self._cancelling = False
        self._over = self._rendering = False

    @property
    def progress(self) -> Progress:
        if self._job is not None:
            return self._job.progress
        if self._between is not None:
            return self._between
        said = "the frame under way is finished first; Esc drops it" if self._waits else ""
        stage = "frames" if self._a_frame == 1 else "pictures"
        return Progress(stage, self._done, self._total, said, self._left)

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
                self._next_picture()
            elif not self._job.poll():
                self._next_job(self._job)
        except SecondEyeError as error:
            self._end(error)
        return self.running

    def pause(self) -> None:
        if self._job is not None:
            self._job.pause()
        elif self._between is not None:
            time.sleep(_BREATH)

    def abandon(self) -> None:
        if self._job is not None:
            self._job.abandon()
        self._end(Cancelled("The render was stopped; its frames are kept."))

    @property
    def _waits(self) -> bool:
        return self._cancelling and self._rendering

    def _next_picture(self) -> None:
        if self._cancelling and not self._rendering:
            done, total = self._done // self._a_frame, self._total // self._a_frame
            kept = f"{done} of {total} frames are kept, render again to go on."
            self._end(Cancelled(f"Cancelled; {kept}"))
            return
        try:
            new = next(self._steps)
        except StopIteration:
            self._start_job()
            return
        self._rendering = new is None
        self._between = new if isinstance(new, Progress) else None
        if isinstance(new, bool):
            self._done, self._rendered = self._done + 1, self._rendered + new
        # What was there took no time: the pace is that of what had to be rendered.
        self._left = self._pace.left("frames", self._rendered, self._missing, time.monotonic())

    def _next_job(self, done: EngineJob) -> None:
        if done.error is not None:
            self._end(done.error)
        else:
            self.value |= done.value
            self._start_job()

    def _start_job(self) -> None:
        if self._jobs:
            self._job = self._jobs.pop(0)()
        else:
            self._end(None, {**self.value, "rendered": self._rendered // self._a_frame})

    def _end(self, error: SecondEyeError | None, value: dict[str, Any] | None = None) -> None:
        self._over = True
        self.error, self.value = error, value or {}
        close = getattr(self._steps, "close", None)
        if close is not None:
            close()  # puts the scene back
