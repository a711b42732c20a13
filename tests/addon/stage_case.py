# SPDX-License-Identifier: GPL-3.0-or-later
"""Tiny depth projects for the scene's tests, written by core in the engine, and pictures read back.

Blender's Python has no OpenEXR and no cv2, here as on an artist's machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np

WRITE = """
import json, sys
from fractions import Fraction
from pathlib import Path
import cv2
import numpy as np
from core.project import (ClipRecord, DepthRecord, LensRecord, Manifest, ModelRecord, Project, Shot,
                          StageRecord, TimelineRecord, DONE, STAGES)

folder, given = Path(sys.argv[1]), json.loads(sys.argv[2])
data = np.load(sys.argv[3])
plates, depths = data["plates"], data["depths"]
count, height, width = plates.shape[:3]
first, last = given["first"], given["first"] + count - 1
manifest = Manifest(
    clip=ClipRecord(path="clip.mp4", absolute=str(folder.with_name("clip.mp4")), kind="movie",
                    fingerprint="0", width=width, height=height),
    timeline=TimelineRecord(rate=Fraction(*given["rate"]), time_base=Fraction(1, 1000),
                            source_pts=list(range(last))),
    first=first, last=last,
    depth=DepthRecord(width=depths.shape[2], height=depths.shape[1], scale=given["scale"],
                      shift=given["shift"]),
    shots=[Shot(**shot) for shot in given["shots"]],
    lens=LensRecord(focal_over_width=given["focal"], source="artist"),
    model=ModelRecord(name="test", sha256="0"),
    stages={name: StageRecord(state=DONE) for name in STAGES},
)
project = Project.create(folder, manifest)
project.make_folders()
jpeg = [cv2.IMWRITE_JPEG_QUALITY, 95,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
for i, n in enumerate(range(first, last + 1)):
    assert cv2.imwrite(str(project.plate_path(n)), plates[i, :, :, ::-1], jpeg)
    project.write_depth(n, depths[i], np.ones_like(depths[i]))
if "bases" in data:
    from core.project import pictures
    (folder / "base").mkdir(exist_ok=True)
    for n, base in zip(manifest.frames, data["bases"], strict=True):
        pictures.write_exr(folder / "base" / f"{n:06d}.exr", base.astype(np.float16))
np.savez(sys.argv[4], plates=np.stack([project.read_plate(n) for n in manifest.frames]),
         normalised=np.stack([project.normalised(n) for n in manifest.frames]))
"""


SAMPLE = """
import sys
from core.jobs.sample import SampleJob
SampleJob(sys.argv[1], triangles=int(sys.argv[2])).run(lambda told: None, lambda: False)
"""


def engine(module: Any, python: Path, script: str, *arguments: str | Path) -> str:
    """Run a script in the engine, with the installed extension's core; its standard output."""
    extension = Path(module("core").__file__).parents[1]
    command = [str(python), "-c", script, *map(str, arguments)]
    environment = dict(os.environ, PYTHONPATH=str(extension), PYTHONDONTWRITEBYTECODE="1")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Case:
    """A project, and what the engine reads back from it.

    ``project``: opened by the installed extension. ``plates``: uint8 (n, H, W, 3), as decoded.
    ``normalised``: float32 (n, h, w) of core's Project.normalised.
    """

    def __init__(
        self,
        module: Any,
        python: Path,
        folder: Path,
        plates: np.ndarray,
        depths: np.ndarray,
        **given: Any,
    ) -> None:
        count, first = len(plates), given.setdefault("first", 1)
        whole = {"name": "Shot 001", "first": first, "last": first + count - 1}
        given.setdefault("shots", [whole | given.pop("shot", {})])
        given.setdefault("scale", [1.0] * count)
        given.setdefault("shift", [0.0] * count)
        given.setdefault("rate", [24, 1])
        given.setdefault("focal", 1.0)
        folder.mkdir(parents=True, exist_ok=True)
        arrays = {"plates": plates, "depths": depths}
        if "bases" in given:  # the depth before repair, as much of it as depths
            arrays["bases"] = given.pop("bases")
        np.savez(folder / "in.npz", **arrays)
        where = folder / "clip.secondeye"
        arguments = (where, json.dumps(given), folder / "in.npz", folder / "out.npz")
        engine(module, python, WRITE, *arguments)
        read = np.load(folder / "out.npz")
        self.plates, self.normalised = read["plates"], read["normalised"]
        self.project = module("core.project").Project.open(where)


def sample(module: Any, python: Path, case: Case, triangles: int) -> None:
    """Give the case's shots patterns of so many triangles at most."""
    engine(module, python, SAMPLE, case.project.folder, str(triangles))
    case.project = module("core.project").Project.open(case.project.folder)


def texture(seed: int, height: int, width: int, grain: int = 4) -> np.ndarray:
    """A plate with something everywhere: smooth random colours, uint8 (height, width, 3)."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0, 255, (height // grain + 3, width // grain + 3, 3))
    y = np.arange(height)[:, None] / grain
    x = np.arange(width)[None, :] / grain
    i, j = y.astype(int), x.astype(int)
    a, b = (y - i)[..., None], (x - j)[..., None]
    top = coarse[i, j] * (1 - b) + coarse[i, j + 1] * b
    bottom = coarse[i + 1, j] * (1 - b) + coarse[i + 1, j + 1] * b
    return (top * (1 - a) + bottom * a).round().astype(np.uint8)


def read_picture(path: Path) -> np.ndarray:
    """A PNG or JPEG as uint8 (H, W, 3), top row first."""
    image = bpy.data.images.load(str(path), check_existing=False)
    width, height = image.size
    pixels = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    rows = pixels.reshape(height, width, -1)[::-1, :, :3]
    return (rows * 255).round().astype(np.uint8)


def render(scene: bpy.types.Scene, frame: int, path: Path) -> np.ndarray:
    """One frame through the scene's camera, as the scene is set, uint8 (H, W, 3)."""
    scene.frame_set(frame)
    scene.render.filepath = str(path)
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format, settings.color_mode, settings.color_depth = "PNG", "RGB", "8"
    bpy.ops.render.render(write_still=True)
    sys.stdout.flush()
    return read_picture(path)


def difference(picture: np.ndarray, expected: np.ndarray) -> int:
    """The largest difference of any channel of any pixel, in 1/255."""
    assert picture.shape == expected.shape
    return int(np.abs(picture.astype(int) - expected.astype(int)).max())


def positions(relief: bpy.types.Object) -> np.ndarray:
    """The evaluated relief's vertices, float32 (N, 3), in its own space: the footage camera's."""
    mesh = relief.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    co = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", co)
    return co.reshape(-1, 3)
