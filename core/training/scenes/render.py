# SPDX-License-Identifier: GPL-3.0-or-later
# Blender's published types are unions of every kind of data block.
# mypy: disable-error-code="union-attr,attr-defined,arg-type,index,assignment"
"""Cycles on the CPU: one noisy colour picture and one exact data picture per view.

Colour is rendered with three samples and no denoiser (the noise is augmentation). Depth, normals
and indices come from a second render of one sample through the middle of each pixel: Cycles
writes depth and index from the first sample only, which the colour render's filter would jitter.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix

from ..exr import read_exr
from .poses import Pose

_FLIP = np.diag([1.0, -1.0, -1.0, 1.0])  # Blender's camera looks along -z with y up


class Renderer:
    """Renders views of the current scene at one size; ``scratch`` is a folder for passes."""

    def __init__(self, scene: bpy.types.Scene, width: int, height: int, scratch: Path) -> None:
        self.scene = scene
        self.width = width
        self.height = height
        self.file = scratch / "passes.exr"
        camera = bpy.data.cameras.new("camera")
        camera.sensor_width = 36.0
        camera.sensor_fit = "HORIZONTAL"
        camera.clip_start, camera.clip_end = 0.05, 10_000
        self.camera = bpy.data.objects.new("camera", camera)
        scene.collection.objects.link(self.camera)
        scene.camera = self.camera
        _set_up(scene, width, height)

    def aim(self, pose: Pose) -> None:
        """Put the camera at a pose."""
        self.camera.matrix_world = Matrix((pose.matrix @ _FLIP).tolist())
        self.camera.data.lens = pose.lens

    def colour(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Linear colour and albedo of the current view (each H x W x 3, float32)."""
        cycles = self.scene.cycles
        cycles.samples, cycles.filter_width, cycles.max_bounces = 3, 1.5, 1
        cycles.seed = seed
        passes = self._render()
        both = [[passes[f"{name}.{c}"] for c in "RGB"] for name in ("Combined", "DiffCol")]
        return np.stack(both[0], -1), np.stack(both[1], -1)

    def data(self, pose: Pose) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(inverse depth H x W in 1/m, camera-space normals H x W x 3, pass index H x W)."""
        cycles = self.scene.cycles
        cycles.samples, cycles.filter_width, cycles.max_bounces = 1, 0.01, 0
        passes = self._render()
        depth = passes["Depth.Z"] if "Depth.Z" in passes else passes["Depth.V"]
        sky = ~(depth < 9_000)
        inverse = np.where(sky, 0, 1 / np.maximum(np.where(sky, 1, depth), 1e-3))
        world = np.stack([passes[f"Normal.{axis}"] for axis in "XYZ"], -1)
        normals = world @ pose.matrix[:3, :3]
        length = np.linalg.norm(normals, axis=-1, keepdims=True)
        normals = np.where(sky[..., None], 0, normals / np.maximum(length, 1e-6))
        index = np.where(sky, 0, np.rint(passes["IndexOB.X"])).astype(np.int32)
        return inverse.astype(np.float32), normals.astype(np.float32), index

    def _render(self) -> dict[str, np.ndarray]:
        self.scene.render.filepath = str(self.file)
        bpy.ops.render.render(write_still=True)
        return {name.split(".", 1)[1]: data for name, data in read_exr(self.file).items()}

    @contextmanager
    def hidden(self, objects: list[bpy.types.Object]) -> Iterator[None]:
        """Objects that the camera and ambient light pass through, while their lamp and sun
        shadows stay. (If they kept ambient light out too, what stood against a wall would leave
        a black patch on it, which is nothing to learn from.)"""
        for item in objects:
            item.visible_camera = item.visible_diffuse = item.visible_glossy = False
        try:
            yield
        finally:
            for item in objects:
                item.visible_camera = item.visible_diffuse = item.visible_glossy = True


def _set_up(scene: bpy.types.Scene, width: int, height: int) -> None:
    render, cycles = scene.render, scene.cycles
    render.engine = "CYCLES"
    render.resolution_x, render.resolution_y, render.resolution_percentage = width, height, 100
    render.threads_mode, render.threads = "FIXED", 1
    render.use_persistent_data = True
    render.image_settings.file_format = "OPEN_EXR_MULTILAYER"
    render.image_settings.color_depth = "32"
    render.image_settings.exr_codec = "NONE"
    render.use_compositing = render.use_sequencer = False
    scene.view_settings.view_transform = "Standard"
    cycles.device = "CPU"
    cycles.use_adaptive_sampling = cycles.use_denoising = False
    cycles.pixel_filter_type = "BLACKMAN_HARRIS"
    cycles.use_fast_gi, cycles.fast_gi_method, cycles.ao_bounces_render = True, "REPLACE", 1
    cycles.transparent_max_bounces = 8
    cycles.sample_clamp_direct, cycles.sample_clamp_indirect = 20.0, 4.0
    cycles.caustics_reflective = cycles.caustics_refractive = False
    layer = scene.view_layers[0]
    layer.use_pass_z = layer.use_pass_normal = layer.use_pass_object_index = True
    layer.use_pass_diffuse_color = True
    # Clear glass counts as a solid, holes (which are wholly clear) don't.
    layer.pass_alpha_threshold = 0.01
