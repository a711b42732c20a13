# SPDX-License-Identifier: GPL-3.0-or-later
"""Which timeline frame a frame of Blender's movie clip is."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import SecondEyeError
from ..project import Manifest
from .solve import CameraSolve

TRACK_PLATES = "open plate/{first} of the depth project as a movie clip, and track and solve that"
_NUMBER = re.compile(r"(\d+)\D*$")


def tracked_plates(solve: CameraSolve, folder: Path) -> bool:
    """Whether the plates of the project in ``folder`` were tracked, and not the clip itself."""
    return Path(solve.path).resolve().parent == (folder / "plate").resolve()


def clip_frames(manifest: Manifest, folder: Path, solve: CameraSolve) -> dict[int, int]:
    """The movie clip's frame (from 1) of every analysed timeline frame.

    Blender counts a movie's pictures, and a sequence's file numbers from the named one on; an
    offset of the clip is added to both. A timeline frame of a variable-rate movie has no such
    number, and a turned movie is tracked lying on its side in older Blenders.
    Raises SecondEyeError for both: their plates can be tracked.
    """
    begin = _number(solve.path) + solve.offset - 1
    if tracked_plates(solve, folder):
        return {n: n - begin for n in manifest.frames}
    pts, remedy = manifest.timeline.source_pts, TRACK_PLATES.format(first=_plate(manifest))
    aspect = manifest.clip.width / manifest.clip.height
    if (aspect > 1.0) != (solve.width > solve.height) and abs(aspect - 1.0) > 0.02:
        raise SecondEyeError(
            f'The movie clip "{solve.name}" is {solve.width}x{solve.height}, but upright the clip '
            f"is {manifest.clip.width}x{manifest.clip.height}: {remedy}."
        )
    if solve.sequence:
        return {n: pts[n - 1] - begin for n in manifest.frames}
    if _is_variable(manifest):
        raise SecondEyeError(
            f'The movie clip "{solve.name}" has a variable frame rate, which Blender does not '
            f"follow: {remedy}."
        )
    return {n: n - solve.offset for n in manifest.frames}


def _is_variable(manifest: Manifest) -> bool:
    """Whether some frame repeats or leaves out a picture, or shows it at another time."""
    timeline, pts = manifest.timeline, manifest.timeline.source_pts
    step = 1 / (timeline.rate * timeline.time_base)  # pts a frame
    # A container rounds times to its own ticks; coarse ones (1/1000 s) by a good part of a frame.
    return any(
        abs((later - pts[0]) - i * step) > step / 2 or (i and later <= pts[i - 1])
        for i, later in enumerate(pts)
    )


def _number(path: str) -> int:
    found = _NUMBER.search(Path(path).stem)
    return int(found[1]) if found else 1


def _plate(manifest: Manifest) -> str:
    suffix = "png" if manifest.clip.bit_depth > 8 else "jpg"
    return f"{manifest.first:06d}.{suffix}"
