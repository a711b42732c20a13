# SPDX-License-Identifier: GPL-3.0-or-later
"""Dragging in Blender: how long the depsgraph takes when one number of the rig changes.

A process of its own, since bpy ends badly beside others: `python dragging.py PROJECT ANSWER.json`.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from relief.playback import extension, plates

STEPS = 40


def drag_figures(folder: Path, moving_project: Any, command: Any) -> dict[str, float]:
    """Of depth of 640x360: ms of processor time of one update, mean and worst of 40 steps."""
    project = moving_project(folder / "dragging", (360, 640), 4)
    plates(project)
    command("sample", project)
    answer = folder / "dragging.json"
    environment = dict(os.environ, PYTHONPATH=str(Path(__file__).resolve().parents[1]))
    arguments = [sys.executable, __file__, str(project), str(answer)]
    subprocess.run(arguments, check=True, env=environment)
    return dict(json.loads(answer.read_text(encoding="utf8")))


def measure(folder: Path) -> dict[str, float]:
    """The figures, in this process. In background nothing is drawn: what is measured is what a
    drag makes Blender evaluate before it draws."""
    import bpy

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    stage = extension()
    rigs = importlib.import_module("second_eye.addon.rigs")
    controls = [importlib.import_module(f"second_eye.addon.rigs.{n}") for n in ("aim", "screen")]
    project = importlib.import_module("second_eye.core.project").Project.open(folder)
    scene, layer = bpy.context.scene, bpy.context.view_layer
    figures: dict[str, float] = {}
    for name, sampling in (("own pattern", stage.ADAPTIVE), ("grid", stage.GRID)):
        stage.build_scene(project, scene, sampling=sampling)
        camera: Any = rigs.make_stereo_camera(scene, project)
        chain = rigs.find_chain(scene)
        controls[0].add_aim(scene, chain)
        stereo = camera.data.stereo
        plain: dict[str, Callable[[float], None]] = {
            "interocular": lambda v, s=stereo: setattr(s, "interocular_distance", 0.1 + v),
            "convergence": lambda v, s=stereo: setattr(s, "convergence_distance", 3.0 + v),
            "rig's location": lambda v, r=chain.rig: setattr(r.location, "x", v),
            "rig's arm": lambda v, r=chain.rig: (r.__setitem__("arm", v), r.update_tag()),
            "lens": lambda v, d=camera.data: setattr(d, "lens", 30.0 + v),
        }
        for what, change in plain.items():
            figures |= _dragged(f"{name}, {what}", change, layer)
        screen = controls[1].add_screen(scene, camera)
        figures |= _dragged(
            f"{name}, screen object", lambda v, s=screen: setattr(s.location, "z", 3.0 + v), layer
        )
        controls[1].remove_screen(scene, chain.footage, camera, keep=False)
    figures["load of the machine (one minute)"] = os.getloadavg()[0]
    return figures


def _dragged(name: str, change: Callable[[float], Any], layer: Any) -> dict[str, float]:
    times = []
    layer.update()
    for step in range(STEPS + 1):
        change(0.01 * (step + 1))
        used = time.process_time()
        layer.update()
        times.append(time.process_time() - used)
    times = times[1:]
    return {
        f"{name}: processor ms an update": 1e3 * sum(times) / len(times),
        f"{name}: worst processor ms": 1e3 * max(times),
    }


if __name__ == "__main__":
    found = measure(Path(sys.argv[1]))
    Path(sys.argv[2]).write_text(json.dumps(found), encoding="utf8")
    # bpy hangs at exit while a class is registered: leave without its clean-up.
    sys.stdout.flush()
    os._exit(0)
