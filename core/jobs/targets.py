# SPDX-License-Identifier: GPL-3.0-or-later
"""What jobs that write one small file ask of its name and of the frame, before anything is read."""

from collections.abc import Sequence
from pathlib import Path

from ..errors import UsageError
from ..project import Manifest


def checked_target(output: str, suffixes: Sequence[str]) -> Path:
    """``output`` as a path. Raises UsageError where it has none of ``suffixes``, is a folder, or
    lies in none."""
    path, endings = Path(output), " or ".join(suffixes)
    if path.suffix.lower() not in suffixes:
        raise UsageError(f"{path} can't be written: give a name that ends in {endings}.")
    if path.is_dir():
        raise UsageError(f"{path} is a folder: name the file to write.")
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no folder: make it, or name another one.")
    return path


def checked_frame(manifest: Manifest, frame: int) -> int:
    """``frame``. Raises UsageError where the project has none of that number."""
    if not manifest.first <= frame <= manifest.last:
        raise UsageError(
            f"There is no frame {frame}: the project has {manifest.first} to {manifest.last}."
        )
    return frame
