# SPDX-License-Identifier: GPL-3.0-or-later
"""What every long operator shares: a modal way for the window, a blocking one for background."""

from __future__ import annotations

import sys
import time
import traceback
from typing import Any, ClassVar, cast

import bpy

from ...core.errors import Cancelled, SecondEyeError
from ..engine import session
from ..engine.client import Progress
from ..steps import Steps, at_once

TICK_SECONDS = 0.1
FINISH_SECONDS = 0.01, 0.02
"""Between the pieces of `finish` in a window, and what they may take together: the window is drawn
in between."""


def idle(operator: type[bpy.types.Operator]) -> bool:
    """For ``poll``: False, with the reason as its message, while a job runs."""
    running = session.current()
    if running is None:
        return True
    operator.poll_message_set(f"{running.title} is running")
    return False


class TaskOperator:
    """Mixin for an operator whose work is a ``session.Task``.

    A subclass names itself in ``title`` and gives ``start`` and ``finish``. Both run in the main
    thread; between them the task lives elsewhere and this only looks at it ten times a second.
    """

    title: ClassVar[str] = ""
    in_window = False
    """Whether a timer drives the task, so that Blender's own jobs run beside it."""
    _timer: bpy.types.Timer | None = None
    _running: session.Running | None = None
    _finishing: Steps[str] | None = None

    def start(self, context: bpy.types.Context) -> session.Task:
        """Begin the task; raises SecondEyeError where it cannot begin."""
        raise NotImplementedError

    def finish(self, context: bpy.types.Context, value: dict[str, Any]) -> str | Steps[str]:
        """Take the result into Blender; returns what is said to the artist, or the steps to it."""
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> set[str]:
        """The whole job before it returns, with progress on the terminal."""
        try:
            task = session.begin(self.title, self.start(context)).task
        except SecondEyeError as error:
            return self._refuse(error)
        try:
            while task.poll():
                task.pause()
                say(self.title, task.progress)
            return self._conclude(context, task)
        except Exception as error:
            return self._crashed(context, error)
        except BaseException:  # Ctrl+C on the terminal: the child goes too
            session.unregister()
            raise

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if bpy.app.background:  # no timer ticks there
            return self.execute(context)
        self.in_window = True
        try:
            self._running = session.begin(self.title, self.start(context))
        except SecondEyeError as error:
            return self._refuse(error)
        manager = context.window_manager
        self._timer = manager.event_timer_add(TICK_SECONDS, window=context.window)
        manager.modal_handler_add(cast(bpy.types.Operator, self))
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        running = session.current()
        if running is None or running is not self._running:  # another one may have taken its place
            return self._lost(context)
        if event.type != "TIMER":
            # Nothing else may change the scene, or undo, between the pieces of `finish`.
            return {"PASS_THROUGH"} if self._finishing is None else {"RUNNING_MODAL"}
        try:
            if self._finishing is not None:
                return self._go_on(context)
            still = running.task.poll()
            show(context, running)
            if still:
                return {"PASS_THROUGH"}
            if running.task.error is None:
                result = self.finish(context, running.task.value)
                if not isinstance(result, str):
                    self._finish_in_pieces(context, result)
                    return {"RUNNING_MODAL"}
                self._stop_timer(context)
                return self._done(result)
            self._stop_timer(context)
            return self._failed(running.task.error)
        except SecondEyeError as error:
            self._stop_timer(context)
            return self._failed(error)
        except Exception as error:  # Blender would drop the operator, and its task would stay
            return self._crashed(context, error)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender takes the operator away (another file is loaded): the child goes with it."""
        self._finishing = None
        self._stop_timer(context)
        session.unregister()

    def _finish_in_pieces(self, context: bpy.types.Context, steps: Steps[str]) -> None:
        self._finishing, manager = steps, context.window_manager
        if self._timer is not None:
            manager.event_timer_remove(self._timer)
            self._timer = manager.event_timer_add(FINISH_SECONDS[0], window=context.window)

    def _go_on(self, context: bpy.types.Context) -> set[str]:
        """Pieces of `finish`, until they have taken their time."""
        assert self._finishing is not None
        until = time.perf_counter() + FINISH_SECONDS[1]
        try:
            next(self._finishing)
            while time.perf_counter() < until:
                next(self._finishing)
        except StopIteration as done:
            self._stop_timer(context)
            return self._done(done.value)
        return {"RUNNING_MODAL"}

    def _conclude(self, context: bpy.types.Context, task: session.Task) -> set[str]:
        if task.error is not None:
            return self._failed(task.error)
        try:
            result = self.finish(context, task.value)
            return self._done(result if isinstance(result, str) else at_once(result))
        except SecondEyeError as error:
            return self._failed(error)

    def _done(self, said: str) -> set[str]:
        session.end("CHECKMARK", said)
        self.report({"INFO"}, said)
        return {"FINISHED"}

    def _refuse(self, error: SecondEyeError) -> set[str]:
        self.report({"ERROR"}, str(error))
        return {"CANCELLED"}

    def _failed(self, error: SecondEyeError) -> set[str]:
        details = getattr(error, "remote_traceback", "")
        if details:
            print(details, file=sys.stderr)
        cancelled = isinstance(error, Cancelled)
        session.end("CANCEL" if cancelled else "ERROR", str(error))
        self.report({"WARNING"} if cancelled else {"ERROR"}, str(error))
        return {"CANCELLED"}

    def _crashed(self, context: bpy.types.Context, error: Exception) -> set[str]:
        """A fault of ours: said in one sentence, and nothing stays that blocks the next job."""
        traceback.print_exception(error, file=sys.stderr)
        running = session.current()
        said = f"{self.title} stopped by a fault in Second Eye ({_brief(error)}): run it again."
        session.end("ERROR", said)
        for tidy in (running.task.abandon if running else None, lambda: self._stop_timer(context)):
            try:
                if tidy is not None:
                    tidy()
            except Exception as other:
                traceback.print_exception(other, file=sys.stderr)
        self.report({"ERROR"}, said)
        return {"CANCELLED"}

    def _lost(self, context: bpy.types.Context) -> set[str]:
        self._stop_timer(context)
        return {"CANCELLED"}

    def _stop_timer(self, context: bpy.types.Context) -> None:
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None
        if context.workspace is not None:
            context.workspace.status_text_set(None)
        redraw_panels(context)


def _brief(error: Exception) -> str:
    """The kind of a fault and the first line of what it says."""
    return f"{type(error).__name__}: {str(error).strip()}".splitlines()[0][:160].rstrip(": ")


def show(context: bpy.types.Context, running: session.Running) -> None:
    """Progress in the status bar and the sidebars, redrawn only where it is news: a heavy scene in
    the viewport beside them would be drawn again ten times a second."""
    text = f"{running.title}: {running.task.progress.text()}"
    if running.task.cancelling:
        text = f"{running.title}: stopping"
    if text == running.shown:
        return
    running.shown = text
    if context.workspace is not None:
        context.workspace.status_text_set(text)
    redraw_panels(context)


def redraw_panels(context: bpy.types.Context) -> None:
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions:
                if (area.type, region.type) in {("VIEW_3D", "UI"), ("PREFERENCES", "WINDOW")}:
                    region.tag_redraw()


def say(title: str, progress: Progress) -> None:
    """One rewritten line on a terminal; nothing where the output is a file."""
    if sys.stdout.isatty():
        print(f"\r{title}: {progress.text():<60}", end="", flush=True)
