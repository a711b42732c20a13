# SPDX-License-Identifier: GPL-3.0-or-later
"""What rendered frames depend on, as a digest: frames of other settings must not be kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np

from ..stage import compat

STAMP = "settings.sha256"
FRAME = re.compile(r"\d{6}\.png")


def digest(scene: bpy.types.Scene, collection: bpy.types.Collection) -> str:
    """Hex digest of the render settings, cameras and reliefs with all their keys.

    What else an artist puts into the scene is not in it: "Start Over" is for that.
    """
    sha = hashlib.sha256()
    for part in _parts(scene, collection):
        sha.update(repr(part).encode())
    return sha.hexdigest()


def drop_outdated(folder: Path, stamp: str, start_over: bool) -> int:
    """Remove frames of other settings (or all of them) from ``folder``; returns how many."""
    kept = folder / STAMP
    current = kept.read_text(encoding="utf8") if kept.exists() else ""
    removed = 0
    if start_over or current != stamp:
        for path in folder.glob("*.png"):
            if FRAME.fullmatch(path.name):
                path.unlink()
                removed += 1
    folder.mkdir(parents=True, exist_ok=True)
    kept.write_text(stamp, encoding="utf8")
    return removed


def _parts(scene: bpy.types.Scene, collection: bpy.types.Collection) -> Iterator[object]:
    render, image = scene.render, scene.render.image_settings
    stereo = image.stereo_3d_format
    yield render.engine, render.resolution_x, render.resolution_y, render.resolution_percentage
    yield render.fps, round(render.fps_base, 6), scene.cycles.samples
    yield scene.camera.name if scene.camera else ""
    yield image.views_format, stereo.display_mode, stereo.use_squeezed_frame
    for thing in sorted(collection.objects, key=lambda o: o.name):
        yield thing.name, [round(v, 6) for row in thing.matrix_basis for v in row]
        yield from _keys(thing)
        if isinstance(thing.data, bpy.types.Camera):
            data = thing.data
            yield data.lens, data.sensor_width, data.shift_x, data.shift_y
            yield data.stereo.interocular_distance, data.stereo.convergence_distance
            yield data.stereo.convergence_mode, data.stereo.pivot
            yield from _keys(data)
        for modifier in thing.modifiers:
            if modifier.type == "NODES" and modifier.node_group is not None:
                yield from _inputs(modifier)


def _keys(owner: bpy.types.ID) -> Iterator[object]:
    for curve in compat.fcurves(owner):
        points = np.zeros(2 * len(curve.keyframe_points), np.float32)
        curve.keyframe_points.foreach_get("co", points)
        yield curve.data_path, curve.array_index, curve.mute, points.tobytes()


def _inputs(modifier: bpy.types.Modifier) -> Iterator[object]:
    numbers = {"NodeSocketFloat", "NodeSocketInt", "NodeSocketBool"}
    for item in modifier.node_group.interface.items_tree:
        if item.item_type == "SOCKET" and item.in_out == "INPUT" and item.socket_type in numbers:
            yield item.name, compat.get_input(modifier, item.name)
