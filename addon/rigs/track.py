# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the stereo camera is in every frame, as seen from the footage camera."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import bpy
from mathutils import Matrix

from ..stage.footage_camera import camera_data


@dataclass(frozen=True)
class Pose:
    """The stereo camera in one frame. ``matrix``: from its own axes to the footage camera's, in
    scene units; ``camera``: its data as evaluated then, which is gone with the next frame."""

    frame: int
    matrix: Matrix
    camera: bpy.types.Camera


def poses(
    footage: bpy.types.Object, camera: bpy.types.Object, frames: Sequence[int]
) -> Iterator[Pose]:
    """The stereo camera's pose in each scene frame, with whatever moves it: keys and their
    modifiers, drivers, constraints, parents.

    Evaluated in a scene of its own that holds the cameras alone and is gone afterwards: 0.02 ms a
    frame where the reliefs' scene takes 12, and the playhead stays where it is.
    """
    with alone(footage, camera) as graph_of:
        for frame in frames:
            graph = graph_of(frame)
            seen, by = camera.evaluated_get(graph), footage.evaluated_get(graph)
            matrix = by.matrix_world.inverted_safe() @ seen.matrix_world
            yield Pose(frame, matrix, camera_data(seen))


@contextmanager
def alone(*things: bpy.types.Object) -> Iterator[Any]:
    """A function from a frame to the depsgraph of a scene that holds ``things`` alone, and what
    they hang from."""
    scene = bpy.data.scenes.new("Second Eye Track")
    try:
        for thing in things:
            scene.collection.objects.link(thing)

        def graph_of(frame: int) -> bpy.types.Depsgraph:
            scene.frame_set(frame)
            return scene.view_layers[0].depsgraph

        yield graph_of
    finally:
        bpy.data.scenes.remove(scene)
