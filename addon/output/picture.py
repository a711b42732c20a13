# SPDX-License-Identifier: GPL-3.0-or-later
"""One picture of a frame: what the scene needs to render it, and the files that it leaves."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bpy

from .whole import is_complete

Prepare = Callable[[bpy.types.Scene], None]
EYES = ("_L", "_R")
"""Blender's own suffixes of a stereo scene's views."""


@dataclass(frozen=True)
class Picture:
    """``size``: width and height of each file; ``views``: "" for one file, or `EYES`. The files of
    frame 12 are ``below``/000012``tag````view````suffix`` in the frames' folder. ``prepare`` sets
    the scene, which shows the frame already; None: it is as it should be."""

    size: tuple[int, int]
    suffix: str = ".png"
    views: tuple[str, ...] = ("",)
    below: str = ""
    tag: str = ""
    prepare: Prepare | None = None

    def files(self, folder: Path, frame: int) -> tuple[Path, ...]:
        """Where the whole pictures go."""
        stem = f"{frame:06d}{self.tag}"
        return tuple(folder / self.below / f"{stem}{view}{self.suffix}" for view in self.views)

    def written(self, folder: Path, frame: int) -> tuple[Path, ...]:
        """Where Blender writes them, told `part`: it puts its views before the suffix."""
        part = self.part(folder, frame)
        return tuple(part.with_name(f"{part.stem}{view}{part.suffix}") for view in self.views)

    def part(self, folder: Path, frame: int) -> Path:
        return folder / self.below / f".{frame:06d}{self.tag}.part{self.suffix}"

    def is_there(self, folder: Path, frame: int) -> bool:
        """Whether all of its files stand there whole."""
        return all(is_complete(file, self.size) for file in self.files(folder, frame))

    def keep(self, folder: Path, frame: int) -> Path | None:
        """Give what Blender wrote its name; returns the file that is not whole, if one isn't: then
        none has got it. Raises OSError."""
        written = self.written(folder, frame)
        for part in written:
            if not is_complete(part, self.size):
                return part
        for part, file in zip(written, self.files(folder, frame), strict=True):
            os.replace(part, file)
        return None

    def drop_parts(self, folder: Path, frame: int) -> None:
        for part in self.written(folder, frame):
            part.unlink(missing_ok=True)
