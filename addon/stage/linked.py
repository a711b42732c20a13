# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes and stages that live in another .blend: what can't be changed here, and why."""

from __future__ import annotations

import bpy

from ...core.errors import SecondEyeError
from .build import find_collection


def linked(scene: bpy.types.Scene) -> str:
    """Why nothing of the scene's stage can be changed here, with the remedy; "" where it can.

    A library override can: its settings and keys, though not what it is made of (`overridden`).
    """
    if scene.library is not None:
        return (
            f'The scene "{scene.name}" is linked from {_file(scene)}: '
            "open that file, or make the scene local"
        )
    collection = _collection(scene)
    if collection is not None and collection.library is not None:
        return (
            f'"{collection.name}" is linked from {_file(collection)}: '
            "make a library override of it, or open that file"
        )
    return ""


def overridden(scene: bpy.types.Scene) -> str:
    """Why nothing can be added to the scene's stage or taken from it; "" where it can be."""
    collection = _collection(scene)
    if collection is not None and collection.override_library is not None:
        origin = collection.override_library.reference
        return (
            f'"{collection.name}" is a library override of {_file(origin)}: '
            "its settings and keys can be changed here, what it is made of only in that file"
        )
    return linked(scene)


def linked_data(camera: bpy.types.Object) -> str:
    """Why a camera's own settings can't be changed; "" where they can. An override of an object
    leaves its data linked."""
    data = camera.data
    if data is None or data.library is None:
        return ""
    return (
        f'The camera data "{data.name}" is linked from {_file(data)}: make a library override of '
        "it, too, in the camera's properties"
    )


def _collection(scene: bpy.types.Scene) -> bpy.types.Collection | None:
    try:
        return find_collection(scene)
    except SecondEyeError:
        return None


def _file(thing: bpy.types.ID) -> str:
    if thing.library is None:
        return "another file"
    return bpy.path.basename(thing.library.filepath)
