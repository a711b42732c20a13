# SPDX-License-Identifier: GPL-3.0-or-later
"""What rendered frames depend on, as a digest: frames of other settings must not be kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ...core.errors import UsageError
from ...core.geometry.edits import SOURCES
from ...core.project import Manifest
from ..output.plan import FLAT, VIEWS
from ..rigs.window_cards import WINDOW
from ..stage import compat, shadow_compositing, surround
from ..stage.edit_inputs import OBJECT, PAINTED, PICTURES, SOURCE
from ..stage.edit_nodes import is_edit
from ..stage.roles import CHAIN, with_role
from .render_curves import POSE, animated, animation, moved_by, plain

STAMP = "settings.sha256"
FRAME = re.compile(r"\d{6}(_\w+)?\.(png|exr)")
FOLDERS = (".", FLAT, VIEWS)
"""Where a render leaves pictures, in the frames' folder."""
HIDDEN = ("hide_render",)
LENS = ("type", "lens", "sensor_width", "sensor_fit", "shift_x", "shift_y", "clip_start",
        "clip_end")  # fmt: skip
STEREO = ("interocular_distance", "convergence_distance", "convergence_mode", "pivot",
          "use_spherical_stereo", "use_pole_merge", "pole_merge_angle_from",
          "pole_merge_angle_to")  # fmt: skip


def digest(
    scene: bpy.types.Scene,
    collection: bpy.types.Collection,
    manifest: Manifest,
    *asked: object,
) -> str:
    """Hex digest of the render settings, cameras and reliefs with all their keys and depth edits,
    of what made the depth that they show, and of what is ``asked`` beside them.

    It is the same wherever the playhead stands: what is animated counts by its curves.
    What else an artist puts into the scene is not in it: "Start Over" is for that.
    """
    sha = hashlib.sha256()
    parts = (*_parts(scene, collection), *_shadows(scene), *_depth(manifest))
    for part in (*parts, *_around(collection), *asked):
        sha.update(repr(part).encode())
    return sha.hexdigest()


def drop_outdated(folder: Path, stamp: str, start_over: bool) -> int:
    """Remove frames of other settings (or all of them) from ``folder``; returns how many.

    Raises UsageError where the folder holds numbered pictures that no render of ours left there.
    """
    kept = folder / STAMP
    frames = [
        path
        for below in FOLDERS
        for path in (folder / below).glob("*")
        if FRAME.fullmatch(path.name)
    ]
    if frames and not kept.exists():
        raise UsageError(
            f"{folder} holds numbered pictures that Second Eye did not render: "
            "choose another movie name."
        )
    current = kept.read_text(encoding="utf8") if kept.exists() else ""
    removed = 0
    if start_over or current != stamp:
        for path in frames:
            path.unlink()
            removed += 1
    folder.mkdir(parents=True, exist_ok=True)
    kept.write_text(stamp, encoding="utf8")
    return removed


def _parts(scene: bpy.types.Scene, collection: bpy.types.Collection) -> Iterator[object]:
    render, image = scene.render, scene.render.image_settings
    stereo = image.stereo_3d_format
    yield render.engine, render.resolution_x, render.resolution_y, render.resolution_percentage
    cycles = getattr(scene, "cycles", None)  # None where that add-on is switched off
    yield render.fps, round(render.fps_base, 6), 0 if cycles is None else cycles.samples
    yield scene.camera.name if scene.camera else ""
    yield image.views_format, stereo.display_mode, stereo.use_squeezed_frame
    things = {*collection.objects}
    things |= {o for role in CHAIN if (o := with_role(collection, role)) is not None}
    for thing in sorted(things, key=lambda o: o.name):
        yield thing.name, thing.get("second_eye_made", "")
        yield from plain(thing, (*POSE, *HIDDEN))
        yield from animation(thing)
        yield from moved_by(thing)
        window = [f'["{name}"]' for name in WINDOW if thing.get(name) is not None]
        yield from plain(thing, window)
        if isinstance(thing.data, bpy.types.Camera):
            yield from plain(thing.data, (*LENS, *(f"stereo.{name}" for name in STEREO)))
            yield from animation(thing.data)
        for modifier in thing.modifiers:
            if modifier.type == "NODES" and modifier.node_group is not None:
                yield from _inputs(modifier)
                if is_edit(modifier):
                    yield from _edited(modifier)


def _edited(modifier: Any) -> Iterator[object]:
    """Of a depth edit, beyond its numbers: whether it acts, and what tells it where."""
    shown = f'modifiers["{bpy.utils.escape_identifier(modifier.name)}"].show_render'
    yield from plain(modifier.id_data, (shown,))
    source = SOURCES[int(compat.get_input(modifier, SOURCE))]
    if source == "mask":
        pictures = compat.get_input(modifier, PICTURES)
        if pictures is not None:  # drawn again, other pictures stand under the same names
            for path in sorted(Path(bpy.path.abspath(pictures.filepath)).parent.glob("*.png")):
                yield path.name, hashlib.sha256(path.read_bytes()).hexdigest()
    elif source == "image":
        painted: Any = compat.get_input(modifier, PAINTED)
        if painted is not None:
            pixels = np.empty(len(painted.pixels), np.float32)
            painted.pixels.foreach_get(pixels)
            yield tuple(painted.size), hashlib.sha256(pixels.tobytes()).hexdigest()
    else:
        thing = compat.get_input(modifier, OBJECT)
        while thing is not None:
            yield from plain(thing, POSE)
            yield from animation(thing)
            thing = thing.parent


def _shadows(scene: bpy.types.Scene) -> Iterator[object]:
    """Of objects on the footage: how dark they are, and the suns that they come from."""
    density = shadow_compositing.density(scene)
    if density is None:
        return
    tree = density.id_data
    yield from plain(tree, (density.path_from_id("default_value"),))
    yield from animation(tree)
    for sun in sorted(scene.objects, key=lambda o: o.name):
        if isinstance(sun.data, bpy.types.SunLight):
            yield sun.name
            yield from plain(sun, (*POSE, *HIDDEN))
            yield from animation(sun)
            yield from plain(sun.data, ("energy", "angle"))
            yield from animation(sun.data)


def _around(collection: bpy.types.Collection) -> Iterator[object]:
    """What an artist set of the surround, and its keys."""
    for name, socket in surround.surround_values(collection):
        yield name
        yield from plain(socket.id_data, (socket.path_from_id("default_value"),))
        yield from animation(socket.id_data)


def _depth(manifest: Manifest) -> Iterator[object]:
    """Repaired otherwise, or cut elsewhere, depth files are others under the same names."""
    yield manifest.model.sha256, manifest.repair.sha256, manifest.repair.look_ahead
    for shot in manifest.shots:
        yield shot.first, shot.last, shot.spatial, shot.temporal, shot.semantic


def _inputs(modifier: bpy.types.Modifier) -> Iterator[object]:
    numbers = {"NodeSocketFloat", "NodeSocketInt", "NodeSocketBool"}
    moved = animated(modifier.id_data)
    for item in modifier.node_group.interface.items_tree:
        if item.item_type != "SOCKET" or item.in_out != "INPUT" or item.socket_type not in numbers:
            continue
        if (compat.input_path(modifier, item.name), 0) not in moved:
            yield item.name, compat.get_input(modifier, item.name)
