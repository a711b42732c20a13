# SPDX-License-Identifier: GPL-3.0-or-later
"""A walk through the whole tab in a real Blender window, on a real clip, for docs/tour.md.

Started by scripts/devtools/gui.py as panel.py is. What a press of a button does is tested there and
by the add-on's tests; here every section is looked at, a slider is dragged, and both eyes are seen.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import driver

PACKAGE = "bl_ext.user_default.second_eye"
JOB = json.loads(sys.argv[sys.argv.index("--") + 1])
OUT = Path(JOB["out"])
figures: dict[str, object] = {}
stalls = driver.Stalls()
sections: driver.Sections
watches: dict[str, driver.Stopwatch] = {}


def note(name: str, value: object) -> None:
    figures[name] = value
    (OUT / "figures.json").write_text(json.dumps(figures, indent=2), encoding="utf8")


def finish(failure: str) -> None:
    for label, watch in watches.items():
        note(f"longest draw of {label}, processor ms", round(1000.0 * watch.busiest, 1))
    note("failure", failure)
    os._exit(1 if failure else 0)


def module(name: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.addon.{name}")


def collect() -> None:
    """The tab's sections, each with a stopwatch on its drawing."""
    global sections
    sections = driver.Sections(module("ui").MODULES)
    for cls in sections.all:
        watches[cls.bl_idname.removeprefix("SECOND_EYE_PT_")] = driver.Stopwatch(cls, "draw")


def only(*names: str) -> driver.Scenario:
    yield from sections.only(*names)


def idle() -> bool:
    return module("engine.session").current() is None


def show_image() -> driver.Scenario:
    """The Image Editor beside the view, its picture whole."""
    window = driver.view()[0]
    area = next(a for a in window.screen.areas if a.type == "IMAGE_EDITOR")
    yield lambda: area.spaces.active.image is not None
    with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
        bpy.ops.image.view_all(fit_view=True)
    yield 0.5


def in_view(action: Callable[[], Any]) -> Any:
    window, area, _region = driver.view()
    region = next(r for r in area.regions if r.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        return action()


def tour() -> driver.Scenario:
    driver.PATIENCE = 900.0
    driver.install(PACKAGE, JOB)
    collect()
    yield from driver.show_tab()
    yield from footage()
    yield from scene()
    yield from stereo()
    yield from previews()
    yield from output()
    yield from other_language()


def footage() -> driver.Scenario:
    session = module("engine.session")
    settings = bpy.context.scene.second_eye
    bpy.ops.second_eye.import_clip(filepath=JOB["clip"])
    settings.project_folder = JOB["project"]
    settings.first, settings.last = JOB["first"], JOB["last"]
    yield from only("clip", "analyse", "analyse_repair")
    yield from driver.photograph(OUT / "01_clip.png")
    if not Path(JOB["project"]).exists():
        place = yield from driver.find("bpy.ops.second_eye.analyse(")
        yield from driver.click(place)
        yield lambda: not idle() and session.current().task.progress.fraction > 0.3
        yield from driver.photograph(OUT / "02_analysing.png")
        yield idle
        assert session.latest.icon == "CHECKMARK", session.latest
        yield from driver.photograph(OUT / "03_analysed.png")


def scene() -> driver.Scenario:
    bpy.ops.second_eye.build_scene()
    space = driver.view()[1].spaces.active
    space.region_3d.view_perspective = "CAMERA"
    in_view(lambda: bpy.ops.view3d.view_center_camera())
    space.shading.type = "RENDERED"  # Cycles: OpenGL by software compiles EEVEE's shaders long
    yield from only("scene", "shots", "detail")
    yield 15.0
    yield from driver.photograph(OUT / "04_scene.png")
    space.shading.type = "SOLID"
    bpy.context.scene.frame_set((JOB["last"] - JOB["first"]) // 2)
    bpy.ops.second_eye.cut_here()
    yield from only("shots")
    yield from driver.photograph(OUT / "05_shots.png")
    areas = driver.view()[0].screen.areas
    next(area for area in areas if area.type == "PROPERTIES").ui_type = "IMAGE_EDITOR"
    bpy.ops.second_eye.show_flicker()
    yield from only("repair")
    yield from show_image()
    yield from driver.photograph(OUT / "06_repair.png")


def stereo() -> driver.Scenario:
    """The rig, a slider dragged live, comfort on its screen, a move that fits."""
    scene = bpy.context.scene
    yield from only("stereo", "rig")
    stereo = module("rigs").find_stereo_camera(scene).data.stereo
    slider = yield from driver.find_property("stereo.convergence_distance")
    before = stereo.convergence_distance
    stalls.restart()
    yield from driver.drag(slider, 60)
    assert stereo.convergence_distance != before, "the slider did not move"
    note("longest stall while dragging, ms", round(1000.0 * stalls.longest, 1))
    note("longest stall while dragging, processor ms", round(1000.0 * stalls.busiest, 1))
    yield from driver.photograph(OUT / "07_rig.png")

    scene.second_eye_comfort.overlay = True
    bpy.ops.second_eye.show_comfort()
    yield from only("stereo", "comfort")
    yield from show_image()
    yield from driver.photograph(OUT / "08_comfort.png")
    bpy.ops.second_eye.grade_depth()
    bpy.ops.second_eye.show_comfort()
    yield from only("stereo", "comfort", "grade")
    yield from show_image()
    yield from driver.photograph(OUT / "09_graded.png")
    scene.second_eye_comfort.overlay = False

    bpy.ops.second_eye.add_move(kind="push-in")
    bpy.ops.second_eye.fit_move()
    yield from only("stereo", "moves")
    yield from driver.photograph(OUT / "10_moves.png")


def previews() -> driver.Scenario:
    space = driver.view()[1].spaces.active
    yield from only("stereo", "preview")
    space.shading.type = "RENDERED"
    in_view(lambda: bpy.ops.second_eye.live_stereo(mode="ANAGLYPH"))
    yield 20.0
    yield from driver.photograph(OUT / "11_live.png")
    in_view(lambda: bpy.ops.second_eye.live_stereo(mode="ANAGLYPH"))
    space.shading.type = "SOLID"
    bpy.ops.second_eye.still_pair()
    yield from show_image()
    yield from driver.photograph(OUT / "12_still_pair.png")


def output() -> driver.Scenario:
    yield from only("output", "convert", "render")
    yield from driver.photograph(OUT / "13_output.png")


def other_language() -> driver.Scenario:
    view = bpy.context.preferences.view
    view.language = "zh_HANS"
    view.use_translate_interface = view.use_translate_tooltips = True
    shown = bpy.app.translations.pgettext_iface("Build Scene", "Operator")
    assert shown != "Build Scene", "Blender knows no translation"
    yield from only("clip", "analyse", "scene", "stereo", "comfort", "output")
    yield from driver.photograph(OUT / "14_zh_hans.png")


OUT.mkdir(parents=True, exist_ok=True)
driver.run(tour(), stalls, finish)
