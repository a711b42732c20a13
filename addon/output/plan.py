# SPDX-License-Identifier: GPL-3.0-or-later
"""What a render makes of every frame, read from the scene's settings once, before it begins."""

from __future__ import annotations

import functools
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import bpy

from ...core.errors import UsageError
from ...core.geometry.views import View, eye_side, views
from ...core.project import Manifest
from ..rigs import window_cards
from ..stage import compat
from ..stage.surround import BLUR
from . import sphere_camera
from .picture import EYES, Picture, Prepare
from .stereo_render import configure_mono, configure_stereo_render, packed_of

SUFFIXES = {"STEREO": "stereo", "2D": "2d", "VR180": "vr180", "VR360": "vr360"}
"""The kinds, as the names of their movies have them."""
SPHERES = {"VR180": "vr180", "VR360": "vr360"}
PACKED = {"VR180": "sbs", "VR360": "top-bottom"}
FILES = {
    "PNG8": (".png", "PNG", "8"),
    "PNG16": (".png", "PNG", "16"),
    "HALF": (".exr", "OPEN_EXR", "16"),
    "FLOAT": (".exr", "OPEN_EXR", "32"),
}
SPHERE_SAMPLES = 8
BOXES = {"HD": (1920, 1080), "UHD": (3840, 2160)}
VIEWS, FLAT = "views", "2d"
"""Folders below the frames': views of a sphere until it is put together, 2D frames."""


@dataclass(frozen=True)
class Plan:
    """``engine``: Blender's name; ``size``: of one eye; ``samples`` None: the scene's own.
    ``packing`` None: a file an eye; ``movie_packing``: of the movie. ``interocular`` in scene
    units, None: the rig's. ``camera``: the stereo camera's name; ``window``: the names of the
    floating window's cards that are to be seen, in flat stereo alone."""

    kind: str
    engine: str
    size: tuple[int, int]
    samples: int | None
    files: str
    packing: str | None
    movie_packing: str
    also_2d: bool
    interocular: float | None
    surround: str
    camera: str
    window: tuple[str, ...] = ()

    @property
    def coverage(self) -> str | None:
        """Of the sphere; None for flat pictures."""
        return SPHERES.get(self.kind)

    @property
    def baked(self) -> bool:
        """Whether the sphere is put together of views, since the engine has no panorama."""
        return self.coverage is not None and self.engine != "CYCLES"

    def stamp(self) -> list[tuple[str, object]]:
        """All that the pictures depend on here."""
        return sorted(asdict(self).items())

    def finished(self) -> list[Picture]:
        """What is left of every frame when all is done."""
        suffix = FILES[self.files][0]
        if self.kind == "2D":
            return [Picture(self.size, suffix, prepare=self._preparing(mono=True))]
        stereo = self._preparing(mono=False)
        if self.packing is None:
            done = [Picture(self.size, suffix, EYES, prepare=stereo)]
        else:
            done = [Picture(packed_of(self.size, self.packing), suffix, prepare=stereo)]
        if self.also_2d:
            mono = self._preparing(mono=True)
            done.append(Picture(self.size, suffix, below=FLAT, prepare=mono))
        return done

    def pictures(self) -> list[Picture]:
        """What Blender renders of every frame."""
        if not self.baked:
            return self.finished()
        assert self.coverage is not None
        found = []
        for view in views(self.coverage):
            size = view.size(self.size[1] / math.pi)
            for eye in ("left", "right") if view.stereo else ("left",):
                tag = f"_{view.name}_{eye}" if view.stereo else f"_{view.name}"
                prepare = functools.partial(_prepare_view, self, view, size, eye)
                found.append(Picture(size, below=VIEWS, tag=tag, prepare=prepare))
        return found

    def missing(self, folder: Path, frames: range) -> list[int]:
        """The frames that are not there whole."""
        done = self.finished()
        return [n for n in frames if not all(picture.is_there(folder, n) for picture in done)]

    def _preparing(self, *, mono: bool) -> Prepare:
        return functools.partial(_prepare, self, mono)


def make_plan(
    scene: bpy.types.Scene, camera: bpy.types.Object, manifest: Manifest, packing: str
) -> Plan:
    """What the scene's settings ask for. Raises UsageError for what can't be rendered."""
    asked = scene.second_eye_render
    kind, engine = asked.kind, compat.engine(asked.engine) or scene.render.engine
    sphere = kind in SPHERES
    data: Any = camera.data
    if not sphere and data.type == "PANO":
        raise UsageError(
            "The stereo camera is a panorama: choose VR180 or 360 Degrees, or a flat rig mode."
        )
    if sphere and engine != "CYCLES" and asked.files in ("HALF", "FLOAT"):
        raise UsageError(
            "Spheres of another engine than Cycles are put together in PNG: choose 16 bits."
        )
    samples = asked.samples or (SPHERE_SAMPLES if sphere else None)
    interocular = None
    if sphere and asked.distance == "VIEWER":
        metres = manifest.metres_per_unit or scene.unit_settings.scale_length or 1.0
        interocular = asked.millimetres / 1000.0 / metres
    packed = PACKED.get(kind, packing)
    return Plan(
        kind,
        engine,
        _sphere_size(asked, kind, manifest) if sphere else _flat_size(scene),
        samples,
        asked.files,
        None if asked.eyes == "APART" and kind != "2D" else packed,
        packed,
        asked.also_2d and kind == "STEREO",
        interocular,
        asked.surround if sphere else "",
        camera.name,
        tuple(card.name for card in window_cards.cards(camera) if not card.hide_render),
    )


def _flat_size(scene: bpy.types.Scene) -> tuple[int, int]:
    asked, render = scene.second_eye_render, scene.render
    own = (render.resolution_x, render.resolution_y)
    width, height = (n * render.resolution_percentage // 100 for n in own)
    if asked.size in BOXES:
        scale = min(b / n for b, n in zip(BOXES[asked.size], own, strict=True))
        width, height = (_even(scale * n) for n in own)
    elif asked.size == "CUSTOM":
        width, height = asked.width, _even(asked.width * own[1] / own[0])
    if asked.percentage != 100:
        width, height = (_even(n * asked.percentage / 100) for n in (width, height))
    return max(4, width), max(4, height)


def _sphere_size(asked: Any, kind: str, manifest: Manifest) -> tuple[int, int]:
    if asked.sphere == "AUTO":
        side = eye_side(manifest.clip.width, manifest.lens.focal_over_width)
    else:
        side = asked.side if asked.sphere == "CUSTOM" else int(asked.sphere)
    side = max(8, _even(side * asked.percentage / 100))
    return (2 * side if kind == "VR360" else side), side


def _even(size: float) -> int:
    return 2 * round(size / 2)


def _prepare(plan: Plan, mono: bool, scene: bpy.types.Scene) -> None:
    """Everything that a whole picture needs; what it sets in the scene, `Kept` puts back."""
    _set_scene(plan, scene, plan.size)
    show_window(plan, not mono and plan.coverage is None)
    if mono:
        configure_mono(scene)
    else:
        configure_stereo_render(scene, plan.packing)
    _, file_format, depth = FILES[plan.files]
    compat.set_picture_format(scene.render.image_settings, file_format, depth)
    scene.camera = _stereo_camera(plan)
    if plan.coverage is not None:
        scene.camera = sphere_camera.sphere_camera(scene, scene.camera, plan.interocular)
        sphere_camera.set_panorama(scene.camera, plan.coverage)


def _prepare_view(
    plan: Plan, view: View, size: tuple[int, int], eye: str, scene: bpy.types.Scene
) -> None:
    _set_scene(plan, scene, size)
    show_window(plan, False)
    configure_mono(scene)
    depth = FILES[plan.files][2]
    compat.set_picture_format(scene.render.image_settings, "PNG", depth)
    source = _stereo_camera(plan)
    camera = sphere_camera.sphere_camera(scene, source, plan.interocular)
    apart = plan.interocular
    if apart is None:
        apart = sphere_camera.interocular_of(source)
    sphere_camera.aim(camera, view, eye, apart)
    scene.camera = camera


def show_window(plan: Plan, shown: bool) -> None:
    """Let the floating window be rendered: its cards stand for the two eyes of a flat picture."""
    for name in plan.window:
        card: bpy.types.Object | None = bpy.data.objects.get(name)
        if card is not None:
            card.hide_render = not shown


def _set_scene(plan: Plan, scene: bpy.types.Scene, size: tuple[int, int]) -> None:
    render: Any = scene.render
    render.engine = plan.engine
    render.resolution_x, render.resolution_y = size
    render.resolution_percentage = 100
    render.pixel_aspect_x = render.pixel_aspect_y = 1.0
    render.use_border = False
    cycles: Any = getattr(scene, "cycles", None)  # None where that add-on is switched off
    if plan.samples is not None:
        scene.eevee.taa_render_samples = plan.samples
        if cycles is not None:
            cycles.samples = plan.samples
    if plan.coverage is not None and cycles is not None:
        # A sphere's pixels lie anywhere between the clip's: asked at one place each, they alias.
        cycles.pixel_filter_type, cycles.filter_width = "BLACKMAN_HARRIS", 1.5
        cycles.use_adaptive_sampling = False
    if plan.surround == BLUR and plan.files == "PNG8":
        render.dither_intensity = 1.0  # wide gradients: without it they show as rings


def _stereo_camera(plan: Plan) -> bpy.types.Object:
    camera: bpy.types.Object | None = bpy.data.objects.get(plan.camera)
    if camera is None:
        raise UsageError(f'The camera "{plan.camera}" is gone: press Build Scene, render again.')
    return camera
