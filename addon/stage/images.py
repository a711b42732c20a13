# SPDX-License-Identifier: GPL-3.0-or-later
"""The project's numbered pictures as Blender image sequences."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ...core.errors import SecondEyeError
from ...core.project import Project
from .nodes import Socket, Tree

NEVER = 1048574  # Blender's last frame: a shot of one picture never gets to a second


@dataclass(frozen=True)
class Sequence:
    """An image sequence and the part of it that a shot shows.

    ``start``: scene frame of the shot's first picture; ``first``, ``last``: its file numbers.
    """

    image: bpy.types.Image
    start: int
    first: int
    last: int

    def texture(self, t: Tree, uv: Socket, interpolation: str, extension: str = "EXTEND") -> Socket:
        """The colour at ``uv`` in a material: scene frame ``start`` shows file ``first``."""
        return self._sampled(t, uv, interpolation, extension)["Color"]

    def texture_with_alpha(self, t: Tree, uv: Socket, interpolation: str) -> tuple[Socket, Socket]:
        """The colour at ``uv``, not multiplied by its alpha, and the alpha."""
        sampled = self._sampled(t, uv, interpolation, "EXTEND")
        return sampled["Color"], sampled["Alpha"]

    def around(self, t: Tree, direction: Socket) -> Socket:
        """The colour in a direction, of pictures of the whole sphere: +X is their middle."""
        node = t.node("ShaderNodeTexEnvironment", interpolation="Cubic")
        return self._played(t, node, direction)["Color"]

    def _sampled(self, t: Tree, uv: Socket, interpolation: str, extension: str) -> Any:
        node = t.node("ShaderNodeTexImage", interpolation=interpolation, extension=extension)
        return self._played(t, node, uv)

    def _played(self, t: Tree, node: Any, place: Socket) -> Any:
        self.give(node)
        t.link(place, node.inputs["Vector"])
        return node.outputs

    def give(self, node: Any) -> None:
        """Make an Image Texture node of a material show the sequence."""
        node.image = self.image
        user = node.image_user
        # Blender counts from 0 below the range and from 1 at its start: so that frames before the
        # shot hold its first picture, too, count the first picture as 0.
        user.frame_duration = max(1, self.last - self.first)
        user.frame_start = self.start + 1 if self.last > self.first else NEVER
        user.frame_offset = self.first
        user.use_auto_refresh = True
        user.use_cyclic = False


def load_sequence(first_file: Path, name: str, colourspace: str) -> bpy.types.Image:
    """The sequence that ``first_file`` belongs to; loaded once a .blend."""
    if not first_file.is_file():
        raise SecondEyeError(f"{first_file} is missing: run Analyse again to complete the project.")
    path = _stored_path(first_file)
    for image in bpy.data.images:
        if image.source == "SEQUENCE" and image.filepath == path:
            image.reload()
            return image
    image = bpy.data.images.load(str(first_file))
    image.name = name
    image.filepath = path
    image.source = "SEQUENCE"
    settings: Any = image.colorspace_settings
    settings.name = colourspace
    return image


def load_raw(project: Project, name: str) -> bpy.types.Image | None:
    """The depth before repair as a sequence; None where the project doesn't keep all of it: Blender
    would show a missing picture as 0, which is a hole."""
    frames = project.manifest.frames
    if not all(project.base_path(frame).is_file() for frame in frames):
        return None
    return load_sequence(project.base_path(frames[0]), name, "Non-Color")


def _stored_path(file: Path) -> str:
    """Relative to a saved .blend, so that both can move together; absolute before it is saved."""
    if not bpy.data.filepath:
        return str(file)
    try:
        return bpy.path.relpath(str(file))
    except ValueError:  # another drive on Windows
        return str(file)
