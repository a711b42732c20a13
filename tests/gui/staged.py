# SPDX-License-Identifier: GPL-3.0-or-later
"""The built scene in a real window: moves measured meanwhile, the overlay, a gizmo and its undo."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import driver
import gpu
from bpy_extras.view3d_utils import location_3d_to_region_2d
from mathutils import Quaternion, Vector

Note = Callable[[str, object], None]


def scenario(
    package: str, sections: driver.Sections, out: Path, stalls: driver.Stalls, note: Note
) -> driver.Scenario:
    def module(name: str) -> Any:
        return importlib.import_module(f"{package}.addon.{name}")

    yield from moving(module, sections, out, stalls, note)
    yield from overlaid(module, sections, out, note)
    yield from dragging(module, out, note)


def milliseconds(seconds: float) -> float:
    return round(1000.0 * seconds, 1)


def moving(
    module: Any, sections: driver.Sections, out: Path, stalls: driver.Stalls, note: Note
) -> driver.Scenario:
    """A move is there at once; what it leaves uncovered arrives later, and Undo takes one step."""
    session, scene = module("engine.session"), bpy.context.scene
    yield from sections.only("moves")
    window, area, region = driver.view()
    before = len(scene.second_eye_moves.items)
    stalls.restart()
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.second_eye.add_move("INVOKE_DEFAULT", True, kind="arc", strength=6.0)
    assert len(scene.second_eye_moves.items) == before + 1
    assert session.current() is not None, "nothing is being measured"
    yield 0.2
    yield from driver.photograph(out / "a_measuring.png")
    yield lambda: session.current() is None
    yield 0.3
    note("longest stall while a move is added and measured, processor ms",
         milliseconds(stalls.busiest))  # fmt: skip
    note("longest stall while a move is added and measured, ms", milliseconds(stalls.longest))
    moves, rigs = module("rigs.moves"), module("rigs")
    shot = moves.moved_shots(scene, rigs.find_chain(scene).camera)[0]
    found, current = moves.kept(scene, shot)
    assert found is not None and current, session.latest
    yield from driver.photograph(out / "b_measured.png")
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.ed.undo()
    yield 0.5
    assert len(bpy.context.scene.second_eye_moves.items) == before, "Undo took no whole step"


def overlaid(module: Any, sections: driver.Sections, out: Path, note: Note) -> driver.Scenario:
    """The overlay from its first draw on, in processor time of the main thread."""
    yield from sections.only("comfort")
    view = module("overlay.view")
    watch, steps = driver.Stopwatch(view, "_draw"), []
    for owner, name in ((gpu.shader, "from_builtin"), (view, "_draw_tint"), (view, "_draw_planes")):
        setattr(owner, name, timed(getattr(owner, name), name, steps))
    settings = bpy.context.scene.second_eye_comfort
    settings.overlay = settings.marks = settings.planes = True
    driver.view()[1].tag_redraw()
    yield 3.0
    for _ in range(5):
        driver.view()[1].tag_redraw()
        yield 0.2
    assert not view._state["broken"]
    assert set(module("overlay.warming")._warmth.values()) == {2}, "not all of it was drawn"
    note("longest draw of the overlay, processor ms", milliseconds(watch.busiest))
    note("longest draw of the overlay, ms", milliseconds(watch.longest))
    note("its first steps, processor ms", steps[:8])
    yield from driver.photograph(out / "c_overlay.png")
    settings.overlay = False


def timed(plain: Callable[..., Any], name: str, steps: list[Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        worked = time.thread_time()
        try:
            return plain(*arguments)
        finally:
            spent = milliseconds(time.thread_time() - worked)
            steps.append([arguments[0] if name == "from_builtin" else name, spent])

    return call


def dragging(module: Any, out: Path, note: Note) -> driver.Scenario:
    """The arrow at the screen is dragged by the mouse, and Undo takes the drag back."""
    scene = bpy.context.scene
    chain = module("rigs").find_chain(scene)
    camera, rig = chain.camera, chain.rig
    for thing in bpy.context.view_layer.objects:
        thing.select_set(thing == rig)
    bpy.context.view_layer.objects.active = rig
    window, area, _ = driver.view()
    region = next(r for r in area.regions if r.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.ed.undo_push(message="Rig selected")
    stereo = camera.data.stereo
    before = stereo.convergence_distance
    start = camera.matrix_world.translation.copy()
    ahead = (camera.matrix_world.to_3x3() @ Vector((0.0, 0.0, -1.0))).normalized()
    view = area.spaces.active.region_3d
    view.view_perspective = "ORTHO"
    view.view_rotation = Quaternion((1.0, 0.0, 0.0), 0.0)  # from above
    view.view_location = start + 0.5 * before * ahead
    view.view_distance = 3.0 * before
    area.spaces.active.show_region_ui = False  # the sidebar hides half of the view
    yield 1.5
    head = location_3d_to_region_2d(region, view, start + before * ahead)
    foot = location_3d_to_region_2d(region, view, start)
    way = (head - foot).normalized()
    for beyond in (0, 8, 16, 24, 36, 48, -6):
        x, y = (int(c) for c in (region.x + head.x + beyond * way.x,
                                 region.y + head.y + beyond * way.y))  # fmt: skip
        yield from pulled(x, y, way)
        if abs(stereo.convergence_distance - before) > 1e-3:
            break
    dragged = bpy.context.scene.camera is not None and stereo.convergence_distance
    note("convergence before and after the gizmo's drag", [round(before, 3), round(dragged, 3)])
    yield from driver.photograph(out / "d_gizmo.png")
    assert abs(dragged - before) > 1e-3, "the arrow could not be dragged"
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.ed.undo()
    yield 0.5
    camera = module("rigs").find_chain(bpy.context.scene).camera
    assert abs(camera.data.stereo.convergence_distance - before) < 1e-4, "Undo did not take it back"
    area.spaces.active.show_region_ui = True
    yield 0.5


def pulled(x: int, y: int, way: Vector) -> driver.Scenario:
    """Press there, go 60 pixels along ``way``, let go."""
    window = driver.view()[0]
    driver.hover(x - 2, y)
    yield 0.15
    driver.hover(x, y)
    yield 0.15
    window.event_simulate(type="LEFTMOUSE", value="PRESS", x=x, y=y)
    for step in range(4, 61, 8):
        yield 0.06
        driver.hover(int(x + step * way.x), int(y + step * way.y))
    yield 0.1
    window.event_simulate(
        type="LEFTMOUSE", value="RELEASE", x=int(x + 60 * way.x), y=int(y + 60 * way.y)
    )
    yield 0.4
