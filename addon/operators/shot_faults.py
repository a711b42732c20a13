# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the shots of a built scene, each in a sentence with its remedy."""

from __future__ import annotations

import time
from pathlib import Path

import bpy

from ...core.project import Manifest
from ...core.project.files import FrameFiles
from .. import stage
from ..rigs import shot_settings
from ..stage import linked
from . import where

SECONDS = 2.0
"""How long a look at the disk is believed: panels are drawn many times a second."""

_looked: tuple[float, Path | None, list[str]] = (0.0, None, [])


def faults(scene: bpy.types.Scene) -> list[str]:
    """In the order of the shots; empty where all is well."""
    collection = where.stage_of(scene)
    if collection is None:
        return []
    manifest, shown = where.built_manifest(scene), stage.reliefs(collection)
    if manifest is None:
        return ["The depth project of this scene is gone: put it back, or build another one."]
    lacking = linked.linked(scene)
    found = [f"{lacking}."] if lacking else []
    firsts = {relief["second_eye_first"] for relief in shown}
    for shot in manifest.shots:
        if shot.first not in firsts:
            found.append(f"{shot.name} has no relief in the scene: press Build Scene again.")
    for relief in shown:
        if not shot_settings.is_whole(relief):
            found.append(f'"{relief.name}" lost its relief modifier: press Build Scene again.')
    if shown and shot_settings.camera_of(shown[0]) is None:
        found.append("The stereo camera was removed: press Build Scene again.")
    return [*found, *_on_disk(where.built_folder(scene), manifest)]


def _on_disk(folder: Path, manifest: Manifest) -> list[str]:
    global _looked
    if _looked[1] == folder and time.monotonic() - _looked[0] < SECONDS:
        return _looked[2]
    files, found = FrameFiles(folder, manifest), []
    for shot in manifest.shots:
        frames = {shot.first, (shot.first + shot.last) // 2, shot.last}
        if not all(files.depth_path(n).is_file() for n in frames):
            found.append(f"{shot.name} lacks depth pictures: press Analyse to make them.")
        elif not all(files.plate_path(n).is_file() for n in frames):
            found.append(f"{shot.name} lacks pictures of the clip: press Analyse to make them.")
    clip = manifest.clip
    if not ((folder / clip.path).exists() or Path(clip.absolute).exists()):
        found.append(
            f"The clip {clip.absolute} is not there any more, so movies get no sound: put it back."
        )
    _looked = (time.monotonic(), folder, found)
    return found
