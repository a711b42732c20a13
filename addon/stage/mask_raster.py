# SPDX-License-Identifier: GPL-3.0-or-later
"""A Blender mask as pictures: by Blender's own compositor, so that splines, feathers, keys and
tracks mean what the mask editor shows."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ...core.errors import SecondEyeError
from ...core.project import Project, edits
from . import compat, mask_stamp
from .clock import scene_frame


def raster_steps(
    project: Project,
    scene: bpy.types.Scene,
    mask: Any,
    layer: str,
    folder: str,
    span: tuple[int, int],
) -> Iterator[int]:
    """Write the pictures of timeline frames ``span`` (both included) of ``mask`` into
    ``edits/folder``, a frame a step. ``layer``: of that name alone; "": all that are not hidden.

    The old pictures stay until all new ones are whole; closing the iterator leaves them.
    Raises SecondEyeError where the mask covers nothing in any frame, or nothing can be written.
    """
    target = project.folder / edits.EDITS / folder
    new = target.with_name(f".{folder}.part")
    shutil.rmtree(new, ignore_errors=True)
    depth, covered = project.manifest.depth, False
    stamps: dict[int, str] = {}
    try:
        with _studio(scene, mask, layer, (depth.width, depth.height)) as draw:
            for frame in range(span[0], span[1] + 1):
                coverage, stamps[frame] = draw(scene_frame(scene, frame))
                covered |= bool(coverage.any())
                path = new / f"{frame:06d}.png"
                edits.write(path, coverage, edits.distances(coverage >= 0.5))
                yield frame
        if not covered:
            where = f'the layer "{layer}" of "{mask.name}"' if layer else f'"{mask.name}"'
            raise SecondEyeError(
                f"The mask covers nothing: {where} is empty over the footage in frames {span[0]} "
                f"to {span[1]}. Draw a closed spline over it, or choose another layer."
            )
        mask_stamp.write(new, stamps)
        _swap(new, target)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _swap(new: Path, target: Path) -> None:
    old = target.with_name(f".{target.name}.old")
    if target.exists():
        shutil.rmtree(old, ignore_errors=True)
    try:
        if target.exists():
            target.rename(old)
        new.rename(target)
    except OSError as error:
        if old.exists() and not target.exists():
            with contextlib.suppress(OSError):
                old.rename(target)
        raise SecondEyeError(
            f"{target} can't be written ({error.strerror}): free it, and rasterise again."
        ) from error
    shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def _studio(scene: bpy.types.Scene, mask: Any, layer: str, size: tuple[int, int]) -> Iterator[Any]:
    """A function from a scene frame to the mask's coverage, float32 (h, w), top row first, and its
    stamp. What it needs is gone afterwards."""
    own: Any = mask.copy()
    studio: Any = bpy.data.scenes.new("Second Eye Mask")
    try:
        for found in own.layers:
            if layer:
                found.hide_render = found.name != layer
        render = studio.render
        render.resolution_x, render.resolution_y = size
        render.resolution_percentage = 100
        render.fps, render.fps_base = scene.render.fps, scene.render.fps_base
        tree = compat.switch_compositor_on(studio)
        tree.nodes.clear()
        out = compat.compositor_output(tree)
        node = tree.nodes.new("CompositorNodeMask")
        node.mask = own
        tree.links.new(node.outputs[0], out)
        view: Any = studio.view_settings
        view.view_transform, view.look = "Raw", "None"
        settings = render.image_settings
        compat.set_png(settings)
        settings.color_mode, settings.color_depth = "BW", "16"
        render.dither_intensity = 0.0
        with tempfile.TemporaryDirectory(prefix="second-eye-mask-") as folder:
            file = Path(folder) / "mask.png"

            def draw(frame: int) -> tuple[np.ndarray, str]:
                studio.frame_set(frame)
                graph = studio.view_layers[0].depsgraph
                told = mask_stamp.stamp(mask.evaluated_get(graph), layer)
                render.filepath = str(file)
                bpy.ops.render.render(write_still=True, scene=studio.name)
                return _read(file, size), told

            yield draw
    finally:
        compat.switch_compositor_off(studio)
        bpy.data.scenes.remove(studio)
        bpy.data.masks.remove(own)


def _read(file: Path, size: tuple[int, int]) -> np.ndarray:
    if not file.is_file():
        raise SecondEyeError("Blender's compositor drew no mask: check the disk's space.")
    image: Any = bpy.data.images.load(str(file), check_existing=False)
    try:
        image.colorspace_settings.name = "Non-Color"
        width, height = image.size
        pixels = np.empty(width * height * image.channels, np.float32)
        image.pixels.foreach_get(pixels)
    finally:
        bpy.data.images.remove(image)
        file.unlink()
    if (width, height) != size:
        raise SecondEyeError("Blender's compositor drew a mask of another size: try again.")
    return np.ascontiguousarray(pixels.reshape(height, width, -1)[::-1, :, 0])
