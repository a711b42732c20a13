# SPDX-License-Identifier: GPL-3.0-or-later
"""A relief from five viewpoints off the axis: ten degrees left, right, up and down, and nearer.

    .venv/bin/python scripts/relief/viewpoints.py PROJECT:FRAME ... -o docs/pictures/viewpoints.jpg

One row a project: the footage, then the views; all turn about the distance half-way in inverse
depth. Shots without a current sampling pattern are sampled first.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

DEGREES = 10.0
DOLLY = 0.25  # of the way to the pivot
VIEWS = {"left": (-1, 0), "right": (1, 0), "up": (0, 1), "down": (0, -1), "dolly in": (0, 0)}
"""Where the viewer goes: times ten degrees, to the right and up."""
WIDTH = 300  # of a picture on the sheet


def look(job: dict[str, Any]) -> None:
    """In Blender: the views of one project."""
    import importlib

    import bpy
    from mathutils import Matrix

    from relief.playback import extension

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    stage = extension()
    compat = importlib.import_module("second_eye.addon.stage.compat")
    project = importlib.import_module("second_eye.core.project").Project.open(Path(job["project"]))
    scene = bpy.context.scene
    built = stage.build_scene(project, scene, sampling=stage.ADAPTIVE)
    compat.set_png(scene.render.image_settings)
    scene.frame_set(stage.scene_frame(scene, job["frame"]))
    viewer = bpy.data.objects.new("Viewer", built.camera.data)
    scene.collection.objects.link(viewer)
    scene.camera = viewer
    shot = project.shot_at(job["frame"])
    distance = 2.0 / (1.0 / shot.near + 1.0 / shot.far)
    pivot = Matrix.Translation((0.0, 0.0, -distance))
    for name, path in job["pictures"].items():
        across, upward = VIEWS[name]
        turn = Matrix.Rotation(math.radians(DEGREES * across), 4, "Y")
        turn = turn @ Matrix.Rotation(math.radians(-DEGREES * upward), 4, "X")
        move = pivot @ turn @ pivot.inverted()
        if name == "dolly in":
            move = Matrix.Translation((0.0, 0.0, -DOLLY * distance))
        viewer.matrix_world = built.camera.matrix_world @ move
        scene.render.filepath = path
        bpy.ops.render.render(write_still=True)


def sheet(rows: list[list[Any]], path: Path) -> None:
    """Rows of RGB pictures with the names of the columns above."""
    import cv2
    import numpy as np

    from core.media import write_image

    fitted = []
    for row in rows:
        height = round(row[0].shape[0] * WIDTH / row[0].shape[1])
        parts = [cv2.resize(p, (WIDTH, height), interpolation=cv2.INTER_AREA) for p in row]
        fitted.append(np.hstack(parts))
    head = np.full((28, fitted[0].shape[1], 3), 30, np.uint8)
    for i, name in enumerate(("footage", *VIEWS)):
        place = (8 + i * WIDTH, 20)
        cv2.putText(head, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.55, (230, 230, 230), 1)
    write_image(path, np.vstack([head, *fitted]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("frames", nargs="+", metavar="PROJECT:FRAME")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    import cv2

    from core.project import Project

    rows = []
    for given in arguments.frames:
        folder, _, number = given.rpartition(":")
        subprocess.run([sys.executable, "-m", "core.cli", "sample", folder], cwd=ROOT, check=True)
        project = Project.open(Path(folder))
        row = [project.read_plate(int(number))]
        with tempfile.TemporaryDirectory() as scratch:
            pictures = {name: str(Path(scratch) / f"{name}.png") for name in VIEWS}
            job = {"project": folder, "frame": int(number), "pictures": pictures}
            command = [sys.executable, __file__, "--in-blender", json.dumps(job)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            row += [cv2.imread(path)[..., ::-1] for path in pictures.values()]
        rows.append(row)
    sheet(rows, arguments.output)
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] != ["--in-blender"]:
        sys.exit(main())
    status = 1
    try:
        look(json.loads(sys.argv[2]))
        status = 0
    finally:
        if status:
            import traceback

            traceback.print_exc()
        # bpy hangs at exit while a class is registered: leave without its clean-up.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
