# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel in a real Blender window. Started by scripts/devtools/gui.py inside Blender:

    blender --enable-event-simulate --python panel.py -- '{"zip": ..., "engine": ..., ...}'

Buttons are pressed by simulated mouse events. Pictures and figures go into the folder "out".
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from pathlib import Path
from types import ModuleType

import bpy

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import driver
import staged

PACKAGE = "bl_ext.user_default.second_eye"
JOB = json.loads(sys.argv[sys.argv.index("--") + 1])
OUT = Path(JOB["out"])
figures: dict[str, object] = {}
stalls = driver.Stalls()


def note(name: str, value: object) -> None:
    """Keep a figure, on disk at once: a window that hangs later takes nothing with it."""
    figures[name] = value
    (OUT / "figures.json").write_text(json.dumps(figures, indent=2), encoding="utf8")


def finish(failure: str) -> None:
    note("failure", failure)
    os._exit(1 if failure else 0)


def milliseconds(seconds: float) -> float:
    return round(seconds * 1000.0, 1)


def scenario() -> driver.Scenario:
    driver.install(PACKAGE, JOB)
    session = importlib.import_module(f"{PACKAGE}.addon.engine.session")
    task = importlib.import_module(f"{PACKAGE}.addon.operators.task")
    panels = importlib.import_module(f"{PACKAGE}.addon.ui.panels")
    sections = driver.Sections(importlib.import_module(f"{PACKAGE}.addon.ui").MODULES)
    sections.opened("moves")
    yield from driver.show_tab()
    yield from driver.photograph(OUT / "1_empty.png")

    bpy.ops.second_eye.import_clip(filepath=JOB["clip"])
    driver.view()[1].tag_redraw()
    yield from driver.photograph(OUT / "2_clip.png")
    ticks = driver.Stopwatch(task.TaskOperator, "modal")
    draws = driver.Stopwatch(panels.SECOND_EYE_PT_analyse, "draw")
    stalls.restart()
    for _ in range(20):  # what the window itself needs: redraws at the same pace, no job
        for area in driver.view()[0].screen.areas:  # all of it, as after a button's click
            area.tag_redraw()
        yield 0.1
    note("longest stall while idle, ms", milliseconds(stalls.longest))
    note("longest stall while idle, processor ms", milliseconds(stalls.busiest))

    def running() -> bool:
        return session.current() is not None

    estimates = Path(JOB["project"]) / "base"

    def frames() -> int:
        return len(list(estimates.glob("0*.exr")))

    def done() -> bool:
        return session.current() is None

    # Pressed, and cancelled in the middle: some frames are there, and some are not.
    analyse = yield from driver.find("bpy.ops.second_eye.analyse(")
    yield from driver.click(analyse)
    yield running
    cancel = yield from driver.find("bpy.ops.second_eye.cancel(", near=analyse[1])
    yield from driver.photograph(OUT / "3_analysing.png")
    yield lambda: done() or frames() > 0
    assert session.current() is not None, "the analysis was over before Cancel could be pressed"
    yield from driver.click(cancel)
    yield lambda: done() or session.current().task.cancelling
    pressed = time.perf_counter()
    yield done
    note("Cancel answered after, ms", milliseconds(time.perf_counter() - pressed))
    note("frames left by Cancel", frames())
    assert 0 < frames() < JOB["frames"], "Cancel left no part of an analysis to go on from"
    yield from driver.photograph(OUT / "4_cancelled.png")
    assert session.latest.icon == "CANCEL", session.latest

    # Resumed to the end, with nothing else going on; what is there is kept.
    kept = {path.name: path.stat().st_mtime_ns for path in estimates.glob("0*.exr")}
    window = driver.view()[0]
    analyse = yield from driver.find("bpy.ops.second_eye.analyse(", near=analyse[1])
    stalls.restart()
    yield from driver.click(analyse)
    yield running
    yield done
    note("longest stall while analysing, ms", milliseconds(stalls.longest))
    note("longest stall while analysing, processor ms", milliseconds(stalls.busiest))
    for name, watch in (("tick of the operator", ticks), ("draw of the section", draws)):
        note(f"longest {name}, ms", milliseconds(watch.longest))
        note(f"longest {name}, processor ms", milliseconds(watch.busiest))
    assert session.latest.icon == "CHECKMARK", session.latest
    assert frames() == JOB["frames"]
    assert len(list((Path(JOB["project"]) / "depth").glob("0*.exr"))) == JOB["frames"]
    after = {name: (estimates / name).stat().st_mtime_ns for name in kept}
    assert after == kept, "frames that were there were analysed again"
    yield from driver.photograph(OUT / "5_analysed.png")

    build = yield from driver.find("bpy.ops.second_eye.build_scene(")
    stalls.restart()
    yield from driver.click(build)
    yield lambda: done() and session.latest.title == "Build Scene"  # piece by piece
    note("longest stall while building, ms", milliseconds(stalls.longest))
    note("longest stall while building, processor ms", milliseconds(stalls.busiest))
    yield 1.0
    scene = bpy.context.scene
    assert any(o.get("second_eye_role") == "stereo" for o in scene.objects), "nothing was built"
    space = driver.view()[1].spaces.active
    space.region_3d.view_perspective = "CAMERA"
    yield from driver.photograph(OUT / "6_built.png")
    yield from staged.scenario(PACKAGE, sections, OUT, stalls, note)
    space.region_3d.view_perspective = "CAMERA"
    scene = bpy.context.scene  # Undo has made another one of it
    yield from sections.only("repair")
    yield from repairing(scene, session)
    yield from sections.only("render")
    yield from rendering(scene, session)
    space.shading.type = "RENDERED"  # Cycles: software OpenGL compiles EEVEE's shaders for minutes
    yield 20.0
    yield from driver.photograph(OUT / "8_footage.png")
    space.shading.type = "SOLID"

    # In the window's own area: without a window manager a second window lies half off the screen.
    area = driver.view()[1]
    with bpy.context.temp_override(window=window):
        bpy.ops.preferences.addon_show(module=PACKAGE)
    yield 1.0
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[1]):
        bpy.ops.wm.window_close()
    area.ui_type = "PREFERENCES"
    yield from driver.photograph(OUT / "9_preferences.png")


def repairing(scene: bpy.types.Scene, session: ModuleType) -> driver.Scenario:
    """The Repair section: its shot repaired otherwise, and the flicker plot in an Image Editor."""
    relief = next(o for o in scene.objects if o.get("second_eye_role") == "relief")
    relief.second_eye.semantic = 0.5
    repair = yield from driver.find("bpy.ops.second_eye.repair_shot(")
    yield from driver.click(repair)
    yield lambda: session.current() is not None
    stalls.restart()
    yield from driver.photograph(OUT / "6_repairing.png")
    yield lambda: session.current() is None
    note("longest stall while repairing, ms", milliseconds(stalls.longest))
    note("longest stall while repairing, processor ms", milliseconds(stalls.busiest))
    assert session.latest.icon == "CHECKMARK", session.latest
    areas = driver.view()[0].screen.areas
    beside = next(area for area in areas if area.type == "PROPERTIES")
    beside.ui_type = "IMAGE_EDITOR"
    flicker = yield from driver.find("bpy.ops.second_eye.show_flicker(", near=repair[1])
    yield from driver.click(flicker)
    yield lambda: beside.spaces.active.image is not None
    with bpy.context.temp_override(window=driver.view()[0], area=beside, region=beside.regions[-1]):
        bpy.ops.image.view_all(fit_view=True)
    yield from driver.photograph(OUT / "6_repaired.png")
    beside.ui_type = "PROPERTIES"


def rendering(scene: bpy.types.Scene, session: ModuleType) -> driver.Scenario:
    """Two small frames and the movie, while the window stays alive."""
    scene.frame_end = scene.frame_start + 1
    scene.render.resolution_percentage = 25
    render = yield from driver.find("bpy.ops.second_eye.render_stereo(")
    yield from driver.click(render)
    yield lambda: session.current() is not None
    stalls.restart()
    yield lambda: session.current() is None
    note("longest stall while rendering, ms", milliseconds(stalls.longest))
    assert session.latest.icon == "CHECKMARK", session.latest
    assert Path(JOB["project"]).with_name("street_stereo.mp4").stat().st_size > 0
    yield from driver.photograph(OUT / "7_rendered.png")


OUT.mkdir(parents=True, exist_ok=True)
driver.run(scenario(), stalls, finish)
