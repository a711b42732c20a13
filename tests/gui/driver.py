# SPDX-License-Identifier: GPL-3.0-or-later
"""Eyes and hands in a real Blender window: find a button, press it, take a picture, time the ticks.

A scenario is a generator: it yields seconds to wait, or a function to wait for until it is true.
"""

from __future__ import annotations

import os
import subprocess
import time
import traceback
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

import bpy

TICK = 0.005
PATIENCE = 600.0
Scenario = Generator["float | Callable[[], bool]", None, None]


class Stalls:
    """The longest time between two ticks of a fast timer in Blender's main thread, in seconds.

    ``longest`` by the clock: what the user feels, drawing by software and other processes' turns
    included; ``busiest`` in processor time of the main thread: what Blender itself did meanwhile.
    """

    def __init__(self) -> None:
        self.restart()

    def tick(self) -> None:
        now, worked = time.perf_counter(), time.thread_time()
        self.longest = max(self.longest, now - self._last - TICK)
        self.busiest = max(self.busiest, worked - self._worked)
        self._last, self._worked = now, worked

    def restart(self) -> None:
        self.longest = self.busiest = 0.0
        self._last, self._worked = time.perf_counter(), time.thread_time()


class Stopwatch:
    """The longest call of a panel's ``draw``, an operator's ``modal``, the overlay's ``_draw``: in
    seconds.

    ``longest`` by the clock, with waiting and with other processes' turns; ``busiest`` in
    processor time of Blender's main thread, which a busy machine does not stretch.
    """

    def __init__(self, owner: Any, name: str) -> None:
        self.longest = self.busiest = 0.0
        self._plain = getattr(owner, name)

        # Blender passes as many arguments as the function's code names: no *arguments here.
        def draw(panel, context):  # type: ignore[no-untyped-def]
            return self._timed(panel, context)

        def modal(operator, context, event):  # type: ignore[no-untyped-def]
            return self._timed(operator, context, event)

        def _draw(scene, settings):  # type: ignore[no-untyped-def]
            return self._timed(scene, settings)

        setattr(owner, name, {"draw": draw, "modal": modal, "_draw": _draw}[name])

    def _timed(self, *arguments: object) -> object:
        started, worked = time.perf_counter(), time.thread_time()
        try:
            return self._plain(*arguments)
        finally:
            self.longest = max(self.longest, time.perf_counter() - started)
            self.busiest = max(self.busiest, time.thread_time() - worked)


def run(scenario: Scenario, stalls: Stalls, report: Callable[[str], None]) -> None:
    """Drive ``scenario`` by a timer; ends Blender at its end, after ``report`` of any failure."""
    waiting: list = [0.0, 0.0]  # until this moment, or for this condition since that moment

    def tick() -> float:
        stalls.tick()
        now = time.perf_counter()
        goal, since = waiting
        try:
            if callable(goal):
                if not goal() and now - since < PATIENCE:
                    return TICK
                if now - since >= PATIENCE:
                    raise TimeoutError(f"waited {PATIENCE:.0f} s for {goal}")
            elif now < goal:
                return TICK
            step = next(scenario)
            waiting[:] = [step if callable(step) else now + step, now]
        except StopIteration:
            report("")
        except BaseException:
            report(traceback.format_exc())
        return TICK

    bpy.app.timers.register(tick, first_interval=1.0, persistent=True)


def view() -> tuple[bpy.types.Window, bpy.types.Area, bpy.types.Region]:
    """The main window, its 3D View and that view's sidebar."""
    window = bpy.context.window_manager.windows[0]
    area = next(a for a in window.screen.areas if a.type == "VIEW_3D")
    return window, area, next(r for r in area.regions if r.type == "UI")


def install(package: str, job: dict[str, Any]) -> None:
    """The zip of ``job``, enabled, with its engine."""
    bpy.ops.extensions.package_install_files(
        filepath=job["zip"], repo="user_default", enable_on_install=True, overwrite=True
    )
    preferences = bpy.context.preferences.addons[package].preferences
    preferences.engine_mode, preferences.engine_python = "GIVEN", job["engine"]


def show_tab() -> Scenario:
    """The sidebar's tab, and no splash screen."""
    window, area, region = view()
    area.spaces.active.show_region_ui = True
    yield 0.5
    region.active_panel_category = "Second Eye"
    window.event_simulate(type="ESC", value="PRESS", x=10, y=10)  # the splash screen
    yield 0.1
    window.event_simulate(type="ESC", value="RELEASE", x=10, y=10)
    area.tag_redraw()
    yield 1.0


def hover(x: int, y: int) -> None:
    view()[0].event_simulate(type="MOUSEMOVE", value="NOTHING", x=x, y=y)


def command_under_the_mouse() -> str:
    """The Python command of the operator's button under the mouse, or ""."""
    window, area, region = view()
    with bpy.context.temp_override(window=window, area=area, region=region):
        if not bpy.ops.ui.copy_python_command_button.poll():
            return ""
        bpy.context.window_manager.clipboard = ""
        bpy.ops.ui.copy_python_command_button()
        return bpy.context.window_manager.clipboard


def find(command: str, near: int | None = None) -> Generator[object, None, tuple[int, int]]:
    """Where the sidebar's button is whose command starts so: the mouse is moved over all of it,
    from the height ``near`` outwards. Use as ``place = yield from find(...)``."""
    _window, _area, region = view()
    x = region.x + region.width // 2 - 10
    rows = range(region.y + region.height - 10, region.y + 4, -11)
    for y in sorted(rows, key=lambda row: 0 if near is None else abs(row - near)):
        hover(x, y)
        yield 0.02
        hover(x + 1, y)  # the first movement leaves the button before, this one enters
        until = time.perf_counter() + 0.2
        yield lambda until=until: bool(command_under_the_mouse()) or time.perf_counter() > until
        if command_under_the_mouse().startswith(command):
            return x, y
    raise LookupError(f"the sidebar shows no button {command}")


def property_under_the_mouse() -> str:
    """The data path of the property whose button is under the mouse, or ""."""
    window, area, region = view()
    with bpy.context.temp_override(window=window, area=area, region=region):
        if not bpy.ops.ui.copy_data_path_button.poll():
            return ""
        bpy.context.window_manager.clipboard = ""
        bpy.ops.ui.copy_data_path_button(full_path=True)
        return bpy.context.window_manager.clipboard


def find_property(path: str) -> Generator[object, None, tuple[int, int]]:
    """Where the sidebar's button is whose property's path ends so, as `find` finds operators."""
    _window, _area, region = view()
    x = region.x + int(0.7 * region.width)
    for y in range(region.y + region.height - 10, region.y + 4, -11):
        hover(x, y)
        yield 0.02
        hover(x + 1, y)
        until = time.perf_counter() + 0.2
        yield lambda until=until: bool(property_under_the_mouse()) or time.perf_counter() > until
        if property_under_the_mouse().endswith(path):
            return x, y
    raise LookupError(f"the sidebar shows no property {path}")


def drag(place: tuple[int, int], pixels: int) -> Scenario:
    """Press on a slider, pull it to the right, let it go."""
    window, (x, y) = view()[0], place
    hover(x, y)
    yield 0.1
    window.event_simulate(type="LEFTMOUSE", value="PRESS", x=x, y=y)
    for step in range(0, pixels, 4):
        yield 0.05
        hover(x + step, y)
    yield 0.05
    window.event_simulate(type="LEFTMOUSE", value="RELEASE", x=x + pixels, y=y)
    yield 0.5


def scroll(notches: int) -> Scenario:
    """Turn the mouse wheel over the sidebar, downwards."""
    window, _area, region = view()
    x, y = region.x + region.width // 2, region.y + region.height // 2
    hover(x, y)
    for _ in range(notches):
        yield 0.05
        window.event_simulate(type="WHEELDOWNMOUSE", value="PRESS", x=x, y=y)
    yield 1.0


def click(place: tuple[int, int]) -> Scenario:
    x, y = place
    hover(x, y)
    yield 0.05
    view()[0].event_simulate(type="LEFTMOUSE", value="PRESS", x=x, y=y)
    yield 0.03
    view()[0].event_simulate(type="LEFTMOUSE", value="RELEASE", x=x, y=y)


def photograph(path: Path) -> Scenario:
    """The whole screen, when panels have stopped sliding. By another process: Blender's own
    screenshot is black here."""
    yield 1.0
    camera = subprocess.Popen(["import", "-window", "root", os.fspath(path)])
    yield lambda: camera.poll() is not None


class Sections:
    """The tab's sections, parents first; `only` shows some of them, open and whole."""

    def __init__(self, modules: Iterable[Any]) -> None:
        self.all: list[Any] = [
            cls
            for one in modules
            for cls in getattr(one, "CLASSES", ())
            if issubclass(cls, bpy.types.Panel) and getattr(cls, "bl_category", "") == "Second Eye"
        ]
        self.all.sort(key=lambda cls: bool(getattr(cls, "bl_parent_id", "")))

    def opened(self, name: str) -> None:
        """Have a section open from its first draw on, which Blender remembers from then."""
        cls = next(c for c in self.all if c.bl_idname == f"SECOND_EYE_PT_{name}")
        bpy.utils.unregister_class(cls)
        cls.bl_options = set()
        bpy.utils.register_class(cls)

    def only(self, *names: str) -> Scenario:
        """Nothing but these sections and their parents."""
        wanted = {f"SECOND_EYE_PT_{name}" for name in names}
        wanted |= {getattr(c, "bl_parent_id", "") for c in self.all if c.bl_idname in wanted}
        for cls in reversed(self.all):
            if cls.is_registered:
                bpy.utils.unregister_class(cls)
        for cls in self.all:
            if cls.bl_idname in wanted:
                cls.bl_options = set()
                bpy.utils.register_class(cls)
        yield 0.5
        view()[2].active_panel_category = "Second Eye"
        view()[1].tag_redraw()
        yield 0.5
