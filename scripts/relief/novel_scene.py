# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of novel_view.py inside Blender: `python novel_scene.py VIEWS.json`."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

MATTE_STARTS = 1e-3  # radians: any eye beside the footage camera's sees cut steps


def show(stage: Any, project: Any, view: dict[str, Any]) -> None:
    import bpy
    from mathutils import Matrix

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    compat = importlib.import_module("second_eye.addon.stage.compat")
    behind = importlib.import_module("second_eye.addon.stage.behind")
    scene = bpy.context.scene
    built = stage.build_scene(project, scene, sampling=stage.ADAPTIVE)
    data = built.camera.data.copy()
    data.lens = data.sensor_width * view["focal_over_width"]
    viewer = bpy.data.objects.new("Viewer", data)
    scene.collection.objects.link(viewer)
    viewer.matrix_world = built.camera.matrix_world @ Matrix(view["pose"])
    scene.camera = viewer
    compat.set_png(scene.render.image_settings)
    for way, path in view["pictures"].items():
        modifier = built.reliefs[0].modifiers[0]
        compat.set_input(modifier, "Matte", float(way != "whole"))
        compat.set_input(modifier, "Matte Angle", MATTE_STARTS)
        if way == "layered":
            stage.refresh_behind(project, list(built.reliefs))
        else:
            behind.remove_behind(built.reliefs[0])
            compat.set_input(modifier, "Layered", False)
        scene.render.filepath = path
        bpy.ops.render.render(write_still=True)


def main(jobs: Path) -> None:
    import bpy

    from relief.playback import extension

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    stage = extension()
    projects = importlib.import_module("second_eye.core.project")
    for view in json.loads(jobs.read_text(encoding="utf8")):
        show(stage, projects.Project.open(Path(view["project"])), view)


if __name__ == "__main__":
    status = 1
    try:
        main(Path(sys.argv[1]))
        status = 0
    finally:
        if status:
            import traceback

            traceback.print_exc()
        # bpy hangs at exit while a class is registered: leave without its clean-up.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
