# SPDX-License-Identifier: GPL-3.0-or-later
"""What jobs that write one small file ask of its name and of the frame, before anything is read."""

from collections.abc import Sequence
from pathlib import Path

from ..errors import SecondEyeError, UsageError
from ..project import Manifest, Project


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


def spare_footage(project: Project, output: Path) -> None:
    """Raise UsageError where ``output`` would replace the project's clip, would be a numbered
    picture in a sequence's folder, or lies inside the depth project."""
    if project.folder.resolve() in output.resolve().parents:
        raise UsageError(f"{output} lies in the depth project itself: choose another folder.")
    try:
        source = project.clip_path()
    except SecondEyeError:  # it is gone, and so can't be hit
        return
    if output.exists() and source.exists() and source.samefile(output):
        raise UsageError(f"{output} is the project's clip: give another name.")
    pictures = source if source.is_dir() else source.parent
    numbered = project.manifest.clip.kind == "sequence" and output.stem[-1:].isdigit()
    if numbered and output.resolve().parent == pictures.resolve():
        raise UsageError(f"{output} would be one of the clip's own pictures: give another name.")


def checked_colour(project: Project) -> None:
    """Raise UsageError where the clip is HDR: these files are of SDR."""
    from .footage import Footage

    tags, _ = Footage(None, project, project.folder).coded()
    if tags.hdr:
        raise UsageError(
            f"The clip is HDR ({tags.hdr}), and stills and wiggles are SDR: convert the frames to a"
            " movie (second-eye convert), or convert the clip to SDR first."
        )


def checked_frame(manifest: Manifest, frame: int) -> int:
    """``frame``. Raises UsageError where the project has none of that number."""
    if not manifest.first <= frame <= manifest.last:
        raise UsageError(
            f"There is no frame {frame}: the project has {manifest.first} to {manifest.last}."
        )
    return frame
