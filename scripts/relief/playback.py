# SPDX-License-Identifier: GPL-3.0-or-later
"""Playback in Blender: how long the depsgraph takes for a frame of a built relief.

A process of its own, since bpy ends badly beside others: `python playback.py PROJECT ANSWER.json`.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FRAMES = 50


def playback_figures(folder: Path, moving_project: Any, command: Any) -> dict[str, float]:
    """Of a shot of 50 frames with depth of 640x360: ms a frame, mean over its frames, of the
    default viewport level, of every level and of the grid; with the load of the machine."""
    project = moving_project(folder / "playback", (360, 640), FRAMES)
    plates(project)
    command("sample", project)
    answer = folder / "playback.json"
    subprocess.run([sys.executable, __file__, project, answer], check=True)
    return dict(json.loads(answer.read_text(encoding="utf8")))


def plates(folder: Path) -> None:
    import numpy as np

    from core.media import write_image
    from core.project import Project

    project = Project.open(folder)
    clip = project.manifest.clip
    grey = np.full((clip.height, clip.width, 3), 90, np.uint8)
    for frame in project.manifest.frames:
        write_image(project.plate_path(frame), grey)


def extension() -> Any:
    """The add-on from this tree as a package, without its panels."""
    import bpy

    spec = importlib.util.spec_from_file_location(
        "second_eye", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["second_eye"] = package
    spec.loader.exec_module(package)
    properties = importlib.import_module("second_eye.addon.properties")
    for cls in properties.CLASSES:
        bpy.utils.register_class(cls)
    properties.register()
    return importlib.import_module("second_eye.addon.stage")


def measure(folder: Path) -> dict[str, float]:
    """The figures, in this process."""
    import bpy

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    stage = extension()
    compat = importlib.import_module("second_eye.addon.stage.compat")
    project = importlib.import_module("second_eye.core.project").Project.open(folder)
    scene = bpy.context.scene

    def played(name: str) -> dict[str, float]:
        walls, processors = [], []
        for frame in (scene.frame_start, *range(scene.frame_start, scene.frame_end + 1)):
            started, used = time.perf_counter(), time.process_time()
            scene.frame_set(frame)
            walls.append(time.perf_counter() - started)
            processors.append(time.process_time() - used)
        count = len(walls) - 1
        return {
            f"playback, {name}: ms a frame": 1e3 * sum(walls[1:]) / count,
            f"playback, {name}: processor ms a frame": 1e3 * sum(processors[1:]) / count,
        }

    relief = stage.build_scene(project, scene, sampling=stage.ADAPTIVE).reliefs[0]
    modifier, counts = relief.modifiers[0], list(relief["second_eye_triangles"])
    chosen = counts[compat.get_input(modifier, "Auto Viewport") - 1]
    figures = played(f"640x360 depth, default viewport level, {chosen} triangles")
    for number in (1, len(counts)):
        compat.set_input(modifier, "Viewport Level", number)
        figures |= played(f"level {number}, {counts[number - 1]} triangles")
    compat.set_input(modifier, "Points", True)
    figures |= played(f"level {len(counts)} as points")
    relief = stage.build_scene(project, scene).reliefs[0]
    figures |= played(f"grid, {len(relief.data.polygons)} triangles")
    figures["load of the machine (one minute)"] = os.getloadavg()[0]
    return figures


if __name__ == "__main__":
    found = measure(Path(sys.argv[1]))
    Path(sys.argv[2]).write_text(json.dumps(found), encoding="utf8")
    # bpy hangs at exit while a class is registered: leave without its clean-up.
    sys.stdout.flush()
    os._exit(0)
