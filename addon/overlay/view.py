# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws the comfort overlay in the 3D View, for the stereo camera of the scene that is shown."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ...core.errors import SecondEyeError
from ...core.geometry import Lens, bend, inverse_distance
from ...core.project import Manifest
from ...core.project.files import FrameFiles
from ...core.stereo import Limits
from ...core.stereo.marks import limit_planes, marks
from ..operators import where
from ..rigs.live_comfort import Live, live
from ..rigs.viewing import viewing_of
from ..rigs.window_bake import baked_window
from ..stage.roles import FOOTAGE, with_role
from . import cells, shapes, warming

TINT, LINES = "SMOOTH_COLOR", "POLYLINE_UNIFORM_COLOR"

_handles: list[Any] = []
_state = {"broken": False}
_tint: dict[str, Any] = {"key": None, "batch": None}
"""The last tint drawn, and all that it hangs on: dragging the view draws it again as it is."""


def draw() -> None:
    """The handler. A fault of ours switches the overlay off instead of filling the console."""
    scene = bpy.context.scene
    settings = getattr(scene, "second_eye_comfort", None)
    if _state["broken"] or settings is None or not settings.overlay or not _shows_overlays():
        return
    try:
        _draw(scene, settings)
    except (SecondEyeError, ReferenceError):  # the panel says what is missing
        return
    except Exception:
        traceback.print_exc()
        _state["broken"] = True


def _shows_overlays() -> bool:
    space = bpy.context.space_data
    return isinstance(space, bpy.types.SpaceView3D) and space.overlay.show_overlays


def _draw(scene: bpy.types.Scene, settings: Any) -> None:
    folder = where.built_folder(scene)
    manifest = where.manifest(folder)
    if manifest is None:
        return
    playing = live(scene, bpy.context.evaluated_depsgraph_get(), manifest)
    parts: list[tuple[str, Callable[[], None]]] = []
    if settings.marks:
        files = FrameFiles(folder, manifest)
        parts.append((TINT, lambda: _draw_tint(scene, settings, playing, files)))
    if settings.planes:
        parts.append((LINES, lambda: _draw_planes(scene, playing)))
    warming.draw(parts)


def _draw_planes(scene: bpy.types.Scene, playing: Live) -> None:
    import gpu
    from gpu_extras.batch import batch_for_shader

    planes = limit_planes(playing.rig, viewing_of(scene).limits)
    data: Any = playing.camera.data
    port: Any = gpu.state.viewport_get()
    shader = gpu.shader.from_builtin(LINES)
    gpu.state.blend_set("ALPHA")
    gpu.state.depth_test_set("LESS_EQUAL")
    with gpu.matrix.push_pop():
        gpu.matrix.multiply_matrix(_unscaled(playing.camera.matrix_world))
        shader.uniform_float("viewportSize", port[2:])
        shader.uniform_float("lineWidth", 2.0)
        for frame in shapes.frames(planes, data.view_frame(scene=scene)):
            sides: Any = shapes.lines(frame.corners)
            batch = batch_for_shader(shader, "LINES", {"pos": sides})
            shader.uniform_float("color", frame.colour)
            batch.draw(shader)
    _reset()


def _draw_tint(scene: bpy.types.Scene, settings: Any, playing: Live, files: FrameFiles) -> None:
    import gpu
    from gpu_extras.batch import batch_for_shader

    footage = with_role(where.stage_of(scene), FOOTAGE)
    stored = cells.cells(files.folder, files.depth_path(playing.frame), playing.frame)
    if footage is None or stored is None:
        return
    manifest, viewing = files.manifest, viewing_of(scene)
    window = baked_window(playing.camera, [scene.frame_current])
    strips = (0.0, 0.0) if window is None else (window.left[0], window.right[0])
    shader = gpu.shader.from_builtin(TINT)
    key = (
        *(id(stored), playing.frame, playing.shot, playing.rig, playing.to_camera.tobytes()),
        *(viewing, settings.opacity, strips),
    )
    if _tint["key"] != key:
        points, colours = tinted(
            manifest, playing, stored, viewing.limits, settings.opacity, strips
        )
        given: Any = {"pos": points, "color": colours}
        _tint["batch"] = batch_for_shader(shader, "TRIS", given) if len(points) else None
        _tint["key"] = key
    if _tint["batch"] is None:
        return
    gpu.state.blend_set("ALPHA")
    gpu.state.depth_test_set("NONE")  # cells are coarser than the relief, which would cut them
    with gpu.matrix.push_pop():
        gpu.matrix.multiply_matrix(_unscaled(footage.matrix_world))
        _tint["batch"].draw(shader)
    _reset()


def tinted(
    manifest: Manifest,
    playing: Live,
    stored: np.ndarray,
    limits: Limits,
    opacity: float,
    strips: tuple[float, float] = (0.0, 0.0),
) -> tuple[np.ndarray, np.ndarray]:
    """`shapes.tint` of the frame that plays; ``stored``: its cells,
    ``strips``: the floating window's, in picture widths."""
    shot, index = playing.shot, playing.frame - manifest.first
    d = manifest.depth.scale[index] * stored + manifest.depth.shift[index]
    n = bend(((d - shot.low) / (shot.high - shot.low)).clip(0.0, 1.0), shot.bias, shot.contrast)
    inverse = inverse_distance(n, shot.near, shot.far, shot.strength)
    lens = Lens(manifest.lens.focal_over_width, manifest.clip.width, manifest.clip.height)
    found = marks(inverse, lens, playing.to_camera, playing.rig, limits, strips)
    return shapes.tint(inverse, found, lens, opacity)


def _unscaled(matrix: Matrix) -> Matrix:
    """A camera's scale doesn't count."""
    place, turn, _ = matrix.decompose()
    return Matrix.LocRotScale(place, turn, None)


def _reset() -> None:
    import gpu

    gpu.state.blend_set("NONE")
    gpu.state.depth_test_set("NONE")


def register() -> None:
    _state["broken"] = False
    if not bpy.app.background:
        kind: Any = bpy.types.SpaceView3D
        _handles.append(kind.draw_handler_add(draw, (), "WINDOW", "POST_VIEW"))


def unregister() -> None:
    kind: Any = bpy.types.SpaceView3D
    while _handles:
        kind.draw_handler_remove(_handles.pop(), "WINDOW")
    _tint.update(key=None, batch=None)
    cells.forget()
    warming.forget()
