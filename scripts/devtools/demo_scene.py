# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's part inside Blender: the installed extension builds the scene and renders it.

Started by scripts/demo.py as a process of its own with one JSON argument; answers into a file.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import sys
import time
from pathlib import Path

import bpy
from mathutils import Matrix, Vector

PACKAGE = "bl_ext.user_default.second_eye"


def install(package: str, engine: str) -> None:
    bpy.ops.extensions.package_install_files(
        filepath=package, repo="user_default", enable_on_install=True, overwrite=True
    )
    preferences = bpy.context.preferences.addons[PACKAGE].preferences
    preferences.engine_mode = "GIVEN"
    preferences.engine_python = engine


def still(scene: bpy.types.Scene, path: Path) -> None:
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True, scene=scene.name)


def orbit(scene: bpy.types.Scene, degrees: float, pivot: float) -> bpy.types.Object:
    """A copy of the footage camera, turned about the point ``pivot`` units ahead of it."""
    footage = next(o for o in scene.objects if o.get("second_eye_role") == "footage")
    camera = bpy.data.objects.new("Side", footage.data.copy())
    scene.collection.objects.link(camera)
    centre = Matrix.Translation(Vector((0.0, 0.0, -pivot)))
    turn = centre @ Matrix.Rotation(math.radians(degrees), 4, "Y") @ centre.inverted()
    camera.matrix_world = footage.matrix_world @ turn
    return camera


def choose_range(scene: bpy.types.Scene, seconds: float, at: float | None) -> None:
    """Shorten the scene's range to ``seconds`` from ``at``, or about its middle."""
    rate = scene.render.fps / scene.render.fps_base
    first, last = scene.frame_start, scene.frame_end
    wanted = min(last - first + 1, max(1, round(seconds * rate)))
    begin = (first + last - wanted) // 2 if at is None else first + round(at * rate)
    scene.frame_start = max(first, min(begin, last - wanted + 1))
    scene.frame_end = scene.frame_start + wanted - 1


def main(job: dict) -> None:
    seconds: dict[str, float] = {}
    install(job["zip"], job["engine"])
    project_module = importlib.import_module(f"{PACKAGE}.core.project")
    project = project_module.Project.open(job["project"])
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    settings = scene.second_eye
    settings.clip_path = str(project.manifest.clip.path)
    settings.project_folder = job["project"]
    settings.output_path = job["movie"]

    started = time.monotonic()
    bpy.ops.second_eye.build_scene()
    bpy.ops.wm.save_as_mainfile(filepath=job["blend"])
    seconds["build scene"] = time.monotonic() - started

    started = time.monotonic()
    if job["seconds"] is not None:
        choose_range(scene, job["seconds"], job["at"])
    frames = scene.frame_end - scene.frame_start + 1
    bpy.ops.second_eye.render_stereo()
    seconds[f"render {frames} stereo frames"] = time.monotonic() - started

    started = time.monotonic()
    middle = (scene.frame_start + scene.frame_end) // 2
    scene.frame_set(middle)
    stills = Path(job["stills"])
    scene.render.views_format = "STEREO_3D"
    scene.render.image_settings.views_format = "INDIVIDUAL"
    still(scene, stills / "eye.png")
    for view, name in (("_L", "left"), ("_R", "right")):
        os.replace(stills / f"eye{view}.png", stills / f"{name}.png")
    scene.render.use_multiview = False
    stage = importlib.import_module(f"{PACKAGE}.addon.stage")
    frame = stage.timeline_frame(scene, middle)
    shot = project.shot_at(frame)
    pivot = 2.0 / (1.0 / shot.near + 1.0 / shot.far)  # half-way in inverse distance
    for degrees in (15.0, 30.0):
        scene.camera = orbit(scene, degrees, pivot)
        still(scene, stills / f"relief_{degrees:.0f}_degrees_off_the_axis.png")
    seconds["stills"] = time.monotonic() - started

    answer = {"seconds": seconds, "frame": frame}
    Path(job["answer"]).write_text(json.dumps(answer), encoding="utf8")
    bpy.ops.preferences.addon_disable(module=PACKAGE)


if __name__ == "__main__":
    status = 1
    try:
        main(json.loads(sys.argv[1]))
        status = 0
    finally:
        if status:
            import traceback

            traceback.print_exc()
        # bpy hangs at exit while an extension's class is registered: leave without its clean-up.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
